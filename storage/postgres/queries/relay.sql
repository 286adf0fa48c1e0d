-- name: log_id
SELECT id FROM log

-- name: letters
-- Dead letters that were not published yet.
SELECT id, source, partition, "offset", stage, reason, detail, payload
FROM dead_letters WHERE NOT copied ORDER BY id LIMIT $1

-- name: copied
UPDATE dead_letters SET copied = true WHERE id = ANY ($1::bigint[])

-- name: revisions
SELECT application_id, revision FROM application_analytics WHERE application_id = ANY ($1)

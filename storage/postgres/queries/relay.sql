-- name: log_id
SELECT id FROM log

-- name: revisions
SELECT application_id, revision FROM application_analytics WHERE application_id = ANY ($1)

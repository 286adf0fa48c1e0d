-- name: known
-- Accepted events of these applications as they came.
SELECT application_id, payload
FROM event_log
WHERE application_id = ANY ($1) AND type <> 'application.analytics_updated'
ORDER BY recorded_at, partition, "offset"

-- name: waiting
-- How many messages of these applications have not been judged yet.
SELECT count(*) FROM outbox WHERE application_id = ANY ($1)

-- name: log_id
SELECT id FROM log

-- name: revisions
SELECT application_id, revision FROM application_analytics WHERE application_id = ANY ($1)

-- name: topics
-- Those that the flow reads.
SELECT DISTINCT split_part(source, '/', 1)
FROM flow_positions WHERE flow = 'analytics' AND source <> 'outbox'

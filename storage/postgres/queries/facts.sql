-- name: of_application
-- One snapshot of all that is known: the packed facts, and the API's events that still wait.
SELECT (SELECT state FROM application_analytics WHERE application_id = $1) AS state,
    ARRAY(
        SELECT outbox.payload
        FROM pending_writes JOIN outbox USING (seq)
        WHERE pending_writes.application_id = $1
        ORDER BY seq
    ) AS waiting,
    (SELECT cursor_key FROM log) AS cursor_key,
    clock_timestamp() AS now

-- name: payloads
-- Accepted events as they came.
SELECT id, payload
FROM event_log
WHERE application_id = $1 AND id = ANY ($2) AND type <> 'application.analytics_updated'

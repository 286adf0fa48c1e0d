-- name: judged
-- What the flow made of all messages, and how many wait: at most 10,000 are counted.
SELECT coalesce(sum(accepted), 0)::bigint AS accepted,
    coalesce(sum(duplicates), 0)::bigint AS duplicates,
    coalesce(sum(dead_lettered), 0)::bigint AS dead_lettered,
    (SELECT count(*) FROM (SELECT FROM outbox LIMIT 10000) AS counted) AS waiting
FROM flow_positions
WHERE flow = 'analytics'

-- name: statuses
-- Applications by status; reads the whole table.
SELECT status, count(*) AS applications
FROM application_analytics
WHERE status IS NOT NULL AND NOT 'orphan' = ANY (flags)
GROUP BY status

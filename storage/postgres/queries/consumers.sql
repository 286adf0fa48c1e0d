-- name: positions
-- Where a consumer of the log reads next, by log partition.
SELECT partition, position FROM flow_positions WHERE flow = $1

-- name: fence
-- First statement of every batch: locks the consumer's place and fails a fenced one.
UPDATE flow_positions SET updated_at = now()
WHERE flow = $1 AND partition = 0 AND epoch = $2
RETURNING epoch

-- name: advance
INSERT INTO flow_positions (flow, partition, position)
SELECT $1, partition, position FROM unnest($2::smallint[], $3::bigint[]) AS moved (partition, position)
ON CONFLICT (flow, partition) DO UPDATE SET position = excluded.position, updated_at = now()

-- name: heads
-- The next offset of each log partition; lines below it are committed.
SELECT partition, log_offset FROM flow_positions WHERE flow = 'analytics'

-- name: page
-- All partitions at once, each behind its own position: at most $3 lines of each, none behind
-- the one that makes them $4 bytes.
SELECT line.partition, line."offset",
    (extract(epoch FROM line.recorded_at) * 1000000)::bigint AS recorded_us,
    (extract(epoch FROM line.time) * 1000000)::bigint AS time_us,
    line.orphan, line.id, line.application_id, line.user_id, line.type, line.payload
FROM unnest($1::smallint[], $2::bigint[]) AS position (partition, next)
CROSS JOIN LATERAL (
    SELECT *, sum(octet_length(payload)) OVER (ORDER BY "offset" ROWS UNBOUNDED PRECEDING) AS bytes
    FROM (
        SELECT *
        FROM event_log
        WHERE event_log.partition = position.partition AND event_log."offset" >= position.next
        ORDER BY event_log."offset"
        LIMIT $3
    ) AS next
) AS line
WHERE bytes - octet_length(line.payload) < $4
ORDER BY line.partition, line."offset"

-- name: log_id
SELECT id::text FROM log

-- name: copy_lines
-- Whole ranges, half-open, as CSV: lines of integers are all that is put into {ranges}.
COPY (
    SELECT line.partition, line."offset", line.recorded_at::timestamp, line.time::timestamp,
        line.orphan, line.id, line.application_id, line.user_id, line.type, line.payload
    FROM (VALUES {ranges}) AS range (partition, first, last)
    CROSS JOIN LATERAL (
        SELECT *
        FROM event_log
        WHERE event_log.partition = range.partition::smallint
            AND event_log."offset" >= range.first AND event_log."offset" < range.last
        ORDER BY event_log."offset"
    ) AS line
) TO STDOUT (FORMAT CSV)

-- name: ask_for_publication
SELECT pg_notify('warehouse', '')

-- name: log
SELECT id::text FROM log

-- name: positions
-- `source` is what a position counts in; the table keeps it of the analytics flow only.
SELECT flow, partition,
       CASE flow WHEN 'analytics' THEN source WHEN 'relay.events' THEN 'events topic'
                 ELSE 'event_log' END,
       position, log_offset, epoch, accepted, duplicates, dead_lettered,
       clock, updated_at
FROM flow_positions
ORDER BY flow, partition

-- name: heads
SELECT partition::integer, coalesce(
    (SELECT "offset" + 1 FROM event_log AS entry WHERE entry.partition = numbers.partition
     ORDER BY "offset" DESC LIMIT 1), 0)
FROM (SELECT generate_series(0, partitions - 1) FROM log
      UNION SELECT partition FROM flow_positions WHERE flow = 'analytics') AS numbers (partition)
ORDER BY 1

-- name: waiting
-- Messages in the outbox, and how long the oldest has been there (seconds).
SELECT count(*), coalesce(
    greatest(0, extract(epoch FROM clock_timestamp() - min(recorded_at))), 0)::double precision
FROM outbox

-- name: counts
SELECT (SELECT count(*) FROM applications),
       (SELECT count(*) FROM application_analytics),
       (SELECT count(*) FROM notes),
       (SELECT count(*) FROM pending_writes),
       (SELECT count(*) FROM entity_stale),
       (SELECT count(*) FROM dead_letters)

-- name: sizes
-- Bytes of each table with its indexes, the largest first.
SELECT relname::text, pg_total_relation_size(oid)
FROM pg_class
WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
ORDER BY 2 DESC, 1

-- name: tell
SELECT set_config('application_name', $1, false)

-- name: told
SELECT application_name FROM pg_stat_activity
WHERE datname = current_database() AND starts_with(application_name, $1)

-- name: live
-- Cheap enough for every second: accepted, waiting (at most 100k are counted), age of the oldest
-- in seconds, applications (an estimate once they are many).
SELECT
    (SELECT coalesce(sum(accepted), 0)::bigint FROM flow_positions WHERE flow = 'analytics'),
    (SELECT count(*) FROM (SELECT 1 FROM outbox LIMIT 100000) AS counted),
    coalesce((
        SELECT greatest(0, extract(epoch FROM clock_timestamp() - recorded_at))
        FROM outbox ORDER BY seq LIMIT 1
    ), 0)::double precision,
    (SELECT CASE WHEN reltuples > 50000 THEN reltuples::bigint
                 ELSE (SELECT count(*) FROM application_analytics) END
     FROM pg_class WHERE oid = 'application_analytics'::regclass)

-- name: impatient
SET statement_timeout = '2s'

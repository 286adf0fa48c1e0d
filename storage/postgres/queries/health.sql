-- name: lag
-- Age of the oldest message in the outbox and time since the flow's last commit, in seconds, null
-- where there is none; who takes from the outbox (the relay once the flow reads a topic), how long
-- it has committed nothing, and whether it runs (batch.sql: acquire).
SELECT
    (SELECT greatest(0, extract(epoch FROM clock_timestamp() - recorded_at))::double precision
     FROM outbox ORDER BY seq LIMIT 1) AS oldest_s,
    (SELECT extract(epoch FROM clock_timestamp() - max(updated_at))::double precision
     FROM flow_positions WHERE flow = 'analytics') AS idle_s,
    taker,
    (SELECT extract(epoch FROM clock_timestamp() - max(updated_at))::double precision
     FROM flow_positions WHERE flow = taker) AS taker_idle_s,
    EXISTS (
        SELECT
        FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
        WHERE datname = current_database() AND locktype = 'advisory'
          AND classid = (hashtext('jobfinders.flow.' || taker)::bigint & 4294967295)::oid
    ) AS taker_runs
FROM (
    SELECT CASE WHEN bool_or(source <> 'outbox') THEN 'relay' ELSE 'analytics' END AS taker
    FROM flow_positions WHERE flow = 'analytics'
) AS of_outbox

-- name: outbox
-- Messages not taken, by partition; at most 100,000 of them are counted.
SELECT partition, count(*) FROM (SELECT partition FROM outbox LIMIT 100000) AS counted GROUP BY 1

-- name: flows
-- What each flow made of the messages of each partition so far.
SELECT flow, partition, accepted, duplicates, dead_lettered, position, log_offset
FROM flow_positions

-- name: dead_letters
-- Dead letters by reason; at most 100,000 of them are counted.
SELECT reason, count(*) FROM (SELECT reason FROM dead_letters LIMIT 100000) AS counted GROUP BY 1

-- name: stale
-- Applications whose row has to be written yet; at most 100,000 of them are counted.
SELECT count(*) FROM (SELECT FROM entity_stale LIMIT 100000) AS counted

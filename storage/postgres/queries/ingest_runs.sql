-- name: hold
-- Not the row's own lock: the flow counts in that row, and must not wait for a feed.
SELECT pg_try_advisory_xact_lock(hashtextextended('jobfinders.run.' || $1, 0))

-- name: begin
INSERT INTO ingest_runs (run, source) VALUES ($1, $2)

-- name: received
-- More messages of the run, in the transaction that puts them into the outbox.
UPDATE ingest_runs SET received = received + $2 WHERE run = $1

-- name: finish
UPDATE ingest_runs SET finished_at = now() WHERE run = $1

-- name: counts
SELECT received, accepted, duplicates, dead_lettered FROM ingest_runs WHERE run = $1

-- name: flow_is_running
-- Each flow holds a session lock per partition (batch.sql: acquire).
SELECT EXISTS (
    SELECT
    FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE datname = current_database() AND locktype = 'advisory'
      AND classid = (hashtext('jobfinders.flow.' || $1)::bigint & 4294967295)::oid
)

-- name: join
-- A process of this flow lives as long as this session.
SELECT pg_advisory_lock_shared(hashtext('jobfinders.members.' || $1), 0)

-- name: members
-- How many processes of the flow are older than this one, and how many there are.
WITH members AS (
    SELECT pid, backend_start
    FROM pg_locks
    JOIN pg_database ON pg_database.oid = pg_locks.database
    JOIN pg_stat_activity USING (pid)
    WHERE pg_database.datname = current_database() AND locktype = 'advisory'
      AND classid = (hashtext('jobfinders.members.' || $1)::bigint & 4294967295)::oid
)
SELECT count(*) FILTER (WHERE (members.backend_start, members.pid) < (me.backend_start, me.pid)),
       count(*)
FROM members, (SELECT pid, backend_start FROM members WHERE pid = pg_backend_pid()) AS me

-- name: taken
-- Partitions that any process of the flow owns.
SELECT objid::integer
FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE datname = current_database() AND locktype = 'advisory'
  AND classid = (hashtext('jobfinders.flow.' || $1)::bigint & 4294967295)::oid

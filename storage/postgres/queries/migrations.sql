-- name: lock
SELECT pg_advisory_lock(7305190284615072)

-- name: unlock
SELECT pg_advisory_unlock(7305190284615072)

-- name: create
CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    hash text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)

-- name: present
SELECT to_regclass('schema_migrations') IS NOT NULL

-- name: applied
SELECT version, hash FROM schema_migrations ORDER BY version

-- name: record
INSERT INTO schema_migrations (version, name, hash) VALUES ($1, $2, $3)

-- name: ensure_log
INSERT INTO log (partitions) VALUES ($1) ON CONFLICT DO NOTHING

-- name: give_way
SET LOCAL lock_timeout = '200ms'

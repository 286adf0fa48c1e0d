-- name: run
SELECT run, source, received, accepted, duplicates, dead_lettered, started_at, finished_at
FROM ingest_runs
WHERE run = $1

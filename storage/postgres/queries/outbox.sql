-- name: insert
-- One event of an API write: partition, application_id, run, payload → its place.
INSERT INTO outbox (partition, application_id, run, payload)
VALUES ($1, $2, $3, $4)
RETURNING seq

-- name: copy_lines
-- Many messages as they came; binary COPY.
COPY outbox (partition, application_id, run, payload) FROM STDIN (FORMAT BINARY)

-- name: read
-- A partition's next messages behind a place, at most $3 of them, none behind the one that makes
-- them $4 bytes. The double holds microseconds exactly once it is rounded; extract() would
-- compute them in numeric.
SELECT seq, run, (date_part('epoch', recorded_at) * 1e6)::bigint, payload
FROM (
    SELECT *, sum(length(payload)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS bytes
    FROM (SELECT * FROM outbox WHERE partition = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS next
) AS measured
WHERE bytes - length(payload) < $4
ORDER BY seq

-- name: places
-- Where messages wait that a poll no longer looks at.
SELECT seq FROM outbox WHERE partition = $1 AND seq <= $2 ORDER BY seq

-- name: read_places
-- These, none behind the one that makes them $2 bytes.
SELECT seq, run, (date_part('epoch', recorded_at) * 1e6)::bigint, payload
FROM (
    SELECT *, sum(length(payload)) OVER (ORDER BY seq ROWS UNBOUNDED PRECEDING) AS bytes
    FROM outbox WHERE seq = ANY ($1::bigint[])
) AS measured
WHERE bytes - length(payload) < $2
ORDER BY seq

-- name: delete
-- Taken messages, in the transaction of their effect.
DELETE FROM outbox WHERE seq = ANY ($1::bigint[])

-- name: partitions
SELECT partitions FROM log

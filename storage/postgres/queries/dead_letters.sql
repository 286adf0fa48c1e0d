-- name: list
-- Newest first, behind a place in the list: before id, reason or null, limit.
SELECT id, source, partition, "offset", stage, reason, detail, received_at, length(payload)
FROM dead_letters
WHERE id < $1 AND ($2::text IS NULL OR reason = $2)
ORDER BY id DESC
LIMIT $3

-- name: show
SELECT id, source, partition, "offset", stage, reason, detail, run, recorded_at, received_at,
       payload
FROM dead_letters
WHERE id = $1

-- name: uncopied
-- At most $1, none behind the one that makes them $2 bytes.
SELECT id, source, partition, "offset", stage, reason, detail, run, recorded_at, received_at,
       payload
FROM (
    SELECT *, sum(length(payload)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) AS bytes
    FROM (SELECT * FROM dead_letters WHERE NOT copied ORDER BY id LIMIT $1) AS next
) AS measured
WHERE bytes - length(payload) < $2
ORDER BY id

-- name: mark_copied
UPDATE dead_letters SET copied = true WHERE id = ANY ($1::bigint[])

-- name: counts
SELECT reason, count(*) FROM dead_letters GROUP BY reason ORDER BY count(*) DESC, reason

-- name: newest
SELECT coalesce(max(id), 0) FROM dead_letters

-- name: take
-- Given ones, gone from here and counted, in the transaction that puts them back into the outbox.
WITH taken AS (
    DELETE FROM dead_letters WHERE id = ANY ($1::bigint[]) RETURNING source, partition, payload
), counted AS (
    INSERT INTO redrives (source, partition, letters)
    SELECT source, partition, count(*) FROM taken GROUP BY source, partition
)
SELECT payload FROM taken

-- name: take_batch
-- The next ones up to a place: newest id, reason or null, limit. ARRAY: looked for once; IN may be
-- for each row of the table.
WITH taken AS (
    DELETE FROM dead_letters
    WHERE id = ANY (ARRAY(
        SELECT id
        FROM dead_letters
        WHERE id <= $1 AND ($2::text IS NULL OR reason = $2)
        ORDER BY id
        LIMIT $3
        FOR UPDATE SKIP LOCKED
    ))
    RETURNING source, partition, payload
), counted AS (
    INSERT INTO redrives (source, partition, letters)
    SELECT source, partition, count(*) FROM taken GROUP BY source, partition
)
SELECT payload FROM taken

-- name: ask
-- Who is asked for already is asked for anew: whoever answers now knows nothing of it.
INSERT INTO rescores (application_id, partition)
SELECT * FROM unnest($1::text[], $2::smallint[])
ON CONFLICT (application_id) DO UPDATE SET number = DEFAULT

-- name: asked
-- Applications of partition $1 to be predicted anew, at most $2, with what was served last.
SELECT rescores.application_id, rescores.number,
    (row.success_probability ->> 'p')::double precision
FROM rescores LEFT JOIN application_analytics AS row USING (application_id)
WHERE rescores.partition = $1
ORDER BY rescores.application_id
LIMIT $2

-- name: done
-- One that is locked is being asked for anew. ARRAY: looked for once; IN may be, with a plan of a
-- table whose size is not known yet, for each row of the table.
DELETE FROM rescores WHERE application_id = ANY (ARRAY(
    SELECT application_id
    FROM rescores
    WHERE application_id = ANY ($1)
        AND (application_id, number) IN (SELECT * FROM unnest($1::text[], $2::bigint[]))
    FOR UPDATE SKIP LOCKED
))

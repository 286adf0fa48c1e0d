-- name: ask
INSERT INTO rescores (application_id, partition)
SELECT * FROM unnest($1::text[], $2::smallint[])
ON CONFLICT (application_id) DO NOTHING

-- name: asked
-- Applications of partition $1 to be predicted anew, at most $2, with what was served last.
SELECT rescores.application_id, (row.success_probability ->> 'p')::double precision
FROM rescores LEFT JOIN application_analytics AS row USING (application_id)
WHERE rescores.partition = $1
ORDER BY rescores.application_id
LIMIT $2

-- name: done
DELETE FROM rescores WHERE application_id = ANY ($1)

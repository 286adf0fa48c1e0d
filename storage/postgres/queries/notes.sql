-- name: insert
INSERT INTO notes (id, application_id, user_id, content, type, priority, reminder_date, tags)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
RETURNING id, application_id, content, type, priority, reminder_date, tags, completed, revision,
    created_at, updated_at

-- name: find
SELECT id, application_id, content, type, priority, reminder_date, tags, completed, revision,
    created_at, updated_at
FROM notes
WHERE id = $2 AND application_id = $1

-- name: lock
SELECT id, application_id, content, type, priority, reminder_date, tags, completed, revision,
    created_at, updated_at
FROM notes
WHERE id = $2 AND application_id = $1
FOR UPDATE

-- name: update
UPDATE notes
SET content = $2, priority = $3, reminder_date = $4, tags = $5, completed = $6,
    revision = revision + 1, updated_at = now()
WHERE id = $1
RETURNING id, application_id, content, type, priority, reminder_date, tags, completed, revision,
    created_at, updated_at

-- name: delete
DELETE FROM notes WHERE id = $1

-- name: page
-- Newest first, behind the note of $2 and $3 where these are given.
SELECT id, application_id, content, type, priority, reminder_date, tags, completed, revision,
    created_at, updated_at
FROM notes
WHERE application_id = $1
  AND ($3::text IS NULL OR created_at < $2 OR (created_at = $2 AND id > $3))
ORDER BY created_at DESC, id
OFFSET $4 LIMIT $5

-- name: count
SELECT count(*) AS total, (SELECT cursor_key FROM log) AS cursor_key
FROM notes
WHERE application_id = $1

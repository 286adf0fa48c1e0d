-- name: make
CREATE TABLE events (at INTEGER, number INTEGER, line BLOB)

-- name: put
INSERT INTO events VALUES (?, ?, ?)

-- name: in_order
SELECT at, line FROM events ORDER BY at, number

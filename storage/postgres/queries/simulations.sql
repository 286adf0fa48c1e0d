-- name: find
SELECT world::text, position FROM simulations WHERE seed = $1

-- name: insert
INSERT INTO simulations (seed, world, position) VALUES ($1, $2::jsonb, $3)
ON CONFLICT (seed) DO NOTHING

-- name: advance
-- In the transaction that puts the messages in; guarded by where they began.
UPDATE simulations SET position = $3 WHERE seed = $1 AND position = $2

-- name: change
UPDATE simulations SET world = $2::jsonb WHERE seed = $1

-- name: log_is_empty
SELECT NOT EXISTS (SELECT FROM outbox) AND NOT EXISTS (SELECT FROM event_log)

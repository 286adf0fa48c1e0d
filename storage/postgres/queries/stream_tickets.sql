-- name: issue
-- A ticket's hash, its claims, seconds to live; old ones go at the same time.
WITH expired AS (DELETE FROM stream_tickets WHERE expires_at < now())
INSERT INTO stream_tickets (ticket_hash, claims, expires_at)
VALUES ($1, $2, now() + $3 * interval '1 second')
RETURNING expires_at

-- name: redeem
-- Takes the ticket away, so that it counts once in all processes together.
DELETE FROM stream_tickets WHERE ticket_hash = $1 RETURNING claims, expires_at > now() AS valid

-- name: revoke
-- A user's tokens issued before now are refused from now on.
INSERT INTO revocations (user_id, not_before) VALUES ($1, now())
ON CONFLICT (user_id) DO UPDATE
SET not_before = greatest(revocations.not_before, excluded.not_before), updated_at = now()
RETURNING not_before

-- name: current
-- Those that can meet a token that still lives; $1 is the longest lifetime in seconds.
SELECT user_id, extract(epoch FROM not_before)::double precision AS not_before_s
FROM revocations
WHERE not_before > now() - $1 * interval '1 second'

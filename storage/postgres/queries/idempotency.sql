-- name: lock
-- Held until the transaction ends; false while another request holds it.
SELECT pg_try_advisory_xact_lock(hashtextextended($1 || E'\n' || $2, 7))

-- name: kept
SELECT fingerprint, status, headers, body
FROM idempotency_keys
WHERE user_id = $1 AND key = $2 AND created_at > now() - $3 * interval '1 hour'

-- name: keep
INSERT INTO idempotency_keys (user_id, key, fingerprint, status, headers, body)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, key) DO UPDATE
SET fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,
    body = excluded.body, created_at = now()

-- name: forget
-- Answers nobody can ask for any more; $1 in hours.
DELETE FROM idempotency_keys WHERE created_at <= now() - $1 * interval '1 hour'

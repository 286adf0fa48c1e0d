-- name: insert_missing
-- An outside `created` makes the row.
INSERT INTO applications (id, user_id, job_id, job_title, company, location, source, match_score,
    resume_id, referral_code, applied_at, status, status_at, withdraw_reason)
SELECT application_id, user_id, job_id, job_title, company, location, source, match_score,
    resume_id, referral_code, applied_at, status, status_at, withdraw_reason
FROM application_analytics
WHERE application_id = ANY ($1)
ON CONFLICT (id) DO NOTHING
RETURNING id

-- name: lock
-- A row that an API transaction holds is left for later: it must hold up nobody.
SELECT id FROM applications WHERE id = ANY ($1) FOR UPDATE SKIP LOCKED

-- name: existing
SELECT id FROM applications WHERE id = ANY ($1)

-- name: mark_stale
-- Holds a mark that is there already, so that a retry waits for what this batch has written.
INSERT INTO entity_stale (application_id, partition)
SELECT unnest($1::text[]), $2
ON CONFLICT (application_id) DO UPDATE SET since = entity_stale.since

-- name: follow_fold
-- Rows must be locked by now, so that this statement sees every pending write of theirs.
UPDATE applications AS entity
SET job_id = row.job_id, job_title = row.job_title, company = row.company,
    location = row.location, source = row.source, match_score = row.match_score,
    resume_id = row.resume_id, referral_code = row.referral_code, applied_at = row.applied_at,
    status = row.status, status_at = row.status_at, withdraw_reason = row.withdraw_reason,
    orphan = 'orphan' = ANY (row.flags), revision = entity.revision + 1, updated_at = now()
FROM application_analytics AS row
WHERE entity.id = ANY ($1) AND row.application_id = entity.id
    AND NOT EXISTS (SELECT FROM pending_writes WHERE pending_writes.application_id = entity.id)
    AND (entity.job_id, entity.job_title, entity.company, entity.location, entity.source,
         entity.match_score, entity.resume_id, entity.referral_code, entity.applied_at,
         entity.status, entity.status_at, entity.withdraw_reason, entity.orphan)
        IS DISTINCT FROM
        (row.job_id, row.job_title, row.company, row.location, row.source,
         row.match_score, row.resume_id, row.referral_code, row.applied_at,
         row.status, row.status_at, row.withdraw_reason, 'orphan' = ANY (row.flags))

-- name: stale
SELECT application_id FROM entity_stale WHERE partition = $1 ORDER BY since LIMIT 1000

-- name: adopt
-- What waits for a partition from $1 on is the first one's: the source has no such partition.
WITH asked AS (UPDATE rescores SET partition = 0 WHERE partition >= $1)
UPDATE entity_stale SET partition = 0 WHERE partition >= $1

-- name: unstale
DELETE FROM entity_stale WHERE application_id = ANY ($1)

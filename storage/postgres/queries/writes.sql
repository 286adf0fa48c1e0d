-- name: lock
-- The entity, held until the transaction ends; the flow passes over it meanwhile.
SELECT id, user_id, job_id, job_title, company, location, source, match_score, resume_id,
    referral_code, applied_at, status, status_at, withdraw_reason, orphan, cover_letter,
    revision, last_write_at, created_at, updated_at
FROM applications
WHERE id = $1
FOR UPDATE

-- name: horizon
-- Must be a statement of its own behind `lock`: what was folded while it waited counts.
SELECT clock_timestamp() AS now, (SELECT partitions FROM log) AS partitions,
    (SELECT last_fact_at FROM application_analytics WHERE application_id = $1) AS last_fact_at,
    coalesce((SELECT version FROM application_analytics WHERE application_id = $1), 0)
        + (SELECT count(*) FROM pending_writes WHERE application_id = $1) AS facts

-- name: pend
-- Until the flow has judged this event it leaves the entity alone.
INSERT INTO pending_writes (application_id, event_id, revision, seq) VALUES ($1, $2, $3, $4)

-- name: unfolded
-- Of these applications, those with a write that the flow has not judged, and its revision.
SELECT application_id, min(revision) AS revision
FROM pending_writes
WHERE application_id = ANY ($1)
GROUP BY application_id

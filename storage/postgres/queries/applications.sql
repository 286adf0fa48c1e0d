-- name: owner
SELECT user_id FROM applications WHERE id = $1

-- name: find
-- One application as the API shows it, with its analytics and how fresh they are.
SELECT {columns}
FROM applications AS a
LEFT JOIN application_analytics AS n ON n.application_id = a.id
WHERE a.id = $1

-- name: page
-- A user's applications: $1 user, $2 statuses, $3 from and $4 to (half-open), $5 company and
-- $6 search (LIKE patterns); then either $7 rows are left out, or the page begins behind the
-- row with key $8 (null: among those without a key, which come last) and id $9; $10 rows.
-- The order fills in {key} and its {type}, {direction} and {beyond}.
SELECT {columns}, ({key})::text AS sort_key
FROM applications AS a
LEFT JOIN application_analytics AS n ON n.application_id = a.id
WHERE {matching}
  AND ($9::text IS NULL
       OR CASE WHEN $8::text IS NULL THEN {key} IS NULL AND a.id > $9
               ELSE {key} IS NULL OR {key} {beyond} $8::text::{type}
                    OR ({key} = $8::text::{type} AND a.id > $9) END)
ORDER BY {key} {direction} NULLS LAST, a.id
OFFSET $7 LIMIT $10

-- name: count
SELECT count(*) AS total, (SELECT cursor_key FROM log) AS cursor_key
FROM applications AS a
WHERE {matching}

-- name: matching
-- The filters of `page` and `count`.
a.user_id = $1 AND NOT a.orphan
  AND ($2::text[] IS NULL OR a.status = ANY ($2))
  AND ($3::timestamptz IS NULL OR a.applied_at >= $3)
  AND ($4::timestamptz IS NULL OR a.applied_at < $4)
  AND ($5::text IS NULL OR lower(a.company) LIKE lower($5))
  AND ($6::text IS NULL OR lower(a.job_title) LIKE lower($6) OR lower(a.company) LIKE lower($6))

-- name: freshness
-- `as_of` is the position in the log up to which rows are folded; `waiting_since` when the
-- oldest message came that is not.
(SELECT string_agg(partition || ':' || log_offset - 1, ',' ORDER BY partition)
 FROM flow_positions WHERE flow = 'analytics') AS as_of,
(SELECT recorded_at FROM outbox ORDER BY seq LIMIT 1) AS waiting_since,
statement_timestamp() AS now, n.success_probability

-- name: columns
a.id, a.user_id, a.job_id, a.job_title, a.company, a.location, a.source, a.match_score,
a.resume_id, a.referral_code, a.applied_at, a.status, a.status_at, a.withdraw_reason, a.orphan,
a.cover_letter, a.revision, a.last_write_at, a.created_at, a.updated_at,
n.views, n.first_viewed_at, n.interviews_scheduled, n.offers_received, n.hired, n.hired_at,
n.first_response_at, n.response_time_hours, n.notes, n.reminders, n.updates,
n.last_candidate_activity_at, n.last_employer_activity_at, n.flags, n.version,
{freshness}

-- name: analytics
-- The contract's row of one application with the entity's owner and revision; the row's
-- columns are null before its first fold.
SELECT a.user_id AS owner, n.application_id, n.user_id, n.job_id, n.job_title, n.company,
    n.location, n.source, n.applied_at, n.status, n.status_at, n.views, n.first_viewed_at,
    n.interviews_scheduled, n.offers_received, n.hired, n.hired_at, n.first_response_at,
    n.response_time_hours, n.notes, n.reminders, n.updates, n.last_candidate_activity_at,
    n.last_employer_activity_at, n.match_score, n.status_changes, n.flags, n.version, n.revision,
    {freshness}
FROM applications AS a
LEFT JOIN application_analytics AS n ON n.application_id = a.id
WHERE a.id = $1

-- name: insert
INSERT INTO applications (id, user_id, job_id, job_title, company, location, source, match_score,
    resume_id, referral_code, applied_at, status, status_at, withdraw_reason, orphan,
    cover_letter, revision, last_write_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- name: update
UPDATE applications
SET user_id = $2, job_id = $3, job_title = $4, company = $5, location = $6, source = $7,
    match_score = $8, resume_id = $9, referral_code = $10, applied_at = $11, status = $12,
    status_at = $13, withdraw_reason = $14, orphan = $15, cover_letter = $16, revision = $17,
    last_write_at = $18, updated_at = now()
WHERE id = $1

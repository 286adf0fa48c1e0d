-- name: identity
-- Which log this is, and the key that signs cursors into it.
SELECT id, cursor_key FROM log

-- name: heads
-- The next offset of each partition; entries below it are committed.
SELECT partition, coalesce(log_offset, 0) AS head
FROM (SELECT partition, log_offset FROM flow_positions WHERE flow = 'analytics') AS written
FULL JOIN (SELECT generate_series(0, partitions - 1) AS partition FROM log) AS planned
    USING (partition)

-- name: page
-- All partitions at once, each behind its own position: at most $3 entries of each.
SELECT entry.partition, entry."offset",
    (extract(epoch FROM entry.recorded_at) * 1000000)::bigint AS recorded_us,
    entry.orphan, entry.application_id, entry.user_id, entry.type, entry.payload
FROM unnest($1::smallint[], $2::bigint[]) AS position (partition, next)
CROSS JOIN LATERAL (
    SELECT *
    FROM event_log
    WHERE event_log.partition = position.partition AND event_log."offset" >= position.next
    ORDER BY event_log."offset"
    LIMIT $3
) AS entry
ORDER BY entry.partition, entry."offset"

-- name: resume
-- What one user missed: $1 user, $2 one application or null for all, $3 partition,
-- $4 from and $5 to (half-open), $6 entries. Found through the user's applications.
SELECT entry.partition, entry."offset",
    (extract(epoch FROM entry.recorded_at) * 1000000)::bigint AS recorded_us,
    entry.orphan, entry.application_id, entry.user_id, entry.type, entry.payload
FROM applications JOIN event_log AS entry ON entry.application_id = applications.id
WHERE applications.user_id = $1 AND ($2::text IS NULL OR applications.id = $2)
  AND entry.user_id = $1 AND entry.partition = $3
  AND entry."offset" >= $4 AND entry."offset" < $5 AND NOT entry.orphan
ORDER BY entry."offset"
LIMIT $6

-- name: rows
-- The present rows of one user: $1 user, $2 one application or null for all.
SELECT row.application_id, row.user_id, row.job_id, row.job_title, row.company, row.location,
    row.source, row.applied_at, row.status, row.status_at, row.views, row.first_viewed_at,
    row.interviews_scheduled, row.offers_received, row.hired, row.hired_at,
    row.first_response_at, row.response_time_hours, row.notes, row.reminders, row.updates,
    row.last_candidate_activity_at, row.last_employer_activity_at, row.match_score,
    row.status_changes, row.flags, row.version, row.revision
FROM applications JOIN application_analytics AS row ON row.application_id = applications.id
WHERE applications.user_id = $1 AND ($2::text IS NULL OR applications.id = $2)
  AND row.user_id = $1 AND NOT 'orphan' = ANY (row.flags)
ORDER BY row.applied_at DESC NULLS LAST, row.application_id

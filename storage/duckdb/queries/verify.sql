-- name: version
SELECT version FROM warehouse

-- name: identity
SELECT log_id, epoch_us(clock) FROM warehouse

-- name: positions
SELECT partition, next_offset FROM positions

-- name: counts
SELECT (SELECT count(*) FROM applications), (SELECT count(*) FROM events),
    (SELECT count(*) FROM predictions)

-- name: count_parts
SELECT kind, sum("rows")::BIGINT FROM history_parts GROUP BY kind

-- name: parts
SELECT name FROM history_parts WHERE kind = $1 ORDER BY name

-- name: applications
-- Instants as microseconds since 1970; of the applications from $1 to before $2 or the end.
SELECT application_id, user_id, job_id, job_title, company, location, source,
    epoch_us(applied_at), status, epoch_us(status_at), views, epoch_us(first_viewed_at),
    interviews_scheduled, offers_received, hired, epoch_us(hired_at),
    epoch_us(first_response_at), response_time_hours, notes, reminders, updates,
    epoch_us(last_candidate_activity_at), epoch_us(last_employer_activity_at), match_score,
    [struct_pack("from" := c."from", "to" := c."to", "at" := epoch_us(c."at"),
        hours := c.hours_in_from, allowed := c.allowed) FOR c IN status_changes],
    flags, version, revision
FROM v_applications
WHERE application_id >= $1 AND ($2::VARCHAR IS NULL OR application_id < $2)

-- name: status_changes
SELECT application_id, n, from_status, to_status, epoch_us("at"), hours_in_from, allowed
FROM v_status_changes
WHERE application_id >= $1 AND ($2::VARCHAR IS NULL OR application_id < $2)
ORDER BY application_id, n

-- name: stays
SELECT application_id, furthest, hours_left, hours_before
FROM applications
WHERE application_id >= $1 AND ($2::VARCHAR IS NULL OR application_id < $2)

-- name: events
SELECT partition, "offset", epoch_us(recorded_at), epoch_us("time"), orphan, id, application_id,
    user_id, type
FROM events
WHERE partition = $1 AND "offset" >= $2 AND "offset" < $3
ORDER BY "offset"

-- name: predictions
SELECT partition, "offset", epoch_us(recorded_at), application_id, status, epoch_us(computed_at),
    p, low, high, model_version, labels_seen, cold_start
FROM predictions
WHERE partition = $1 AND "offset" >= $2 AND "offset" < $3
ORDER BY "offset"

-- name: history_events
SELECT partition, "offset", epoch_us(recorded_at), epoch_us("time"), orphan, id, application_id,
    user_id, type, payload
FROM read_parquet($1, hive_partitioning = false)
WHERE partition = $2 AND "offset" >= $3 AND "offset" < $4
ORDER BY "offset"

-- name: history_versions
SELECT "offset", epoch_us(recorded_at),
    application_id, user_id, job_id, job_title, company, location, source,
    epoch_us(applied_at), status, epoch_us(status_at), views, epoch_us(first_viewed_at),
    interviews_scheduled, offers_received, hired, epoch_us(hired_at),
    epoch_us(first_response_at), response_time_hours, notes, reminders, updates,
    epoch_us(last_candidate_activity_at), epoch_us(last_employer_activity_at), match_score,
    [struct_pack("from" := c."from", "to" := c."to", "at" := epoch_us(c."at"),
        hours := c.hours_in_from, allowed := c.allowed) FOR c IN status_changes],
    flags, version, revision
FROM read_parquet($1, hive_partitioning = false)
WHERE partition = $2 AND "offset" >= $3 AND "offset" < $4
ORDER BY "offset"

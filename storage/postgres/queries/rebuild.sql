-- name: partitions
-- Of the embedded log, or as many as a topic's flow has begun.
SELECT greatest(partitions,
    (SELECT max(partition) + 1 FROM flow_positions WHERE flow = 'analytics'))::integer
FROM log

-- name: applications
-- Applications that the log knows, in order, behind one.
SELECT DISTINCT application_id FROM event_log
WHERE application_id > $1 AND type <> 'application.analytics_updated'
ORDER BY application_id LIMIT $2

-- name: stored
SELECT application_id, revision, fold_version FROM application_analytics
WHERE application_id = ANY ($1)

-- name: differences
-- Columns in which a stored row is not what the staged fold says; all of them without a row.
SELECT staging.application_id, array_remove(ARRAY[{columns}], NULL)
FROM staging LEFT JOIN application_analytics AS row USING (application_id)

-- name: refresh_states
-- Rows whose columns are right: only how they are kept may be old.
UPDATE application_analytics AS row
SET state = staging.state, fold_version = staging.fold_version,
    resume_id = staging.resume_id, referral_code = staging.referral_code,
    withdraw_reason = staging.withdraw_reason, last_fact_at = staging.last_fact_at
FROM staging
WHERE row.application_id = staging.application_id AND row.revision = staging.revision - 1
    AND row.application_id = ANY ($1)

-- name: count
SELECT count(DISTINCT application_id) FROM event_log

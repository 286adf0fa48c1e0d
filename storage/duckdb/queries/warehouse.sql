-- name: begin
BEGIN

-- name: commit
COMMIT

-- name: rollback
ROLLBACK

-- name: checkpoint
CHECKPOINT main_file

-- name: checkpoint_at
-- How much may be committed before DuckDB makes a checkpoint by itself.
SET checkpoint_threshold = '{size}'

-- name: has_tables
SELECT count(*) > 0 FROM duckdb_tables() WHERE table_name = 'warehouse'

-- name: made_of
-- Two columns that every layout has.
SELECT log_id, schema_version FROM warehouse

-- name: columns_of_applications
-- Those that v_applications has too.
SELECT column_name, comment FROM duckdb_columns()
WHERE table_name = 'applications' AND comment IS NOT NULL
    AND column_name NOT IN ('furthest', 'hours_left', 'hours_before')

-- name: comment_view
COMMENT ON COLUMN v_applications.{column} IS '{comment}'

-- name: identity
SELECT log_id, schema_version, generation, first_version, version, epoch_us(clock), copied
FROM warehouse

-- name: found
-- The first row of a new warehouse: log id, schema version, generation, version before its first.
INSERT INTO warehouse VALUES ($1, $2, $3, $4 + 1, $4, NULL, '')

-- name: positions
SELECT partition, next_offset FROM positions

-- name: read_lines
-- A page of the log as Postgres copied it.
CREATE OR REPLACE TEMP TABLE lines AS
SELECT * FROM read_csv(
    '{path}', auto_detect = false, header = false, delim = ',', quote = '"', escape = '"',
    nullstr = '', max_line_size = 16777216,
    columns = {
        'partition': 'SMALLINT', 'offset': 'BIGINT', 'recorded_at': 'TIMESTAMP',
        'time': 'TIMESTAMP', 'orphan': 'BOOLEAN', 'id': 'VARCHAR', 'application_id': 'VARCHAR',
        'user_id': 'VARCHAR', 'type': 'VARCHAR', 'payload': 'VARCHAR'
    }
)

-- name: count_lines
SELECT count(*) FROM lines

-- name: read_versions
-- The rows that the page announces, in the shape of `applications` behind their places.
CREATE OR REPLACE TEMP TABLE row_versions AS
SELECT partition, "offset", recorded_at, unnest(row)
FROM (
    SELECT partition, "offset", recorded_at, from_json(payload -> '$.data.analytics', '{
        "applicationId": "VARCHAR", "userId": "VARCHAR", "jobId": "VARCHAR",
        "jobTitle": "VARCHAR", "company": "VARCHAR", "location": "VARCHAR",
        "source": "VARCHAR", "appliedAt": "TIMESTAMP", "status": "VARCHAR",
        "statusAt": "TIMESTAMP", "views": "INTEGER", "firstViewedAt": "TIMESTAMP",
        "interviewsScheduled": "INTEGER", "offersReceived": "INTEGER", "hired": "BOOLEAN",
        "hiredAt": "TIMESTAMP", "firstResponseAt": "TIMESTAMP", "responseTimeHours": "DOUBLE",
        "notes": "INTEGER", "reminders": "INTEGER", "updates": "INTEGER",
        "lastCandidateActivityAt": "TIMESTAMP", "lastEmployerActivityAt": "TIMESTAMP",
        "matchScore": "DOUBLE", "statusChanges": [{"from": "VARCHAR", "to": "VARCHAR",
        "at": "TIMESTAMP", "hoursInFrom": "DOUBLE", "allowed": "BOOLEAN"}],
        "flags": ["VARCHAR"], "version": "INTEGER", "revision": "BIGINT"}') AS row
    FROM lines
    WHERE type = 'application.analytics_updated'
)

-- name: shape_versions
-- Under the names of the table.
CREATE OR REPLACE TEMP TABLE versions AS
SELECT partition, "offset", recorded_at, applicationId AS application_id, userId AS user_id,
    jobId AS job_id, jobTitle AS job_title, company, location, source, appliedAt AS applied_at,
    status, statusAt AS status_at, views, firstViewedAt AS first_viewed_at,
    interviewsScheduled AS interviews_scheduled, offersReceived AS offers_received, hired,
    hiredAt AS hired_at, firstResponseAt AS first_response_at,
    responseTimeHours AS response_time_hours, notes, reminders, updates,
    lastCandidateActivityAt AS last_candidate_activity_at,
    lastEmployerActivityAt AS last_employer_activity_at, matchScore AS match_score,
    [struct_pack("from" := change."from", "to" := change."to", "at" := change."at",
        hours_in_from := change.hoursInFrom, allowed := change.allowed)
     FOR change IN statusChanges] AS status_changes,
    flags, version, revision,
    ['applied', 'viewed', 'shortlisted', 'interview_scheduled', 'interviewed', 'offer_received',
        'hired'][greatest(
        coalesce(list_max([
            list_position(['applied', 'viewed', 'shortlisted', 'interview_scheduled',
                'interviewed', 'offer_received', 'hired'], change."to")
            FOR change IN statusChanges
        ]), 1),
        CASE WHEN offersReceived > 0 THEN 6 WHEN interviewsScheduled > 0 THEN 4
            WHEN views > 0 THEN 2 ELSE 1 END
    )] AS furthest,
    struct_pack(
        applied := list_sum([
            c.hoursInFrom FOR c IN statusChanges IF c."from" = 'applied' AND status <> 'applied'
        ]),
        viewed := list_sum([
            c.hoursInFrom FOR c IN statusChanges IF c."from" = 'viewed' AND status <> 'viewed'
        ]),
        shortlisted := list_sum([
            c.hoursInFrom FOR c IN statusChanges IF c."from" = 'shortlisted' AND status <> 'shortlisted'
        ]),
        interview_scheduled := list_sum([
            c.hoursInFrom FOR c IN statusChanges IF c."from" = 'interview_scheduled' AND status <> 'interview_scheduled'
        ]),
        interviewed := list_sum([
            c.hoursInFrom FOR c IN statusChanges IF c."from" = 'interviewed' AND status <> 'interviewed'
        ]),
        offer_received := list_sum([
            c.hoursInFrom FOR c IN statusChanges IF c."from" = 'offer_received' AND status <> 'offer_received'
        ])
    ) AS hours_left,
    list_sum([c.hoursInFrom FOR c IN statusChanges IF c."from" = status]) AS hours_before
FROM row_versions

-- name: newest
CREATE OR REPLACE TEMP TABLE newest AS
SELECT * EXCLUDE (partition, "offset", recorded_at)
FROM versions
QUALIFY row_number() OVER (
    PARTITION BY application_id ORDER BY revision DESC, partition DESC, "offset" DESC
) = 1

-- name: delete_older
DELETE FROM applications USING newest
WHERE applications.application_id = newest.application_id
    AND applications.revision <= newest.revision

-- name: insert_newest
-- A row that is still there is newer: an application in two partitions of the log.
INSERT INTO applications
SELECT * FROM newest
WHERE NOT EXISTS (
    SELECT 1 FROM applications WHERE applications.application_id = newest.application_id
)

-- name: insert_events
INSERT INTO events
SELECT * EXCLUDE payload FROM lines
WHERE type <> 'application.analytics_updated'
ORDER BY partition, "offset"

-- name: insert_predictions
-- Only lines that have one are parsed for it.
INSERT INTO predictions
SELECT partition, "offset", recorded_at, application_id, told.analytics.status,
    told.successProbability.computedAt, told.successProbability.p, told.successProbability.low,
    told.successProbability.high, told.successProbability.modelVersion,
    told.successProbability.labelsSeen, told.successProbability.coldStart
FROM (
    SELECT partition, "offset", recorded_at, application_id, from_json(payload -> '$.data', '{
        "analytics": {"status": "VARCHAR"}, "successProbability": {"p": "DOUBLE",
        "low": "DOUBLE", "high": "DOUBLE", "modelVersion": "BIGINT", "labelsSeen": "BIGINT",
        "coldStart": "BOOLEAN", "computedAt": "TIMESTAMP"}}') AS told
    FROM lines
    WHERE type = 'application.analytics_updated' AND contains(payload, '"successProbability"')
)
WHERE told.successProbability.p IS NOT NULL
ORDER BY partition, "offset"

-- name: advance_clock
UPDATE warehouse SET clock = greatest(clock, (
    SELECT max(least("time", recorded_at)) FROM lines
    WHERE type <> 'application.analytics_updated'
))

-- name: forget_position
DELETE FROM positions WHERE partition = $1

-- name: set_position
INSERT INTO positions VALUES ($1, $2)

-- name: set_copied
UPDATE warehouse SET copied = $1

-- name: advance_version
UPDATE warehouse SET version = version + 1

-- name: counts
SELECT (SELECT count(*) FROM applications), (SELECT count(*) FROM events),
    (SELECT count(*) FROM predictions)

-- name: days_of_events
SELECT recorded_at::DATE AS day, count(*) FROM lines
WHERE type <> 'application.analytics_updated'
GROUP BY day ORDER BY day

-- name: days_of_versions
SELECT recorded_at::DATE AS day, count(*) FROM versions GROUP BY day ORDER BY day

-- name: write_events
COPY (
    SELECT * FROM lines
    WHERE type <> 'application.analytics_updated' AND recorded_at::DATE = DATE '{day}'
) TO '{path}' (FORMAT parquet, COMPRESSION zstd)

-- name: write_versions
COPY (SELECT * FROM versions WHERE recorded_at::DATE = DATE '{day}')
TO '{path}' (FORMAT parquet, COMPRESSION zstd)

-- name: list_part
INSERT INTO history_parts VALUES ($1, $2, $3, $4, $5)

-- name: compactable
-- Parts to put together: $1 of one level or more, or all that a finished day has, but for those
-- of $2 rows or more.
SELECT kind, day, max(level), list(name ORDER BY name), sum("rows")::BIGINT
FROM (
    SELECT *, day < max(day) OVER () AS finished FROM history_parts WHERE "rows" < $2
)
GROUP BY kind, day, CASE WHEN finished THEN 0 ELSE level END
HAVING count(*) >= $1 OR (bool_and(finished) AND count(*) > 1)
ORDER BY day, kind

-- name: merge_parts
COPY (SELECT * FROM read_parquet($1, hive_partitioning = false))
TO '{path}' (FORMAT parquet, COMPRESSION zstd)

-- name: retire_parts
INSERT INTO retired_parts
SELECT name, version + 1, now()::TIMESTAMP FROM warehouse, unnest($1::VARCHAR[]) AS gone (name)

-- name: unlist_parts
DELETE FROM history_parts WHERE list_contains($1::VARCHAR[], name)

-- name: count_parts
SELECT kind, sum("rows")::BIGINT FROM history_parts GROUP BY kind ORDER BY kind

-- name: known_parts
SELECT name FROM history_parts UNION ALL SELECT name FROM retired_parts

-- name: deletable
SELECT name FROM retired_parts
WHERE version <= $1 AND retired_at < now()::TIMESTAMP - to_seconds($2)

-- name: forget_parts
DELETE FROM retired_parts WHERE list_contains($1::VARCHAR[], name)

-- name: empty_copied
DELETE FROM {table}

-- name: fill_copied
COPY {table} FROM '{path}' (
    FORMAT csv, HEADER false, AUTO_DETECT false, DELIMITER ',', QUOTE '"', ESCAPE '"', NULLSTR ''
)

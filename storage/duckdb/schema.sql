-- The warehouse: what the pipeline's log adds up to, for people who ask in SQL.
-- All times are UTC. The v_* views and their columns are stable names; tables may change.

-- One row: which log, which layout, how far.
CREATE TABLE IF NOT EXISTS warehouse (
    log_id VARCHAR NOT NULL,
    schema_version INTEGER NOT NULL,
    clock TIMESTAMP              -- log clock: the greatest least(time, recorded_at) folded
);

-- Next offset of each partition of the log; moved in the transaction of the rows.
CREATE TABLE IF NOT EXISTS positions (
    partition SMALLINT NOT NULL,
    next_offset BIGINT NOT NULL
);

-- The latest row of each application (contract: From facts to a row). No primary key: rows are
-- replaced by a guarded DELETE and INSERT.
CREATE TABLE IF NOT EXISTS applications (
    application_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    job_id VARCHAR,
    job_title VARCHAR,
    company VARCHAR,
    location VARCHAR,
    source VARCHAR,
    applied_at TIMESTAMP,
    status VARCHAR,
    status_at TIMESTAMP,
    views INTEGER NOT NULL,
    first_viewed_at TIMESTAMP,
    interviews_scheduled INTEGER NOT NULL,
    offers_received INTEGER NOT NULL,
    hired BOOLEAN NOT NULL,
    hired_at TIMESTAMP,
    first_response_at TIMESTAMP,
    response_time_hours DOUBLE,
    notes INTEGER NOT NULL,
    reminders INTEGER NOT NULL,
    updates INTEGER NOT NULL,
    last_candidate_activity_at TIMESTAMP,
    last_employer_activity_at TIMESTAMP,
    match_score DOUBLE,
    status_changes STRUCT(
        "from" VARCHAR, "to" VARCHAR, "at" TIMESTAMP, hours_in_from DOUBLE, allowed BOOLEAN
    )[] NOT NULL,
    flags VARCHAR[] NOT NULL,
    version INTEGER NOT NULL,
    revision BIGINT NOT NULL
);

-- Every accepted event, without its payload (which the Parquet history has).
CREATE TABLE IF NOT EXISTS events (
    partition SMALLINT NOT NULL,
    "offset" BIGINT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    "time" TIMESTAMP NOT NULL,
    orphan BOOLEAN NOT NULL,
    id VARCHAR NOT NULL,
    application_id VARCHAR NOT NULL,
    user_id VARCHAR NOT NULL,
    type VARCHAR NOT NULL
);

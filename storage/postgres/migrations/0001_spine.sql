-- The spine: in through the outbox, through the analytics flow, out through event_log.

-- Which log this is, and how many partitions the embedded outbox is spread over. One row.
-- A restored or rebuilt log gets another id, so that old cursors are told to start afresh.
CREATE TABLE log (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    partitions smallint NOT NULL CHECK (partitions BETWEEN 1 AND 64),
    cursor_key bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN log.cursor_key IS 'signs the cursors of the live feed, for every API process alike';

-- Messages not yet taken by the flow, as they came. A row is here exactly until then.
CREATE TABLE outbox (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition smallint NOT NULL,
    application_id text NOT NULL DEFAULT '',
    run uuid,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    payload bytea NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 50000);

-- One ingest of a file, a pipe or an NDJSON body, and what became of its messages.
CREATE TABLE ingest_runs (
    run uuid PRIMARY KEY,
    source text NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    dead_lettered bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz
);

-- Position, fence and counts of each consumer. `position` is where it will read next in its
-- source; `log_offset` is the next dense offset of the event_log partition that it writes.
CREATE TABLE flow_positions (
    flow text NOT NULL,
    partition smallint NOT NULL,
    position bigint NOT NULL DEFAULT 0,
    log_offset bigint NOT NULL DEFAULT 0,
    epoch bigint NOT NULL DEFAULT 0,
    accepted bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    dead_lettered bigint NOT NULL DEFAULT 0,
    clock timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (flow, partition)
) WITH (fillfactor = 50);
COMMENT ON COLUMN flow_positions.clock IS 'log clock: the greatest least(time, recorded_at) read';

-- What came out: accepted facts as they came, then one analytics_updated per changed row.
CREATE TABLE event_log (
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    time timestamptz NOT NULL,
    orphan boolean NOT NULL,
    id text NOT NULL,
    application_id text NOT NULL,
    user_id text NOT NULL,
    type text NOT NULL,
    payload text NOT NULL,
    PRIMARY KEY (partition, "offset")
);
-- Rows up to a page stay whole and uncompressed: compressing each cost more than it saved.
ALTER TABLE event_log SET (toast_tuple_target = 8160);
CREATE INDEX event_log_application ON event_log (application_id, partition, "offset");
COMMENT ON COLUMN event_log.orphan IS 'the application had no created when this was folded: not streamed, not notified';

-- One row per application: the contract's columns, then what the flow needs to go on.
CREATE TABLE application_analytics (
    application_id text PRIMARY KEY,
    user_id text NOT NULL,
    job_id text,
    job_title text,
    company text,
    location text,
    source text,
    applied_at timestamptz,
    status text,
    status_at timestamptz,
    views integer NOT NULL,
    first_viewed_at timestamptz,
    interviews_scheduled integer NOT NULL,
    offers_received integer NOT NULL,
    hired boolean NOT NULL,
    hired_at timestamptz,
    first_response_at timestamptz,
    response_time_hours double precision,
    notes integer NOT NULL,
    reminders integer NOT NULL,
    updates integer NOT NULL,
    last_candidate_activity_at timestamptz,
    last_employer_activity_at timestamptz,
    match_score double precision,
    status_changes jsonb NOT NULL,
    flags text[] NOT NULL,
    version integer NOT NULL,
    revision bigint NOT NULL,
    resume_id text,
    referral_code text,
    withdraw_reason text,
    last_fact_at timestamptz,
    success_probability jsonb,
    fold_version smallint NOT NULL,
    state bytea NOT NULL
) WITH (fillfactor = 70);
COMMENT ON COLUMN application_analytics.state IS 'packed facts (models/facts.py)';
ALTER TABLE application_analytics ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE application_analytics SET (toast_tuple_target = 4080);

-- The entity: the API writes it; the flow writes what outside facts changed.
CREATE TABLE applications (
    id text PRIMARY KEY,
    user_id text NOT NULL,
    job_id text,
    job_title text,
    company text,
    location text,
    source text,
    match_score double precision,
    resume_id text,
    referral_code text,
    applied_at timestamptz,
    status text,
    status_at timestamptz,
    withdraw_reason text,
    orphan boolean NOT NULL DEFAULT false,
    cover_letter text,
    revision bigint NOT NULL DEFAULT 1,
    last_write_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);
CREATE INDEX applications_user ON applications (user_id, applied_at DESC NULLS LAST, id);
COMMENT ON COLUMN applications.revision IS 'the ETag; another counter than application_analytics.revision';
COMMENT ON COLUMN applications.orphan IS 'its created was retracted: kept, but not listed';
COMMENT ON COLUMN applications.last_write_at IS 'time of the last event that the API wrote';

-- Events that the API wrote and the flow has not judged yet. While an application has one,
-- the flow leaves its entity row alone.
CREATE TABLE pending_writes (
    application_id text NOT NULL,
    event_id text NOT NULL,
    revision bigint NOT NULL,
    seq bigint NOT NULL,
    PRIMARY KEY (application_id, event_id)
);

-- Entity rows that were locked when the flow wanted to write them: retried at the next poll.
CREATE TABLE entity_stale (
    application_id text PRIMARY KEY,
    partition smallint NOT NULL,
    since timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE notes (
    id text PRIMARY KEY,
    application_id text NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    user_id text NOT NULL,
    content text NOT NULL,
    type text NOT NULL,
    priority text NOT NULL,
    reminder_date timestamptz,
    tags text[] NOT NULL DEFAULT '{}',
    completed boolean NOT NULL DEFAULT false,
    revision bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX notes_application ON notes (application_id, created_at DESC, id);

-- Messages that cannot be facts, unique by where they came from.
CREATE TABLE dead_letters (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    stage text NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    run uuid,
    recorded_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    payload bytea NOT NULL,
    UNIQUE (source, partition, "offset")
);

-- How many dead letters were sent back, and so are no longer there: with them every one that
-- was ever made can be accounted for. A row of its own each time, so that nobody is locked out.
CREATE TABLE redrives (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    partition smallint NOT NULL,
    letters bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);

-- Answers to keep for a repeated POST. A row exists only once its request has committed.
CREATE TABLE idempotency_keys (
    user_id text NOT NULL,
    key text NOT NULL,
    fingerprint bytea NOT NULL,
    status smallint NOT NULL,
    headers jsonb NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);

-- Single-use tickets for an EventSource, which cannot send a bearer token.
CREATE TABLE stream_tickets (
    ticket_hash bytea PRIMARY KEY,
    claims jsonb NOT NULL,
    expires_at timestamptz NOT NULL
);

-- Tokens of this user issued before this moment are refused.
CREATE TABLE revocations (
    user_id text PRIMARY KEY,
    not_before timestamptz NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Who looked at or changed what with a role beyond their own.
CREATE TABLE audit_log (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    resource text NOT NULL
);

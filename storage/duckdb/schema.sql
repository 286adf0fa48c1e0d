-- The warehouse: what the pipeline's log adds up to, for people who ask in SQL.
-- All times are UTC. The v_* views and their columns are stable names; tables may change.

CREATE TABLE IF NOT EXISTS warehouse (
    log_id VARCHAR NOT NULL,
    schema_version INTEGER NOT NULL,
    generation VARCHAR NOT NULL,
    first_version BIGINT NOT NULL,
    version BIGINT NOT NULL,
    clock TIMESTAMP,
    copied VARCHAR NOT NULL
);
COMMENT ON TABLE warehouse IS 'One row: which log this was made from, in which layout, up to which moment.';
COMMENT ON COLUMN warehouse.log_id IS 'The log; a restored one has another id, and another warehouse is made of it.';
COMMENT ON COLUMN warehouse.schema_version IS 'Layout of the tables.';
COMMENT ON COLUMN warehouse.generation IS 'Which making of the warehouse from the log: its folder under history/.';
COMMENT ON COLUMN warehouse.first_version IS 'First published number of this generation.';
COMMENT ON COLUMN warehouse.version IS 'Number of the published file.';
COMMENT ON COLUMN warehouse.clock IS 'Log clock: the greatest least(time, recorded_at) of its events; "now" for whoever wants the same answer twice.';
COMMENT ON COLUMN warehouse.copied IS 'Changes with the tables that are copied whole; empty before the first copy.';

CREATE TABLE IF NOT EXISTS positions (
    partition SMALLINT NOT NULL,
    next_offset BIGINT NOT NULL
);
COMMENT ON TABLE positions IS 'Up to where each partition of the log is in here; moved in the transaction of the rows.';
COMMENT ON COLUMN positions.partition IS 'Partition of event_log in Postgres.';
COMMENT ON COLUMN positions.next_offset IS 'First offset that is not in here; all below are.';

-- No primary key: rows are replaced by a guarded DELETE and INSERT, which is forty times faster.
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
    revision BIGINT NOT NULL,
    furthest VARCHAR NOT NULL,
    hours_left STRUCT(
        applied DOUBLE, viewed DOUBLE, shortlisted DOUBLE, interview_scheduled DOUBLE,
        interviewed DOUBLE, offer_received DOUBLE
    ) NOT NULL,
    hours_before DOUBLE
);
COMMENT ON TABLE applications IS 'The newest row of each application: a pure function of its accepted events.';
COMMENT ON COLUMN applications.application_id IS 'The application; one row each.';
COMMENT ON COLUMN applications.user_id IS 'Its owner: the user of its first accepted event.';
COMMENT ON COLUMN applications.job_id IS 'From created, as changed by later updated events.';
COMMENT ON COLUMN applications.job_title IS 'From created, as changed by later updated events.';
COMMENT ON COLUMN applications.company IS 'From created, as changed by later updated events.';
COMMENT ON COLUMN applications.location IS 'From created, as changed by later updated events.';
COMMENT ON COLUMN applications.source IS 'job_board, referral, company_site, recruiter, social or other.';
COMMENT ON COLUMN applications.applied_at IS 'Time of the first created; null while none has come.';
COMMENT ON COLUMN applications.status IS 'Where the last transition led to.';
COMMENT ON COLUMN applications.status_at IS 'Time of the last transition.';
COMMENT ON COLUMN applications.views IS 'How often the employer looked.';
COMMENT ON COLUMN applications.first_viewed_at IS 'When the employer looked first.';
COMMENT ON COLUMN applications.interviews_scheduled IS 'The larger of: distinct interviews; transitions to interview_scheduled.';
COMMENT ON COLUMN applications.offers_received IS 'The larger of: distinct offers; transitions to offer_received.';
COMMENT ON COLUMN applications.hired IS 'Whether the last transition is to hired.';
COMMENT ON COLUMN applications.hired_at IS 'Time of that transition.';
COMMENT ON COLUMN applications.first_response_at IS 'First of: an interview, an offer, a transition to shortlisted, interview_scheduled, interviewed, offer_received, hired or rejected.';
COMMENT ON COLUMN applications.response_time_hours IS 'Hours from applied_at to first_response_at, at least 0; null while there is no answer.';
COMMENT ON COLUMN applications.notes IS 'Distinct notes.';
COMMENT ON COLUMN applications.reminders IS 'Reminders that came due.';
COMMENT ON COLUMN applications.updates IS 'Number of updated events.';
COMMENT ON COLUMN applications.last_candidate_activity_at IS 'Last of created, updated, note added, withdrawn.';
COMMENT ON COLUMN applications.last_employer_activity_at IS 'Last of view, interview, offer, status change (but to applied or withdrawn).';
COMMENT ON COLUMN applications.match_score IS '0 to 100, the last known.';
COMMENT ON COLUMN applications.status_changes IS 'The transitions in order; v_status_changes has one row each.';
COMMENT ON COLUMN applications.flags IS 'What is odd, sorted: clock, gap, orphan (no created yet), transition (one outside the table of allowed ones).';
COMMENT ON COLUMN applications.version IS 'Events folded, replaced ones included.';
COMMENT ON COLUMN applications.revision IS 'How often the row has changed.';
COMMENT ON COLUMN applications.furthest IS 'Furthest stage on the way from applied to hired that it was in, or that a view, an interview or an offer tells of. Not in v_applications.';
COMMENT ON COLUMN applications.hours_left IS 'Hours that it spent in each stage that it has left, several stays together; null for those it was never in, and for the present one. Not in v_applications.';
COMMENT ON COLUMN applications.hours_before IS 'Hours of earlier stays in the present stage; null without any. Not in v_applications.';

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
COMMENT ON TABLE events IS 'Every accepted event, without its payload (the Parquet history has it).';
COMMENT ON COLUMN events.partition IS 'Partition of the log.';
COMMENT ON COLUMN events."offset" IS 'Place in its partition; unique there.';
COMMENT ON COLUMN events.recorded_at IS 'When it came in.';
COMMENT ON COLUMN events."time" IS 'When it happened, as it says itself.';
COMMENT ON COLUMN events.orphan IS 'The application had no created when this was folded.';
COMMENT ON COLUMN events.id IS 'Unique within its application.';
COMMENT ON COLUMN events.application_id IS 'The application that it tells of.';
COMMENT ON COLUMN events.user_id IS 'Owner of the application.';
COMMENT ON COLUMN events.type IS 'application.created, application.status_changed and so on.';

CREATE TABLE IF NOT EXISTS predictions (
    partition SMALLINT NOT NULL,
    "offset" BIGINT NOT NULL,
    recorded_at TIMESTAMP NOT NULL,
    application_id VARCHAR NOT NULL,
    status VARCHAR,
    computed_at TIMESTAMP NOT NULL,
    p DOUBLE NOT NULL,
    low DOUBLE NOT NULL,
    high DOUBLE NOT NULL,
    model_version BIGINT NOT NULL,
    labels_seen BIGINT NOT NULL,
    cold_start BOOLEAN NOT NULL
);
COMMENT ON TABLE predictions IS 'Every probability of being hired that was served, as the log tells it.';
COMMENT ON COLUMN predictions.partition IS 'Partition of the log.';
COMMENT ON COLUMN predictions."offset" IS 'Place in its partition; unique there.';
COMMENT ON COLUMN predictions.recorded_at IS 'When it was told.';
COMMENT ON COLUMN predictions.application_id IS 'The application.';
COMMENT ON COLUMN predictions.status IS 'Its status at that moment.';
COMMENT ON COLUMN predictions.computed_at IS 'Of which moment of the log it is.';
COMMENT ON COLUMN predictions.p IS 'Probability of being hired.';
COMMENT ON COLUMN predictions.low IS 'Lower end of an interval that holds the true probability four times of five.';
COMMENT ON COLUMN predictions.high IS 'Its upper end.';
COMMENT ON COLUMN predictions.model_version IS 'Which version of the model said so.';
COMMENT ON COLUMN predictions.labels_seen IS 'Outcomes that this version had learned.';
COMMENT ON COLUMN predictions.cold_start IS 'Too few outcomes to say more than the base rate.';

CREATE TABLE IF NOT EXISTS history_parts (
    name VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    day DATE NOT NULL,
    level SMALLINT NOT NULL,
    "rows" BIGINT NOT NULL
);
COMMENT ON TABLE history_parts IS 'Parquet files that together are the history; others in the folder are none of it.';
COMMENT ON COLUMN history_parts.name IS 'Path below the folder of the warehouse.';
COMMENT ON COLUMN history_parts.kind IS 'events: accepted events with payload. versions: every row that an application ever had.';
COMMENT ON COLUMN history_parts.day IS 'UTC day of recorded_at of all its rows.';
COMMENT ON COLUMN history_parts.level IS 'How often its rows were put together into larger files.';
COMMENT ON COLUMN history_parts."rows" IS 'Number of its rows.';

CREATE TABLE IF NOT EXISTS retired_parts (
    name VARCHAR NOT NULL,
    version BIGINT NOT NULL,
    retired_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE retired_parts IS 'Parquet files whose rows are in a larger one now, and which will be deleted.';
COMMENT ON COLUMN retired_parts.name IS 'Path below the folder of the warehouse.';
COMMENT ON COLUMN retired_parts.version IS 'First published version that does not list it.';
COMMENT ON COLUMN retired_parts.retired_at IS 'Since when.';

-- Copied whole from Postgres (storage/postgres/queries/copied_tables.sql).
CREATE TABLE IF NOT EXISTS prediction_scores (
    day DATE NOT NULL,
    predictor VARCHAR NOT NULL,
    provisional BOOLEAN NOT NULL,
    bin SMALLINT NOT NULL,
    predictions BIGINT NOT NULL,
    hired BIGINT NOT NULL,
    p DOUBLE NOT NULL,
    log_loss DOUBLE NOT NULL,
    brier DOUBLE NOT NULL
);
COMMENT ON TABLE prediction_scores IS 'Sums over the served predictions of decided applications, as of the publication.';
COMMENT ON COLUMN prediction_scores.day IS 'Day of the prediction, log time.';
COMMENT ON COLUMN prediction_scores.predictor IS 'served, or one of the two it is measured against: base_rate, stage_rate.';
COMMENT ON COLUMN prediction_scores.provisional IS 'The label is silence, not an answer.';
COMMENT ON COLUMN prediction_scores.bin IS 'floor(200 p), at most 199.';
COMMENT ON COLUMN prediction_scores.predictions IS 'How many.';
COMMENT ON COLUMN prediction_scores.hired IS 'Of applications that were hired.';
COMMENT ON COLUMN prediction_scores.p IS 'Sum of the probabilities.';
COMMENT ON COLUMN prediction_scores.log_loss IS 'Sum of the logarithmic losses, nats.';
COMMENT ON COLUMN prediction_scores.brier IS 'Sum of the squared errors.';

CREATE TABLE IF NOT EXISTS model_versions (
    number BIGINT NOT NULL,
    published_at TIMESTAMP NOT NULL,
    clock TIMESTAMP NOT NULL,
    labels BIGINT NOT NULL,
    hired BIGINT NOT NULL,
    base_rate DOUBLE NOT NULL,
    cold BOOLEAN NOT NULL
);
COMMENT ON TABLE model_versions IS 'Versions of the success model, as of the publication.';
COMMENT ON COLUMN model_versions.number IS 'Outcomes up to this position had been learned.';
COMMENT ON COLUMN model_versions.published_at IS 'By the clock of the machine.';
COMMENT ON COLUMN model_versions.clock IS 'Log clock.';
COMMENT ON COLUMN model_versions.labels IS 'Outcomes learned.';
COMMENT ON COLUMN model_versions.hired IS 'Of these: hired.';
COMMENT ON COLUMN model_versions.base_rate IS 'Share of hired among the labels.';
COMMENT ON COLUMN model_versions.cold IS 'Too few labels: predictions are the base rate.';

-- The success model: what it learned from, what it has learned, what it served and how well.

-- Decisions in the order in which they are learned. Positions are dense; learning them again
-- in their order, each from the log up to its place, gives the same weights to the last bit.
CREATE TABLE outcomes (
    position bigint PRIMARY KEY,
    application_id text NOT NULL,
    label boolean,
    reason text NOT NULL CHECK (reason IN ('hired', 'rejected', 'withdrawn', 'silence')),
    decided_at timestamptz NOT NULL,
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    replaces bigint,
    replaced text,
    void boolean NOT NULL DEFAULT false
);
CREATE INDEX outcomes_application ON outcomes (application_id);
COMMENT ON COLUMN outcomes.label IS 'null: withdrawn by the candidate, nothing is learned';
COMMENT ON COLUMN outcomes.decided_at IS 'log time';
COMMENT ON COLUMN outcomes."offset" IS 'what the log partition says up to here was known';
COMMENT ON COLUMN outcomes.replaces IS 'the outcome of this application that was in force';
COMMENT ON COLUMN outcomes.replaced IS 'the reason of that one';
COMMENT ON COLUMN outcomes.void IS 'corrected or reopened: stays learned, is not scored';

-- What the learning flow remembers of each application.
CREATE TABLE outcome_standings (
    application_id text PRIMARY KEY,
    partition smallint NOT NULL,
    "offset" bigint NOT NULL,
    silent_since timestamptz NOT NULL,
    status text,
    reason text,
    position bigint
) WITH (fillfactor = 70);
CREATE INDEX outcome_standings_silent ON outcome_standings (silent_since) WHERE reason IS NULL;

-- The learning flow between two batches, and the cells of its arrays in pages. One row.
CREATE TABLE learning_state (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    clock timestamptz NOT NULL,
    state bytea NOT NULL
);
CREATE TABLE learning_cells (
    page integer PRIMARY KEY,
    cells bytea NOT NULL
);

-- Immutable versions; `weights` is null once pruned.
CREATE TABLE model_versions (
    number bigint PRIMARY KEY,
    published_at timestamptz NOT NULL DEFAULT now(),
    clock timestamptz NOT NULL,
    labels bigint NOT NULL,
    hired bigint NOT NULL,
    base_rate double precision NOT NULL,
    stage_rates double precision[] NOT NULL,
    cold boolean NOT NULL,
    weights bytea
);
COMMENT ON COLUMN model_versions.number IS 'the outcomes up to this position have been learned';
COMMENT ON COLUMN model_versions.clock IS 'log time';
CREATE TABLE model_pin (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    number bigint NOT NULL REFERENCES model_versions (number)
);

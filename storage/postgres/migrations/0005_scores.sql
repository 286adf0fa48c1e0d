-- How well what was served came true, as sums by day of the prediction, by whose prediction it
-- is and by its height: every measure follows from them, and an outcome can be taken back.
CREATE TABLE prediction_scores (
    day date NOT NULL,
    predictor text NOT NULL CHECK (predictor IN ('served', 'base_rate', 'stage_rate')),
    provisional boolean NOT NULL,
    bin smallint NOT NULL,
    predictions bigint NOT NULL,
    hired bigint NOT NULL,
    p double precision NOT NULL,
    log_loss double precision NOT NULL,
    brier double precision NOT NULL,
    PRIMARY KEY (day, predictor, provisional, bin)
) WITH (fillfactor = 70);
COMMENT ON TABLE prediction_scores IS 'sums over the served predictions of decided applications';
COMMENT ON COLUMN prediction_scores.day IS 'of the prediction, log time, UTC';
COMMENT ON COLUMN prediction_scores.provisional IS 'the label is silence, not an answer';
COMMENT ON COLUMN prediction_scores.bin IS 'floor(200 p), at most 199';

-- Applications whose silence has come of another age: the analytics flow predicts them anew.
CREATE TABLE rescores (
    application_id text PRIMARY KEY,
    partition smallint NOT NULL
);
CREATE INDEX rescores_partition ON rescores (partition);
ALTER TABLE outcome_standings ADD COLUMN next_age timestamptz;
CREATE INDEX outcome_standings_age ON outcome_standings (next_age) WHERE next_age IS NOT NULL;

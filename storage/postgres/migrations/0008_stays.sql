-- How applications go on: the stay that each is in, what ended stays have come to, and the
-- transitions fitted to them. Times of stays are only compared and subtracted: microseconds.
ALTER TABLE outcome_standings
    ADD COLUMN stay_employer smallint,
    ADD COLUMN stay_stage smallint,
    ADD COLUMN stay_score smallint,
    ADD COLUMN stay_round smallint,
    ADD COLUMN stay_views bigint,
    ADD COLUMN stay_began bigint,
    ADD COLUMN stay_ended bigint;
COMMENT ON COLUMN outcome_standings.stay_employer IS 'hashed';
COMMENT ON COLUMN outcome_standings.stay_stage IS '5 or more: closed by the employer';
COMMENT ON COLUMN outcome_standings.stay_ended IS 'null unless the candidate has withdrawn';

CREATE TABLE learning_stays (
    employer smallint PRIMARY KEY,
    counts bytea NOT NULL
);
COMMENT ON COLUMN learning_stays.employer IS 'hashed';
CREATE TABLE learning_transitions (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    fit bytea NOT NULL
);

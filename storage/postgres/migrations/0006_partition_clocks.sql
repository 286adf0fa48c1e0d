-- Silence is looked for in one partition of the log at a time, by its own clock.
DROP INDEX outcome_standings_silent, outcome_standings_age;
CREATE INDEX outcome_standings_silent ON outcome_standings (partition, silent_since)
    WHERE reason IS NULL;
CREATE INDEX outcome_standings_age ON outcome_standings (partition, next_age)
    WHERE next_age IS NOT NULL;
COMMENT ON COLUMN learning_state.clock IS 'the greatest of its partitions';

-- Who is asked for again while the answer is on its way has another number, and stays.
ALTER TABLE rescores ADD COLUMN number bigint GENERATED ALWAYS AS IDENTITY;

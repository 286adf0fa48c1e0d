-- The warehouse as it was: under the same names, so that the v_* views say what they said then.
-- {at}: a moment; {events}, {versions}: lists of Parquet files; `published` is the attached file.

CREATE VIEW events AS
SELECT * EXCLUDE payload
FROM read_parquet({events}, hive_partitioning = false)
WHERE recorded_at <= TIMESTAMP '{at}';

CREATE VIEW applications AS
SELECT * EXCLUDE (partition, "offset", recorded_at)
FROM read_parquet({versions}, hive_partitioning = false)
WHERE recorded_at <= TIMESTAMP '{at}'
QUALIFY row_number() OVER (
    PARTITION BY application_id ORDER BY revision DESC, recorded_at DESC, "offset" DESC
) = 1;

CREATE VIEW predictions AS
FROM published.predictions WHERE recorded_at <= TIMESTAMP '{at}';

CREATE VIEW warehouse AS
SELECT * REPLACE ((SELECT max(least("time", recorded_at)) FROM events) AS clock)
FROM published.warehouse;

-- Copied whole, without a history of their own: as they are in the published file.
CREATE VIEW prediction_scores AS FROM published.prediction_scores;

CREATE VIEW model_versions AS FROM published.model_versions;

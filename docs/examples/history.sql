-- What one day's events said, payload included, and how rows stood at its end.
-- In the folder of the warehouse:  duckdb -readonly latest.duckdb -f history.sql

SET VARIABLE day = (SELECT max(day) FROM history_parts);
SET VARIABLE events = (
    SELECT list(name ORDER BY name) FROM history_parts
    WHERE kind = 'events' AND day = getvariable('day')
);
SET VARIABLE versions = (
    SELECT list(name ORDER BY name) FROM history_parts
    WHERE kind = 'versions' AND day <= getvariable('day')
);

SELECT type, count(*) AS events, any_value(payload ->> '$.source') AS example_source
FROM read_parquet(getvariable('events'), hive_partitioning = false)
GROUP BY type
ORDER BY events DESC, type;

SELECT status, count(*) AS applications
FROM (
    SELECT * FROM read_parquet(getvariable('versions'), hive_partitioning = false)
    WHERE recorded_at < getvariable('day') + INTERVAL 1 DAY
    QUALIFY row_number() OVER (PARTITION BY application_id ORDER BY revision DESC) = 1
)
GROUP BY status
ORDER BY applications DESC, status;

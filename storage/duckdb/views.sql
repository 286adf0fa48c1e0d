-- Stable views. Orphans (no `created` yet) are not in v_daily_funnel and v_response_times.
-- Their names and columns are a contract; comments.sql says what each column means.

CREATE OR REPLACE VIEW v_applications AS
SELECT * EXCLUDE (furthest, hours_left, hours_before) FROM applications;

-- One row a transition, `n` from 1.
CREATE OR REPLACE VIEW v_status_changes AS
SELECT application_id, n, change."from" AS from_status, change."to" AS to_status,
    change."at" AS "at", change.hours_in_from, change.allowed
FROM (
    SELECT application_id, unnest(status_changes) AS change,
        generate_subscripts(status_changes, 1) AS n
    FROM applications
);

-- One row a stay in a stage; `left_at`, `hours` and `next_status` are null for the present one.
CREATE OR REPLACE VIEW v_stage_durations AS
SELECT application_id, n, to_status AS status, "at" AS entered_at,
    lead("at") OVER stay AS left_at,
    lead(hours_in_from) OVER stay AS hours,
    lead(to_status) OVER stay AS next_status
FROM v_status_changes
WINDOW stay AS (PARTITION BY application_id ORDER BY n);

-- By UTC day of application: how far that day's applications ever got, and how they stand now.
CREATE OR REPLACE VIEW v_daily_funnel AS
SELECT CAST(applied_at AS DATE) AS day,
    count(*) AS applied,
    count(*) FILTER (views > 0 OR list_contains(reached, 'viewed')) AS viewed,
    count(first_response_at) AS answered,
    count(*) FILTER (interviews_scheduled > 0 OR list_contains(reached, 'interviewed')) AS interviewed,
    count(*) FILTER (offers_received > 0) AS offered,
    count(*) FILTER (hired) AS hired,
    count(*) FILTER (status = 'rejected') AS rejected,
    count(*) FILTER (status = 'withdrawn') AS withdrawn
FROM (
    SELECT *, list_transform(status_changes, lambda change: change."to") AS reached
    FROM applications
)
WHERE applied_at IS NOT NULL AND NOT list_contains(flags, 'orphan')
GROUP BY day;

-- One row an application, for Kaplan-Meier: `hours` until the first answer, or until it stopped
-- waiting (withdrawn) or the log clock where there is none (`answered` false: censored).
CREATE OR REPLACE VIEW v_response_times AS
SELECT application_id, company, source, applied_at, first_response_at,
    first_response_at IS NOT NULL AS answered,
    coalesce(response_time_hours, greatest(0, epoch_us(
        CASE WHEN status = 'withdrawn' THEN least(status_at, clock) ELSE clock END
    ) - epoch_us(applied_at)) / 3_600_000_000) AS hours
FROM applications, warehouse
WHERE applied_at IS NOT NULL AND NOT list_contains(flags, 'orphan');

-- Accepted events by UTC hour in which they happened, and type.
CREATE OR REPLACE VIEW v_volume AS
SELECT date_trunc('hour', "time") AS hour, type, count(*) AS events
FROM events
GROUP BY hour, type;

-- One row a served probability; what became of the application stands beside it.
CREATE OR REPLACE VIEW v_predictions AS
SELECT said.application_id, said.computed_at, said.status, said.p, said.low, said.high,
    said.model_version, said.labels_seen, said.cold_start,
    CASE application.status WHEN 'hired' THEN true WHEN 'rejected' THEN false END AS hired
FROM predictions AS said LEFT JOIN applications AS application USING (application_id);

-- How good the served probabilities were, by UTC day (log time): means, lower is better.
CREATE OR REPLACE VIEW v_model_metrics AS
SELECT day, predictor, provisional, sum(predictions)::BIGINT AS predictions,
    sum(hired)::BIGINT AS hired, sum(p) / sum(predictions) AS mean_p,
    sum(log_loss) / sum(predictions) AS log_loss, sum(brier) / sum(predictions) AS brier
FROM prediction_scores
GROUP BY day, predictor, provisional
HAVING sum(predictions) > 0;

-- By tenth of the probability: what was said on average, and how often it came true.
CREATE OR REPLACE VIEW v_calibration AS
SELECT predictor, provisional, bin // 20 AS tenth, sum(predictions)::BIGINT AS predictions,
    sum(p) / sum(predictions) AS mean_p, sum(hired) / sum(predictions) AS hired_share
FROM prediction_scores
GROUP BY predictor, provisional, tenth
HAVING sum(predictions) > 0;

COMMENT ON VIEW v_predictions IS 'One row a served probability, with what became of its application.';
COMMENT ON VIEW v_model_metrics IS 'How good the served probabilities were, by UTC day of the prediction.';
COMMENT ON VIEW v_calibration IS 'By tenth of the probability: what was said, and how often it came true.';
COMMENT ON VIEW v_applications IS 'The newest row of each application.';
COMMENT ON VIEW v_status_changes IS 'One row a transition.';
COMMENT ON VIEW v_stage_durations IS 'One row a stay in a stage.';
COMMENT ON VIEW v_daily_funnel IS 'By UTC day of application: how far that day''s applications ever got, and how they stand now.';
COMMENT ON VIEW v_response_times IS 'One row an application that has a created: until its first answer, or still waiting.';
COMMENT ON VIEW v_volume IS 'Accepted events by UTC hour in which they happened, and type.';

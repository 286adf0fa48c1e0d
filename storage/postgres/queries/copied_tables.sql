-- Tables that the warehouse takes over whole with each publication. A statement's name is the
-- table's in storage/duckdb/schema.sql, its columns are in the same order; nothing else is
-- needed for another one.

-- name: prediction_scores
COPY (
    SELECT day, predictor, provisional, bin, predictions, hired, p, log_loss, brier
    FROM prediction_scores ORDER BY day, predictor, provisional, bin
) TO STDOUT (FORMAT CSV)

-- name: model_versions
COPY (
    SELECT number, published_at::timestamp, clock::timestamp, labels, hired, base_rate, cold
    FROM model_versions ORDER BY number
) TO STDOUT (FORMAT CSV)

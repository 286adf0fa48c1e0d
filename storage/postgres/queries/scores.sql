-- name: add
INSERT INTO prediction_scores
    (day, predictor, provisional, bin, predictions, hired, p, log_loss, brier)
SELECT date '1970-01-01' + day, predictor, provisional, bin, predictions, hired, p, log_loss, brier
FROM unnest($1::integer[], $2::text[], $3::boolean[], $4::smallint[], $5::bigint[], $6::bigint[],
            $7::double precision[], $8::double precision[], $9::double precision[])
    AS added (day, predictor, provisional, bin, predictions, hired, p, log_loss, brier)
ON CONFLICT (day, predictor, provisional, bin) DO UPDATE
SET predictions = prediction_scores.predictions + excluded.predictions,
    hired = prediction_scores.hired + excluded.hired,
    p = prediction_scores.p + excluded.p,
    log_loss = prediction_scores.log_loss + excluded.log_loss,
    brier = prediction_scores.brier + excluded.brier

-- name: overall
SELECT predictor, provisional, bin, sum(predictions)::bigint, sum(hired)::bigint, sum(p),
    sum(log_loss), sum(brier)
FROM prediction_scores
GROUP BY predictor, provisional, bin
HAVING sum(predictions) > 0

-- name: by_span
-- By day or week, answered labels only: $1 is day or week.
SELECT date_trunc($1, day)::date AS span, predictor, bin, sum(predictions)::bigint,
    sum(hired)::bigint, sum(p), sum(log_loss), sum(brier)
FROM prediction_scores
WHERE NOT provisional
GROUP BY span, predictor, bin
HAVING sum(predictions) > 0
ORDER BY span

-- name: in_use
-- The version that is predicted with, and whether it is pinned.
SELECT number, published_at, clock, labels, hired, base_rate, cold,
    EXISTS (SELECT FROM model_pin) AS pinned
FROM model_versions
WHERE number = coalesce((SELECT number FROM model_pin), (SELECT max(number) FROM model_versions))

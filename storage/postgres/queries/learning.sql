-- name: standings
SELECT application_id, partition, "offset",
    (extract(epoch FROM silent_since) * 1000000)::bigint, status, reason, position,
    (extract(epoch FROM next_age) * 1000000)::bigint, taught_hired, taught_not_hired,
    stay_employer, stay_stage, stay_score, stay_round, stay_views, stay_began, stay_ended
FROM outcome_standings
WHERE application_id = ANY ($1)

-- name: silent
-- Open applications of partition $1 whose employer has been silent since $2 (µs) or longer, the
-- longest first.
SELECT application_id, partition, "offset",
    (extract(epoch FROM silent_since) * 1000000)::bigint, status, reason, position,
    (extract(epoch FROM next_age) * 1000000)::bigint, taught_hired, taught_not_hired,
    stay_employer, stay_stage, stay_score, stay_round, stay_views, stay_began, stay_ended
FROM outcome_standings
WHERE reason IS NULL AND partition = $1
    AND silent_since <= 'epoch'::timestamptz + $2 * interval '1 microsecond'
ORDER BY silent_since, application_id
LIMIT $3

-- name: aged
-- Applications of partition $1 whose silence has come of another age by $2 (µs), the earliest
-- first.
SELECT application_id, partition, "offset",
    (extract(epoch FROM silent_since) * 1000000)::bigint, status, reason, position,
    (extract(epoch FROM next_age) * 1000000)::bigint, taught_hired, taught_not_hired,
    stay_employer, stay_stage, stay_score, stay_round, stay_views, stay_began, stay_ended
FROM outcome_standings
WHERE partition = $1 AND next_age <= 'epoch'::timestamptz + $2 * interval '1 microsecond'
ORDER BY next_age, application_id
LIMIT $3

-- name: open_behind
-- Applications that are not closed, behind $1.
SELECT application_id, partition, "offset",
    (extract(epoch FROM silent_since) * 1000000)::bigint, status, reason, position,
    (extract(epoch FROM next_age) * 1000000)::bigint, taught_hired, taught_not_hired,
    stay_employer, stay_stage, stay_score, stay_round, stay_views, stay_began, stay_ended
FROM outcome_standings
WHERE application_id > $1
  AND (status IS NULL OR status NOT IN ('hired', 'rejected', 'withdrawn'))
ORDER BY application_id
LIMIT $2

-- name: keep_standings
INSERT INTO outcome_standings
    (application_id, partition, "offset", silent_since, status, reason, position, next_age,
     taught_hired, taught_not_hired, stay_employer, stay_stage, stay_score, stay_round, stay_views,
     stay_began, stay_ended)
SELECT application_id, partition, "offset",
    'epoch'::timestamptz + silent_us * interval '1 microsecond', status, reason, position,
    'epoch'::timestamptz + age_us * interval '1 microsecond', taught_hired, taught_not_hired,
    stay_employer, stay_stage, stay_score, stay_round, stay_views, stay_began, stay_ended
FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[], $5::text[], $6::text[],
            $7::bigint[], $8::bigint[], $9::boolean[], $10::boolean[], $11::smallint[],
            $12::smallint[], $13::smallint[], $14::smallint[], $15::bigint[], $16::bigint[],
            $17::bigint[])
    AS standing (application_id, partition, "offset", silent_us, status, reason, position, age_us,
                 taught_hired, taught_not_hired, stay_employer, stay_stage, stay_score, stay_round,
                 stay_views, stay_began, stay_ended)
ON CONFLICT (application_id) DO UPDATE
SET partition = excluded.partition, "offset" = excluded."offset",
    silent_since = excluded.silent_since, status = excluded.status,
    reason = excluded.reason, position = excluded.position, next_age = excluded.next_age,
    taught_hired = excluded.taught_hired, taught_not_hired = excluded.taught_not_hired,
    stay_employer = excluded.stay_employer, stay_stage = excluded.stay_stage,
    stay_score = excluded.stay_score, stay_round = excluded.stay_round,
    stay_views = excluded.stay_views, stay_began = excluded.stay_began,
    stay_ended = excluded.stay_ended

-- name: waits
-- How applications wait at the clock ($2, µs) of their partition ($1), in stages before $4, in
-- buckets that begin at $3 (µs): numbers that do not depend on an order.
SELECT stay_employer, stay_stage, stay_score,
    width_bucket(least(stay_ended, now) - stay_began, $3::bigint[]) AS lasted,
    width_bucket(now - stay_began, $3::bigint[]) AS age, count(*)
FROM outcome_standings
JOIN unnest($1::smallint[], $2::bigint[]) AS clock (partition, now) USING (partition)
WHERE stay_began < now AND stay_stage < $4
GROUP BY stay_employer, stay_stage, stay_score, lasted, age

-- name: keep_outcomes
INSERT INTO outcomes
    (position, application_id, label, reason, decided_at, partition, "offset", replaces, replaced)
SELECT position, application_id, label, reason,
    'epoch'::timestamptz + decided_us * interval '1 microsecond', partition, "offset", replaces, replaced
FROM unnest($1::bigint[], $2::text[], $3::boolean[], $4::text[], $5::bigint[], $6::smallint[],
            $7::bigint[], $8::bigint[], $9::text[])
    AS outcome (position, application_id, label, reason, decided_us, partition, "offset", replaces,
                replaced)

-- name: make_void
UPDATE outcomes SET void = true WHERE position = ANY ($1)

-- name: outcomes_at
SELECT position, application_id, reason,
    (extract(epoch FROM decided_at) * 1000000)::bigint, partition, "offset", replaces, replaced
FROM outcomes
WHERE position = ANY ($1)

-- name: outcomes_behind
SELECT position, application_id, reason,
    (extract(epoch FROM decided_at) * 1000000)::bigint, partition, "offset", replaces, replaced
FROM outcomes
WHERE position > $1
ORDER BY position
LIMIT $2

-- name: stories
-- The log of these applications, each from its partition up to its place.
SELECT wanted.number, line.user_id, (extract(epoch FROM line.recorded_at) * 1000000)::bigint,
    line.type, line.payload
FROM unnest($1::integer[], $2::text[], $3::smallint[], $4::bigint[])
    AS wanted (number, application_id, partition, "offset")
CROSS JOIN LATERAL (
    SELECT * FROM event_log
    WHERE event_log.application_id = wanted.application_id
      AND event_log.partition = wanted.partition AND event_log."offset" <= wanted."offset"
    ORDER BY event_log."offset"
) AS line
ORDER BY wanted.number, line."offset"

-- name: state
SELECT state FROM learning_state

-- name: keep_state
INSERT INTO learning_state (clock, state)
VALUES ('epoch'::timestamptz + $1::bigint * interval '1 microsecond', $2)
ON CONFLICT (singleton) DO UPDATE SET clock = excluded.clock, state = excluded.state

-- name: cells
SELECT page, cells FROM learning_cells

-- name: keep_cells
INSERT INTO learning_cells (page, cells)
SELECT page, cells FROM unnest($1::integer[], $2::bytea[]) AS kept (page, cells)
ON CONFLICT (page) DO UPDATE SET cells = excluded.cells

-- name: stays
SELECT employer, counts FROM learning_stays

-- name: keep_stays
INSERT INTO learning_stays (employer, counts)
SELECT employer, counts FROM unnest($1::smallint[], $2::bytea[]) AS kept (employer, counts)
ON CONFLICT (employer) DO UPDATE SET counts = excluded.counts

-- name: transitions
SELECT fit FROM learning_transitions

-- name: keep_transitions
INSERT INTO learning_transitions (fit) VALUES ($1)
ON CONFLICT (singleton) DO UPDATE SET fit = excluded.fit

-- name: forget_cells
DELETE FROM learning_cells

-- name: forget_stays
WITH counts AS (DELETE FROM learning_stays), fits AS (DELETE FROM learning_transitions)
UPDATE outcome_standings SET stay_began = NULL WHERE stay_began IS NOT NULL

-- name: forget_taught
UPDATE outcome_standings SET taught_hired = false, taught_not_hired = false
WHERE taught_hired OR taught_not_hired

-- name: forget_weights
UPDATE model_versions SET weights = NULL WHERE weights IS NOT NULL

-- name: publish
INSERT INTO model_versions
    (number, clock, labels, hired, base_rate, stage_rates, cold, weights)
VALUES ($1, 'epoch'::timestamptz + $2::bigint * interval '1 microsecond', $3, $4, $5, $6, $7, $8)

-- name: prune
-- The newest $1 versions keep their weights, and so does the pinned one.
UPDATE model_versions SET weights = NULL
WHERE weights IS NOT NULL
  AND number < (SELECT min(number)
                FROM (SELECT number FROM model_versions ORDER BY number DESC LIMIT $1) AS newest)
  AND number NOT IN (SELECT number FROM model_pin)

-- name: in_use
-- The version to predict with: the pinned one, else the newest.
SELECT number FROM model_versions
WHERE number = coalesce((SELECT number FROM model_pin), (SELECT max(number) FROM model_versions))

-- name: weights
SELECT weights FROM model_versions WHERE number = $1

-- name: versions
SELECT number, published_at, clock, labels, hired, base_rate, cold, weights IS NOT NULL,
    number = (SELECT number FROM model_pin)
FROM model_versions
ORDER BY number DESC
LIMIT $1

-- name: rates
-- The base rate and the rates by stage of versions, for the baselines.
SELECT number, base_rate, stage_rates FROM model_versions WHERE number = ANY ($1)

-- name: pin
INSERT INTO model_pin (number) SELECT number FROM model_versions
WHERE number = $1 AND weights IS NOT NULL
ON CONFLICT (singleton) DO UPDATE SET number = excluded.number
RETURNING number

-- name: unpin
DELETE FROM model_pin

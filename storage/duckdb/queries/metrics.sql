-- Figures across applications. `{selected}` and `{grouped}` are the statements of these names;
-- of `{grouped}` there is one for each thing to group by. All values are parameters.

-- name: selected
-- Applications that a question is about.
SELECT *
FROM applications
WHERE applied_at IS NOT NULL -- or it is an orphan
    AND ($user_id IS NULL OR user_id = $user_id)
    AND ($since IS NULL OR applied_at >= $since)
    AND ($until IS NULL OR applied_at < $until)
    AND ($company IS NULL OR company = $company)
    AND ($sources IS NULL OR list_contains($sources, source))
    AND ($statuses IS NULL OR list_contains($statuses, status))

-- name: by_none
SELECT *, 0 AS "group" FROM ({selected})

-- name: by_company
SELECT chosen.*, named."group"
FROM ({selected}) AS chosen JOIN (
    SELECT unnest($names) AS name, generate_subscripts($names, 1) - 1 AS "group"
) AS named ON chosen.company IS NOT DISTINCT FROM named.name

-- name: by_source
SELECT chosen.*, named."group"
FROM ({selected}) AS chosen JOIN (
    SELECT unnest($names) AS name, generate_subscripts($names, 1) - 1 AS "group"
) AS named ON chosen.source IS NOT DISTINCT FROM named.name

-- name: by_week
-- Weeks have 672 quarters of an hour, but where the clock is changed: then it is the next or the
-- last one. (A join costs five times as much.)
SELECT *, week + CASE WHEN quarter >= $starts[week + 2] THEN 1
    WHEN quarter < $starts[week + 1] THEN -1 ELSE 0 END AS "group"
FROM (
    SELECT *, epoch_us(applied_at) // 900_000_000 AS quarter,
        (epoch_us(applied_at) // 900_000_000 - $starts[1]) // 672 AS week
    FROM ({selected})
)

-- name: quarters
-- All quarters of an hour (since 1970) of the periods that begin with `$starts`, of which the
-- last is the end of the one before. No zone's clock has differed by less since 2000.
SELECT "group" - 1 AS "group", unnest(range($starts["group"], $starts["group" + 1])) AS quarter
FROM range(1, len($starts)) AS period ("group")

-- name: companies
-- The largest ones.
SELECT company, count(*) FROM ({selected}) GROUP BY company
HAVING count(*) >= $cases ORDER BY count(*) DESC, company LIMIT $limit

-- name: sources
SELECT source, count(*) FROM ({selected}) GROUP BY source ORDER BY count(*) DESC, source

-- name: applied_between
SELECT min(applied_at), max(applied_at) FROM ({selected})

-- name: standings
SELECT "group", furthest, status, count(*) FROM ({grouped}) GROUP BY ALL

-- name: responses
-- Hours until the first answer; negative those until the withdrawal or the log clock without one.
SELECT "group"::SMALLINT AS "group", coalesce(response_time_hours, -(greatest(0, epoch_us(
    CASE WHEN status = 'withdrawn' THEN least(status_at, $clock) ELSE $clock END
) - epoch_us(applied_at)) / 3_600_000_000)) AS watched
FROM ({grouped})

-- name: withdrawals
-- Before any answer.
SELECT "group", count(*) FROM ({grouped})
WHERE status = 'withdrawn' AND first_response_at IS NULL
GROUP BY "group"

-- name: stays_left
-- Hours in the stage of those who have left it.
SELECT hours_left.{stage} AS hours FROM ({selected}) WHERE hours_left.{stage} IS NOT NULL

-- name: stays
-- Of those who are in a stage that can be left: which of `$stages`, from 0, and hours in it.
SELECT (list_position($stages, status) - 1)::TINYINT AS stage,
    coalesce(hours_before, 0) + greatest(0, epoch_us($clock) - epoch_us(status_at))
        / 3_600_000_000 AS hours
FROM ({selected})
WHERE status NOT IN ('hired', 'rejected', 'withdrawn')

-- name: silences
-- Open applications, and those whose employer has been silent for more than so many hours.
SELECT "group", count(*), count(*) FILTER (
    epoch_us($clock) - epoch_us(coalesce(last_employer_activity_at, applied_at))
        > $hours * 3_600_000_000
)
FROM ({grouped})
WHERE status NOT IN ('hired', 'rejected', 'withdrawn')
GROUP BY "group"

-- name: silent_applications
SELECT application_id, user_id, company, job_title, status, applied_at,
    last_employer_activity_at, hours_of_silence
FROM (
    SELECT *, (epoch_us($clock) - epoch_us(coalesce(last_employer_activity_at, applied_at)))
        / 3_600_000_000 AS hours_of_silence
    FROM ({selected})
    WHERE status NOT IN ('hired', 'rejected', 'withdrawn')
)
WHERE hours_of_silence > $hours
ORDER BY hours_of_silence DESC, application_id
LIMIT $limit

-- name: volume
SELECT period."group", type, sum(events)::BIGINT
FROM (
    SELECT epoch_us("time") // 900_000_000 AS quarter, CASE WHEN $by_type THEN type END AS type,
        count(*) AS events
    FROM events
    WHERE "time" >= $since AND "time" < $until AND ($user_id IS NULL OR user_id = $user_id)
    GROUP BY ALL
) JOIN ({quarters}) AS period USING (quarter)
GROUP BY ALL

-- name: volume_of_selected
SELECT period."group", type, sum(events)::BIGINT
FROM (
    SELECT epoch_us("time") // 900_000_000 AS quarter, CASE WHEN $by_type THEN type END AS type,
        count(*) AS events
    FROM events
    WHERE "time" >= $since AND "time" < $until AND application_id IN (
        SELECT application_id FROM applications
        WHERE ($user_id IS NULL OR user_id = $user_id)
            AND ($company IS NULL OR company = $company)
            AND ($sources IS NULL OR list_contains($sources, source))
            AND ($statuses IS NULL OR list_contains($statuses, status))
    )
    GROUP BY ALL
) JOIN ({quarters}) AS period USING (quarter)
GROUP BY ALL

-- name: positions
-- The last offset of each partition, and the log clock.
SELECT partition, next_offset - 1, (SELECT clock FROM warehouse) FROM positions ORDER BY partition

-- name: places_of_events
-- The same of a moment of the past, by what is left of it.
SELECT partition, max("offset"), max(least("time", recorded_at))
FROM events GROUP BY partition ORDER BY partition

-- name: is_locked
SELECT current_setting('lock_configuration')

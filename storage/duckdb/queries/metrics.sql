-- Figures across applications. `{selected}` and `{grouped}` are the statements of these names;
-- of `{grouped}` there is one for each thing to group by. All values are parameters.

-- name: selected
-- Applications that a question is about, with the furthest stage that each got to.
SELECT application_id, user_id, company, source, applied_at, status, status_at,
    first_response_at, response_time_hours, last_employer_activity_at, job_title,
    coalesce($stages[greatest(
        list_max([list_position($stages, change."to") FOR change IN status_changes]),
        CASE WHEN offers_received > 0 THEN 6 WHEN interviews_scheduled > 0 THEN 4
            WHEN views > 0 THEN 2 ELSE 1 END
    )], $stages[1]) AS furthest
FROM applications
WHERE applied_at IS NOT NULL AND NOT list_contains(flags, 'orphan')
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
SELECT chosen.*, week."group"
FROM ({selected}) AS chosen JOIN ({quarters}) AS week
    ON epoch_us(chosen.applied_at) // 900_000_000 = week.quarter

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
-- Hours until the first answer, else until the withdrawal or the log clock.
SELECT "group"::SMALLINT AS "group", first_response_at IS NOT NULL AS answered,
    status = 'withdrawn' AS withdrawn,
    coalesce(response_time_hours, greatest(0, epoch_us(
        CASE WHEN status = 'withdrawn' THEN least(status_at, $clock) ELSE $clock END
    ) - epoch_us(applied_at)) / 3_600_000_000) AS hours
FROM ({grouped})

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

-- name: clock
SELECT clock FROM warehouse

-- name: positions
SELECT partition, next_offset FROM positions ORDER BY partition

-- name: is_locked
SELECT current_setting('lock_configuration')

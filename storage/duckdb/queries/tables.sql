-- Rows of single applications, a page of applications at a time; the columns are those of the
-- v_* view of the same name. `{ahead}` and `{page}` are the statements of these names, `{selected}`
-- is that of metrics.sql.

-- name: ahead
-- As many applications as are wanted.
SELECT * FROM ({selected})
WHERE $after IS NULL OR application_id > $after
ORDER BY application_id
LIMIT $limit

-- name: total
SELECT count(*) FROM ({selected})

-- name: end
-- How many of them are on the page, the last of these, and how many are there.
SELECT count(*) FILTER (fits), max(application_id) FILTER (fits), count(*)
FROM (
    SELECT application_id, n = 1 OR events <= $events AS fits
    FROM (
        SELECT application_id, row_number() OVER ids AS n, sum(version) OVER ids AS events
        FROM ({ahead})
        WINDOW ids AS (ORDER BY application_id)
    )
)

-- name: page
SELECT * FROM ({ahead}) WHERE application_id <= $last

-- name: applications
-- Transitions are a table of their own.
SELECT * EXCLUDE (furthest, hours_left, hours_before, status_changes) FROM ({page}) ORDER BY application_id

-- name: status_changes
SELECT application_id, n, change."from" AS from_status, change."to" AS to_status,
    change."at" AS "at", change.hours_in_from, change.allowed
FROM (
    SELECT application_id, unnest(status_changes) AS change,
        generate_subscripts(status_changes, 1) AS n
    FROM ({page})
)
ORDER BY application_id, n

-- name: stage_durations
-- A list without its first is what comes next after each of it.
SELECT application_id, n, stay."to" AS status, stay."at" AS entered_at, after."at" AS left_at,
    after.hours_in_from AS hours, after."to" AS next_status
FROM (
    SELECT application_id, unnest(status_changes) AS stay, unnest(status_changes[2:]) AS after,
        generate_subscripts(status_changes, 1) AS n
    FROM ({page})
)
ORDER BY application_id, n

-- name: response_times
SELECT application_id, company, source, applied_at, first_response_at, answered, hours
FROM v_response_times
WHERE application_id IN (SELECT application_id FROM ({page}))
ORDER BY application_id

-- name: events
SELECT * FROM events
WHERE application_id IN (SELECT application_id FROM ({page}))
ORDER BY application_id, partition, "offset"

-- Where applications end, by company: duckdb -readonly "$(jobfinders url warehouse)" -f funnel.sql
SELECT company, count(*) AS applications,
    count(first_response_at) AS answered,
    count(*) FILTER (interviews_scheduled > 0) AS interviewed,
    count(*) FILTER (offers_received > 0) AS offered,
    count(*) FILTER (hired) AS hired
FROM v_applications
WHERE applied_at IS NOT NULL
GROUP BY company
HAVING count(*) >= 5
ORDER BY applications DESC, company
LIMIT 10;

-- How long each stage takes, of the stays that have ended.
SELECT status, next_status, count(*) AS stays, round(median(hours) / 24, 1) AS median_days
FROM v_stage_durations
WHERE next_status IS NOT NULL
GROUP BY status, next_status
ORDER BY stays DESC, status, next_status;

-- Which log this is, and up to when.
SELECT version, clock FROM warehouse;

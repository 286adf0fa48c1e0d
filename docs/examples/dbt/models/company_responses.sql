SELECT
    company,
    count(*) AS applications,
    count(first_response_at) AS answered,
    median(response_time_hours) AS median_hours_of_answered
FROM {{ source('warehouse', 'v_applications') }}
WHERE applied_at IS NOT NULL AND company IS NOT NULL
GROUP BY company
HAVING count(*) >= 5

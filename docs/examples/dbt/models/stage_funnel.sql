SELECT
    status,
    count(*) AS entered,
    count(next_status) AS left_again,
    median(hours) AS median_hours
FROM {{ source('warehouse', 'v_stage_durations') }}
GROUP BY status

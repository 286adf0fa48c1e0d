-- name: lag
-- Age of the oldest message not taken and time since the flow's last commit, in seconds;
-- null where there is none.
SELECT
    (SELECT greatest(0, extract(epoch FROM clock_timestamp() - recorded_at))::double precision
     FROM outbox ORDER BY seq LIMIT 1) AS oldest_s,
    (SELECT extract(epoch FROM clock_timestamp() - max(updated_at))::double precision
     FROM flow_positions WHERE flow = 'analytics') AS idle_s

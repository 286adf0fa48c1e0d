-- name: edges
-- First application of each chunk of about $1 facts, in the database's own order.
SELECT min(application_id) AS first
FROM (SELECT application_id, sum(version) OVER (ORDER BY application_id) / $1 AS chunk
      FROM application_analytics) AS running
GROUP BY chunk
ORDER BY first

-- name: share
SELECT pg_export_snapshot()

-- name: waiting_messages
SELECT count(*) FROM outbox

-- name: facts
-- Accepted events of the applications from $1 to before $2 (to the end without one).
SELECT application_id, id, user_id, type, (extract(epoch FROM time) * 1000000)::bigint,
    (extract(epoch FROM recorded_at) * 1000000)::bigint, payload, partition, "offset"
FROM event_log
WHERE application_id >= $1 AND ($2::text IS NULL OR application_id < $2)
    AND type <> 'application.analytics_updated'

-- name: announced
-- The newest analytics_updated of each application: its id ends in the greatest revision.
SELECT DISTINCT ON (application_id) application_id, id, user_id, orphan, payload,
    count(*) OVER (PARTITION BY application_id) AS announcements
FROM event_log
WHERE application_id >= $1 AND ($2::text IS NULL OR application_id < $2)
    AND type = 'application.analytics_updated'
ORDER BY application_id, length(id) DESC, id COLLATE "C" DESC

-- name: rows
-- Instants as microseconds since 1970.
SELECT application_id, user_id, job_id, job_title, company, location, source,
    (extract(epoch FROM applied_at) * 1000000)::bigint, status,
    (extract(epoch FROM status_at) * 1000000)::bigint, views::bigint,
    (extract(epoch FROM first_viewed_at) * 1000000)::bigint, interviews_scheduled::bigint,
    offers_received::bigint, hired, (extract(epoch FROM hired_at) * 1000000)::bigint,
    (extract(epoch FROM first_response_at) * 1000000)::bigint, response_time_hours,
    notes::bigint, reminders::bigint, updates::bigint,
    (extract(epoch FROM last_candidate_activity_at) * 1000000)::bigint,
    (extract(epoch FROM last_employer_activity_at) * 1000000)::bigint, match_score,
    status_changes::text, flags, version::bigint, resume_id, referral_code, withdraw_reason,
    (extract(epoch FROM last_fact_at) * 1000000)::bigint, revision
FROM application_analytics
WHERE application_id >= $1 AND ($2::text IS NULL OR application_id < $2)

-- name: entities
-- The last column: whether the flow still owes this row the fold.
SELECT id, user_id, job_id, job_title, company, location, source,
    (extract(epoch FROM applied_at) * 1000000)::bigint, status,
    (extract(epoch FROM status_at) * 1000000)::bigint, match_score, resume_id, referral_code,
    withdraw_reason, orphan,
    EXISTS (SELECT FROM pending_writes WHERE pending_writes.application_id = entity.id)
        OR EXISTS (SELECT FROM entity_stale WHERE entity_stale.application_id = entity.id)
FROM applications AS entity
WHERE id >= $1 AND ($2::text IS NULL OR id < $2)

-- name: log_partitions
-- Each partition's log beside what its writer counted.
SELECT partition, coalesce(entries, 0), first, last, coalesce(facts, 0),
    coalesce(log_offset, 0), coalesce(accepted, 0), coalesce(lagging = clock, clock IS NULL)
FROM (SELECT partition, count(*) AS entries, min("offset") AS first, max("offset") AS last,
          count(*) FILTER (WHERE type <> 'application.analytics_updated') AS facts,
          max(least(time, recorded_at)) FILTER (WHERE type <> 'application.analytics_updated')
              AS lagging
      FROM event_log GROUP BY partition) AS log
FULL JOIN (SELECT * FROM flow_positions WHERE flow = 'analytics') AS positions USING (partition)
ORDER BY partition

-- name: dead_partitions
-- Dead letters ever made: those that are here and those that were sent back.
SELECT partition, coalesce(made, 0)::bigint, coalesce(dead_lettered, 0)
FROM (SELECT partition, sum(letters) AS made
      FROM (SELECT partition, 1 AS letters FROM dead_letters
            UNION ALL
            SELECT partition, letters FROM redrives) AS each
      GROUP BY partition) AS ever
FULL JOIN (SELECT * FROM flow_positions WHERE flow = 'analytics') AS positions USING (partition)
WHERE coalesce(made, 0) <> coalesce(dead_lettered, 0)

-- name: run_sums
-- Ingests of which not all messages are judged by their counts.
SELECT run::text, received, accepted + duplicates + dead_lettered
FROM ingest_runs
WHERE received <> accepted + duplicates + dead_lettered

-- name: run_places
-- Those of an ingest's messages that wait in the outbox.
SELECT seq FROM outbox WHERE run = $1::uuid

-- name: through_topic
SELECT FROM flow_positions WHERE flow = 'analytics' AND source <> 'outbox' LIMIT 1

-- name: positions
SELECT partition, source, position FROM flow_positions WHERE flow = 'analytics'

-- name: log_id
SELECT id::text FROM log

-- name: unjudgeable
-- API writes that wait for a judgement although their message has been taken.
SELECT application_id, event_id
FROM pending_writes
WHERE NOT EXISTS (SELECT FROM outbox WHERE outbox.seq = pending_writes.seq)
ORDER BY seq

-- name: stale
-- Entity rows left behind for so many seconds that no write can still be in the way.
SELECT application_id FROM entity_stale
WHERE since < now() - $1 * interval '1 second' AND NOT EXISTS (SELECT FROM outbox)
ORDER BY since

-- name: dead_letters
SELECT id, reason, stage, (extract(epoch FROM recorded_at) * 1000000)::bigint, payload
FROM dead_letters
WHERE id > $1
ORDER BY id
LIMIT $2

-- name: waiting
SELECT seq, payload FROM outbox WHERE seq > $1 ORDER BY seq LIMIT $2

-- name: holders
-- What is held of these applications: owner and number of facts.
SELECT application_id, user_id, version FROM application_analytics
WHERE application_id = ANY ($1)

-- name: namesakes
-- Accepted facts with these ids: application, id, type, time.
SELECT log.application_id, log.id, log.type, (extract(epoch FROM log.time) * 1000000)::bigint
FROM unnest($1::text[], $2::text[]) AS wanted (application_id, id)
JOIN event_log AS log ON log.application_id = wanted.application_id AND log.id = wanted.id
WHERE log.type <> 'application.analytics_updated'

-- name: lines
-- Of partition $1 from offset $2 to before $3; instants as microseconds since 1970.
SELECT partition, "offset", (extract(epoch FROM recorded_at) * 1000000)::bigint,
    (extract(epoch FROM time) * 1000000)::bigint, orphan, id, application_id, user_id, type,
    payload
FROM event_log
WHERE partition = $1 AND "offset" >= $2 AND "offset" < $3
ORDER BY "offset"

-- name: revisions_until
-- Like `announced`, but only of what stands before the positions $4 of the partitions $3.
SELECT DISTINCT ON (application_id) application_id, id
FROM event_log JOIN unnest($3::smallint[], $4::bigint[]) AS until (partition, next)
    USING (partition)
WHERE application_id >= $1 AND ($2::text IS NULL OR application_id < $2)
    AND type = 'application.analytics_updated' AND "offset" < next
ORDER BY application_id, length(id) DESC, id COLLATE "C" DESC

-- name: model_weights
-- Weights of these versions; null where they were pruned.
SELECT number, weights FROM model_versions WHERE number = ANY ($1::bigint[])

-- name: probabilities
SELECT application_id, state, (success_probability ->> 'p')::double precision,
    (success_probability ->> 'modelVersion')::bigint, success_probability ->> 'computedAt'
FROM application_analytics
WHERE application_id >= $1 AND ($2::text IS NULL OR application_id < $2)
    AND success_probability IS NOT NULL

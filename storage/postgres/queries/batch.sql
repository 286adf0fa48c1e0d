-- name: acquire
-- Only one instance of a flow works on a partition: a session lock.
SELECT pg_try_advisory_lock(hashtext('jobfinders.flow.' || $1), $2)

-- name: begin_epoch
-- A new owner of the partition: whoever held an older epoch is fenced from now on.
INSERT INTO flow_positions (flow, partition, epoch) VALUES ($1, $2, 1)
ON CONFLICT (flow, partition) DO UPDATE SET epoch = flow_positions.epoch + 1
RETURNING epoch, log_offset, source, position

-- name: session
-- Statements of the flow go by key; a plan that reads a whole table would be a mistake
-- of an estimate (a staging table of unknown size).
SELECT set_config('enable_hashjoin', 'off', false), set_config('enable_mergejoin', 'off', false)

-- name: staging
CREATE TEMP TABLE IF NOT EXISTS staging (LIKE application_analytics) ON COMMIT DELETE ROWS

-- name: advance
-- First statement of every batch: locks the position and fails a fenced writer. A batch without
-- messages has no position ($4 is null): it says nothing of how far which source was read.
UPDATE flow_positions
SET position = CASE WHEN source = $10 THEN greatest(position, $4) ELSE coalesce($4, position) END,
    read_from = CASE WHEN $4::bigint IS NULL OR source = $10 THEN read_from ELSE 0 END,
    source = CASE WHEN $4::bigint IS NULL THEN source ELSE $10 END,
    log_offset = log_offset + $5,
    accepted = accepted + $6, duplicates = duplicates + $7, dead_lettered = dead_lettered + $8,
    clock = greatest(clock, 'epoch'::timestamptz + nullif($9, 0) * interval '1 microsecond'),
    updated_at = now()
WHERE flow = $1 AND partition = $2 AND epoch = $3
RETURNING log_offset

-- name: keep_counted
-- Before the reset: what of the source was counted.
INSERT INTO counted_places (source, partition, places)
SELECT source, partition, int8multirange(int8range(read_from, position))
FROM flow_positions
WHERE flow = $1 AND partition = $2 AND epoch = $3 AND source <> 'outbox'
ON CONFLICT (source, partition) DO UPDATE SET places = counted_places.places + excluded.places

-- name: forget_counted
-- The broker lost its tail: it gives those places to other messages.
DELETE FROM counted_places WHERE source = $1 AND partition = $2

-- name: reset
UPDATE flow_positions SET source = $4, position = $5, read_from = $5, updated_at = now()
WHERE flow = $1 AND partition = $2 AND epoch = $3

-- name: counted_ahead
-- Of the source $3, from where it is read on (from its start where another was read).
SELECT lower(span), upper(span)
FROM flow_positions
JOIN counted_places USING (partition), unnest(places) AS span
WHERE flow = $1 AND partition = $2 AND counted_places.source = $3
    AND upper(span) > CASE WHEN flow_positions.source = $3 THEN position ELSE 0 END

-- name: set_apart
UPDATE dead_letters SET source = $3 WHERE source = $1 AND partition = $2

-- name: log_offset
SELECT log_offset FROM flow_positions WHERE flow = $1 AND partition = $2 AND epoch = $3

-- name: clock
SELECT (extract(epoch FROM clock) * 1000000)::bigint
FROM flow_positions WHERE flow = $1 AND partition = $2

-- name: load
SELECT application_id, revision, fold_version, state
FROM application_analytics
WHERE application_id = ANY ($1)

-- name: facts_of
-- For a refold: an application's accepted events as they came.
SELECT application_id, user_id, (extract(epoch FROM recorded_at) * 1000000)::bigint, payload
FROM event_log
WHERE application_id = ANY ($1) AND type <> 'application.analytics_updated'
ORDER BY partition, "offset"

-- name: copy_new
COPY application_analytics ({columns}) FROM STDIN (FORMAT BINARY)

-- name: copy_changed
COPY staging ({columns}) FROM STDIN (FORMAT BINARY)

-- name: update_changed
-- Guarded: a row that is not at the revision it was loaded at is left alone, and counted.
UPDATE application_analytics AS row SET {assignments}
FROM staging
WHERE row.application_id = staging.application_id AND row.revision = staging.revision - 1

-- name: copy_log
COPY event_log (partition, "offset", recorded_at, time, orphan, id, application_id, user_id, type, payload)
FROM STDIN (FORMAT BINARY)

-- name: dead_letters
INSERT INTO dead_letters (source, partition, "offset", stage, reason, detail, run, recorded_at, payload)
SELECT $1, $2, "offset", stage, reason, detail, run,
       'epoch'::timestamptz + recorded_us * interval '1 microsecond', payload
FROM unnest($3::bigint[], $4::text[], $5::text[], $6::text[], $7::uuid[], $8::bigint[], $9::bytea[])
     AS dead ("offset", stage, reason, detail, run, recorded_us, payload)
ON CONFLICT (source, partition, "offset") DO NOTHING

-- name: known_letters
-- Of a topic that is read again from the start: letters that are here already count as duplicates.
UPDATE flow_positions SET dead_lettered = dead_lettered - $3, duplicates = duplicates + $3
WHERE flow = $1 AND partition = $2

-- name: count_run
UPDATE ingest_runs
SET accepted = accepted + $2, duplicates = duplicates + $3, dead_lettered = dead_lettered + $4
WHERE run = $1

-- name: any_pending
SELECT EXISTS (SELECT FROM pending_writes)

-- name: settle_pending
-- The API's events that this batch judged; returns whose entities may now follow the fold.
DELETE FROM pending_writes AS pending
USING unnest($1::text[], $2::text[]) AS judged (application_id, event_id)
WHERE pending.application_id = judged.application_id AND pending.event_id = judged.event_id
RETURNING pending.application_id

-- name: notify
SELECT pg_notify('event_log', '')

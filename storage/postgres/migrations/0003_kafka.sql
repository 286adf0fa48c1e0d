-- Kafka between outbox and flow: what a position counts, and which dead letters were copied out.

ALTER TABLE flow_positions ADD COLUMN source text NOT NULL DEFAULT 'outbox';
COMMENT ON COLUMN flow_positions.source IS
    'what `position` counts in: outbox, or a Kafka topic and its id (topic/id)';

ALTER TABLE dead_letters ADD COLUMN copied boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN dead_letters.copied IS 'published to applications.dlq.v1 by the relay';
CREATE INDEX dead_letters_not_copied ON dead_letters (id) WHERE NOT copied;

-- What of a topic was counted before somebody had it read elsewhere: read again it counts no more.
ALTER TABLE flow_positions ADD COLUMN read_from bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN flow_positions.read_from IS
    'from here to `position` everything was read; what lies before may have been passed over';

CREATE TABLE counted_places (
    source text NOT NULL,
    partition smallint NOT NULL,
    places int8multirange NOT NULL,
    PRIMARY KEY (source, partition)
);
COMMENT ON COLUMN counted_places.source IS 'a Kafka topic and its id, as in flow_positions';

-- Simulated worlds in this database: what they are made from, and how far they have arrived.
CREATE TABLE simulations (
    seed bigint PRIMARY KEY,
    world jsonb NOT NULL,
    position bigint NOT NULL
);
COMMENT ON COLUMN simulations.position IS 'simulated µs since 1970 up to which everything has been put into the outbox';

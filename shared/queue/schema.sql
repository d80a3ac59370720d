-- The table queue: what lumi-queue uses where no broker is configured.
--
-- One row per message; a row is deleted when its message is acked. Consumers take rows in the order of
-- id from the partitions whose advisory lock they hold (class 1819636085, key = partition), so a partition
-- has one reader at a time. There is no index besides the primary key: readers usually hold every
-- partition, and each further index would be written twice per message.
CREATE TABLE queue_messages (
    id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    partition   smallint    NOT NULL CHECK (partition BETWEEN 0 AND 31),
    -- The envelope's fields by the names that AMQP carries them under.
    headers     jsonb       NOT NULL,
    -- The webhook's body, byte for byte.
    body        bytea       NOT NULL,
    enqueued_at timestamptz NOT NULL DEFAULT now(),
    -- Deliveries so far; counted before the message is handed out, so that a crash counts too.
    seen        integer     NOT NULL DEFAULT 0,
    -- Parked until then; NULL means due.
    delay_until timestamptz
) WITH (
    -- Room on the page for the update of `seen`, so that it touches no index.
    fillfactor = 70,
    -- Rows live for milliseconds: clean up by count, since a share of a nearly empty table is nothing.
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000
);

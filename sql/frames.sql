-- format=frames, seen from SQL: the header of each frame and its entries (plugin/frame_format.h).
\t on
\pset format unaligned
CREATE FUNCTION le(data bytea, at int, size int) RETURNS numeric LANGUAGE sql IMMUTABLE AS
$$SELECT sum(get_byte(data, at + i)::numeric * 256::numeric ^ i) FROM generate_series(0, size - 1) i$$;
CREATE FUNCTION entries(data bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    kinds text[] := ARRAY['HELLO', 'TOPIC', 'SCHEMA', 'HEADERSET', 'RELATION', 'FORGET', 'BEGIN', 'RECORD', 'COMMIT', 'MESSAGE', 'MARK', 'SNAPSHOT_CHUNK', 'REFUSED'];
    at int := 40;
    found text := '';
BEGIN
    WHILE at < length(data) LOOP
        found := found || ' ' || coalesce(kinds[get_byte(data, at)], 'unknown');
        at := at + 8 + le(data, at + 4, 4)::int;
    END LOOP;
    RETURN ltrim(found) || CASE WHEN at = length(data) THEN '' ELSE ' (lengths do not add up)' END;
END $$;
CREATE FUNCTION frames(VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE(magic text, version int, flags int, has_xid boolean, first_index bigint, size text, entries text) LANGUAGE sql AS $$
    SELECT chr(get_byte(data, 0)), get_byte(data, 1), get_byte(data, 2), le(data, 4, 4) <> 0, le(data, 32, 8)::bigint,
        CASE WHEN length(data) > 128 * 1024 THEN 'above 128 kB' WHEN length(data) > 64 * 1024 THEN 'above 64 kB' ELSE 'small' END,
        regexp_replace(entries(data), '(RECORD )+RECORD', 'RECORDs')
    FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL, VARIADIC ARRAY['format', 'frames', 'topic.prefix', 'app'] || options)
$$;
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT slot_new();
INSERT INTO t VALUES (1, 'a');
SELECT 1 FROM pg_logical_emit_message(false, 'p', 'x');
INSERT INTO t VALUES (2, 'b'), (3, 'c');
SELECT * FROM frames();
-- no schemas, no headers: no dictionary entries for them
UPDATE t SET v = 'x' WHERE id = 1;
DELETE FROM t WHERE id = 1;
SELECT * FROM frames('key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false', 'extended.headers.enabled', 'false');
-- inside a transaction frames are cut at 64 kB, and only the last one ends it
INSERT INTO t SELECT g, repeat('y', 1000) FROM generate_series(100, 299) g;
SELECT flags, size, count(*), bool_or(entries LIKE '%BEGIN%') AS begins, bool_or(entries LIKE '%COMMIT%') AS commits FROM frames() GROUP BY flags, size ORDER BY flags, size;
-- end LSN is behind the commit, commit time is now, indexes go on
INSERT INTO t SELECT g, repeat('y', 1000) FROM generate_series(300, 499) g;
SELECT bool_and(le(data, 16, 8) > le(data, 8, 8)) AS end_behind_commit,
    bool_and(abs(le(data, 24, 8) / 1000000 - extract(epoch FROM now())) < 60) AS now,
    count(DISTINCT le(data, 8, 8)) AS commits, max(le(data, 32, 8)) > 0 AS index_rises
FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL, 'format', 'frames', 'topic.prefix', 'app');
-- a record above max.record.bytes is refused, the others come
INSERT INTO t VALUES (1001, 'small'), (1002, repeat('z', 5000)), (1003, 'small');
SELECT flags, entries FROM frames('max.record.bytes', '2048', 'value.converter.schemas.enable', 'false');
-- nor are marks piled up
SELECT count(pg_logical_emit_message(true, 'wal2debezium', repeat('m', 1000))) FROM generate_series(1, 200);
SELECT flags, size, count(*), bool_or(entries LIKE '%BEGIN%') AS begins, bool_or(entries LIKE '%COMMIT%') AS commits FROM frames() GROUP BY flags, size ORDER BY flags, size;
-- a key that cannot be converted refuses all records of an update, the tombstone as well
CREATE TABLE k (id numeric(6, 2) PRIMARY KEY, v int);
ALTER TABLE k REPLICA IDENTITY FULL;
INSERT INTO k VALUES (1, 1);
UPDATE k SET id = 'NaN';
UPDATE k SET v = 2;
SELECT entries FROM frames('column.exclude.list', 'public.k.id', 'event.converting.failure.handling.mode', 'skip', 'extended.headers.enabled', 'false');
UPDATE k SET id = 3;
SELECT entries FROM frames('key.converter', 'org.apache.kafka.connect.storage.StringConverter', 'header.converter', 'org.apache.kafka.connect.storage.StringConverter', 'extended.headers.enabled', 'false');
DROP TABLE k;
-- a record that a transform refuses is refused alone
CREATE TABLE outbox (id int PRIMARY KEY, aggregatetype text, aggregateid text, type text, payload text);
INSERT INTO outbox VALUES (1, 'order', '7', 'placed', 'one');
UPDATE outbox SET payload = 'two';
INSERT INTO outbox VALUES (2, 'order', '7', 'placed', 'three');
SELECT entries FROM frames('transforms', 'outbox', 'transforms.outbox.type', 'io.debezium.transforms.outbox.EventRouter', 'transforms.outbox.table.op.invalid.behavior', 'fatal', 'extended.headers.enabled', 'false');
DROP TABLE outbox;
SELECT slot_drop();
DROP TABLE t;
DROP FUNCTION frames, entries, le;

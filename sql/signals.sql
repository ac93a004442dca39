-- Signals: rows of signal.data.collection and messages of our prefix become marks in frames, for the relay.
\t on
\pset format unaligned
CREATE FUNCTION number_at(data bytea, at int) RETURNS int LANGUAGE sql IMMUTABLE AS
$$SELECT get_byte(data, at) + (get_byte(data, at + 1) << 8) + (get_byte(data, at + 2) << 16)$$;
CREATE FUNCTION string_at(data bytea, at int) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT convert_from(substr(data, at + 5, number_at(data, at)), 'UTF8')$$;
-- entries of a frame: records, marks (channel, sequence without its numbers, data) and the ends of transactions
CREATE FUNCTION entries_of(frame bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    at int := 40;
    size int;
    body int;
    channel text;
    sequence text;
BEGIN
    WHILE at < length(frame) LOOP
        size := number_at(frame, at + 4);
        body := at + 8;
        CASE get_byte(frame, at)
        WHEN 8 THEN
            RETURN NEXT 'record';
        WHEN 9 THEN
            RETURN NEXT 'commit';
        WHEN 10 THEN
            RETURN NEXT 'message';
        WHEN 11 THEN
            channel := string_at(frame, body + 8);
            sequence := string_at(frame, body + 12 + length(channel));
            RETURN NEXT concat_ws(' ', 'mark', channel, regexp_replace(sequence, '\d+', '0', 'g'),
                string_at(frame, body + 16 + length(channel) + length(sequence)));
        ELSE
        END CASE;
        at := body + size;
    END LOOP;
END $$;
CREATE FUNCTION entries(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT e FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL,
        VARIADIC ARRAY['format', 'frames', 'topic.prefix', 'app', 'signal.data.collection', 'public.signals'] || options)
            WITH ORDINALITY AS c(lsn, xid, data, n), entries_of(c.data) WITH ORDINALITY AS f(e, m)
    ORDER BY n, m
$$;
-- bodies of its records
CREATE FUNCTION bodies_of(frame bytea) RETURNS TABLE (body bytea) LANGUAGE plpgsql AS $$
DECLARE
    at int := 40;
BEGIN
    WHILE at < length(frame) LOOP
        body := substr(frame, at + 9, number_at(frame, at + 4));
        IF get_byte(frame, at) = 8 THEN
            RETURN NEXT;
        END IF;
        at := at + 8 + length(body);
    END LOOP;
END $$;
CREATE TABLE signals (id varchar(42) PRIMARY KEY, type varchar(32), data text);
CREATE TABLE t (id int PRIMARY KEY);
SELECT slot_new();
-- behind the row's own record; updates are none
BEGIN;
INSERT INTO t VALUES (1);
INSERT INTO signals VALUES ('a', 'log', '{"message": "hüh"}');
INSERT INTO t VALUES (2);
COMMIT;
UPDATE signals SET data = NULL;
DELETE FROM signals;
INSERT INTO signals VALUES ('b', NULL, NULL);
TRUNCATE signals;
SELECT * FROM entries();
-- whatever the lists say, and although its own records are skipped; other tables are not captured
INSERT INTO t VALUES (3);
INSERT INTO signals VALUES ('c', 'log', '{}');
SELECT * FROM entries('table.include.list', 'public.none');
INSERT INTO t VALUES (4);
INSERT INTO signals VALUES ('d', 'log', '{}');
SELECT * FROM entries('table.exclude.list', 'public.*', 'skipped.operations', 'c', 'debezium.version', '3.5.0.Final');
SELECT table_name, captured FROM wal2debezium.tables('table.include.list', 'public.t', 'signal.data.collection', 'public.signals') ORDER BY 1;
-- with other converters, and with the whole old row
ALTER TABLE signals REPLICA IDENTITY FULL;
INSERT INTO signals VALUES ('e', 'log', 'not "JSON"');
DELETE FROM signals WHERE id = 'e';
SELECT * FROM entries('value.converter', 'org.apache.kafka.connect.storage.StringConverter', 'key.converter', 'org.apache.kafka.connect.storage.StringConverter');
-- lines show no marks
INSERT INTO signals VALUES ('f', 'log', '{}');
SELECT topic, key, op, after FROM changes('signal.data.collection', 'public.signals');
-- columns by position, as captured; with other than three there is a warning
SET client_min_messages = warning;
INSERT INTO signals VALUES ('g', 'log', '{}');
SELECT * FROM entries('column.exclude.list', 'public.signals.type');
RESET client_min_messages;
ALTER TABLE signals ADD note int;
INSERT INTO signals VALUES ('h', 'log', '{}', 1);
SELECT * FROM entries('column.exclude.list', 'public.signals.note');
-- a partition's rows through their table
CREATE TABLE root (id text, type text, data jsonb, PRIMARY KEY (id)) PARTITION BY HASH (id);
CREATE TABLE leaf PARTITION OF root FOR VALUES WITH (MODULUS 1, REMAINDER 0);
INSERT INTO root VALUES ('i', 'log', '{"message": "m"}');
SELECT count(*) FROM entries();
INSERT INTO root VALUES ('j', 'log', '{"message": "m"}');
CREATE FUNCTION entries_of_root() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT e FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL, 'format', 'frames', 'topic.prefix', 'app',
        'signal.data.collection', 'public.root', 'publish.via.partition.root', 'true')
            WITH ORDINALITY AS c(lsn, xid, data, n), entries_of(c.data) WITH ORDINALITY AS f(e, m)
    ORDER BY n, m
$$;
SELECT * FROM entries_of_root();
-- messages of our prefix: transactional ones are marks, and none is a record
SELECT 1 FROM pg_logical_emit_message(false, 'wal2debezium', 'not transactional');
BEGIN;
SELECT 1 FROM pg_logical_emit_message(true, 'wal2debezium', '{"type":"ü"}');
INSERT INTO t VALUES (5);
COMMIT;
SELECT * FROM entries();
-- what is no text, or too much of it, is left out with a warning
SET client_min_messages = error;
SELECT 1 FROM pg_logical_emit_message(true, 'wal2debezium', '\xff00'::bytea);
SELECT 1 FROM pg_logical_emit_message(true, 'wal2debezium', repeat('x', 1024 * 1024 + 1));
SELECT * FROM entries();
RESET client_min_messages;
-- rows for the stream: source.sequence is a hole of kind 2, the mark is known, LSN and txId are null, columns are the stream's
CREATE TABLE g (id int PRIMARY KEY, v text, w text GENERATED ALWAYS AS (upper(v)) STORED);
INSERT INTO g VALUES (1, 'a'), (2, 'b');
CREATE FUNCTION incremental(statement text, VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE (holes text, key text, value text) LANGUAGE sql AS $$
    WITH frames AS (
        SELECT wal2debezium.snapshot_query('g', statement, VARIADIC ARRAY['topic.prefix', 'app', 'key.converter.schemas.enable', 'false',
            'value.converter.schemas.enable', 'false', 'internal.snapshot.kind', 'incremental'] || options) AS frame),
    records AS (SELECT b.* FROM frames, bodies_of(frame) AS b),
    parts AS (
        SELECT body, number_at(body, 60) AS holes, 64 + 8 * number_at(body, 60) + number_at(body, 56) AS key_at,
            number_at(body, 48) AS key_size, number_at(body, 52) AS value_size FROM records)
    SELECT holes || ' of kind ' || get_byte(body, 68) || ' behind ' ||
            right(convert_from(substr(body, key_at + key_size + 1, number_at(body, 64)), 'UTF8'), 12),
        convert_from(substr(body, key_at + 1, key_size), 'UTF8'),
        masked(convert_from(substr(body, key_at + key_size + 1, value_size), 'UTF8'))
    FROM parts
$$;
SELECT * FROM incremental('SELECT * FROM g WHERE id > 0 ORDER BY id DESC');
SELECT * FROM incremental('SELECT * FROM g WHERE id = 1', 'transforms', 'u', 'transforms.u.type', 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.u.add.fields', 'op,source.snapshot,source.sequence,source.lsn');
-- a key has one hash, whatever its record is and whatever becomes of it; made-up keys have none
CREATE TABLE h (id text PRIMARY KEY, n numeric(6, 2), v text);
ALTER TABLE h ALTER id SET STORAGE EXTERNAL;
CREATE FUNCTION hashes(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE (source text, hashes text) LANGUAGE sql AS $$
    WITH given AS (SELECT ARRAY['topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false'] || options AS list),
    frames AS (
        SELECT 'stream' AS source, n AS n, data AS frame
        FROM given, pg_logical_slot_peek_binary_changes('regression', NULL, NULL, VARIADIC ARRAY['format', 'frames'] || list)
            WITH ORDINALITY AS c(lsn, xid, data, n)
        UNION ALL
        SELECT 'snapshot', NULL, wal2debezium.snapshot_query('h', 'SELECT * FROM h ORDER BY v', VARIADIC list || ARRAY['internal.snapshot.kind', 'incremental'])
        FROM given),
    hashes AS (
        SELECT source, n, m, substr(body, 33, 8) AS hash FROM frames, bodies_of(frame) WITH ORDINALITY AS b(body, m)),
    named AS (
        SELECT hash, CASE WHEN hash = '\x0000000000000000' THEN '-' ELSE chr(64 + (row_number() OVER (ORDER BY hash = '\x0000000000000000', min(n * 1000 + m)))::int) END AS name
        FROM hashes GROUP BY hash)
    SELECT source, string_agg(name, ' ' ORDER BY n, m) FROM hashes JOIN named USING (hash) GROUP BY source ORDER BY source DESC
$$;
SELECT count(*) > 0 FROM entries();
INSERT INTO h VALUES ('a', 1, '1'), ('b', 1.00, '2'), ('1,n=2', 3, '3'), ('1', 2, '4');
UPDATE h SET n = n WHERE id = 'a';
UPDATE h SET v = '2' WHERE id = 'b';
UPDATE h SET id = 'c' WHERE id = 'b';
DELETE FROM h WHERE id = 'c';
INSERT INTO h VALUES ('b', 5, '2');
-- insert a, b, d, e; update a, b; the key change's delete, tombstone and insert; delete and tombstone; insert b
SELECT * FROM hashes();
SELECT * FROM hashes('key.converter', 'org.apache.kafka.connect.storage.StringConverter');
SELECT * FROM hashes('key.converter', 'org.apache.kafka.connect.storage.StringConverter', 'transforms', 'k', 'transforms.k.type', 'org.apache.kafka.connect.transforms.ReplaceField$Key',
    'transforms.k.renames', 'id:nr', 'transforms.k.predicate', 'p', 'transforms.k.negate', 'true', 'predicates', 'p', 'predicates.p.type', 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone');
SELECT * FROM hashes('transforms', 'k,v', 'transforms.k.type', 'org.apache.kafka.connect.transforms.ReplaceField$Key', 'transforms.k.renames', 'id:nr',
    'transforms.v.type', 'io.debezium.transforms.ExtractNewRecordState', 'transforms.v.delete.tombstone.handling.mode', 'rewrite-with-tombstone');
-- Java's text of these two keys is one: Struct{id=1,n=2,n=...}; the old row of a delete lacks n, which is made up
SELECT * FROM hashes('message.key.columns', 'public.h:id,n', 'key.converter', 'org.apache.kafka.connect.storage.StringConverter');
SELECT count(*) FROM entries();
-- a key that is in TOAST and was not changed
ALTER TABLE h DROP CONSTRAINT h_pkey, ADD k int NOT NULL DEFAULT 0;
TRUNCATE h;
INSERT INTO h VALUES (repeat('t', 9000), 1, '1', 1);
ALTER TABLE h ADD PRIMARY KEY (k);
SELECT count(*) FROM entries();
UPDATE h SET v = '2';
UPDATE h SET id = repeat('u', 9000);
SELECT * FROM hashes('message.key.columns', 'public.h:id');
DROP TABLE h;
DROP FUNCTION hashes;
-- the key's columns, as a query that goes through the table by ranges needs them
CREATE TABLE "K k" ("A a" varchar(3), b numeric(4, 2), c int NOT NULL, PRIMARY KEY (b, "A a"));
SELECT * FROM wal2debezium.key_columns('"K k"');
SELECT * FROM wal2debezium.key_columns('"K k"', 'message.key.columns', 'public.K k:c');
SELECT * FROM wal2debezium.key_columns('g', 'table.include.list', 'public.none');
DROP TABLE "K k", g;
DROP FUNCTION incremental;
-- bad values
SELECT refusal('signal.data.collection', 'signals');
SELECT refusal('signal.data.collection', 'public.a,public.b');
SELECT slot_drop();
DROP TABLE signals, t, root;
DROP FUNCTION entries, entries_of, entries_of_root, bodies_of, number_at, string_at;

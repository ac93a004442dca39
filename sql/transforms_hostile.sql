-- Transforms where data, or options, do not fit them: such a record is refused, and nothing else suffers.
\t on
\pset format unaligned
\pset null (null)
CREATE FUNCTION bytes_number(data bytea, at int, size int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$SELECT sum(get_byte(data, at + i)::bigint << (8 * i)) FROM generate_series(0, size - 1) i$$;
-- Entries of frames: kind, and of a record its holes, of a refused one why.
CREATE FUNCTION frame_entries(data bytea) RETURNS SETOF text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    kinds text[] := ARRAY['HELLO', 'TOPIC', 'SCHEMA', 'HEADERSET', 'RELATION', 'FORGET', 'BEGIN', 'RECORD', 'COMMIT', 'MESSAGE', 'MARK', 'SNAPSHOT_CHUNK', 'REFUSED'];
    at int := 40;
    kind text;
    key_size int;
BEGIN
    WHILE at < length(data) LOOP
        kind := kinds[get_byte(data, at)];
        IF kind = 'RECORD' THEN
            RETURN NEXT format('RECORD holes %s', bytes_number(data, at + 8 + 60, 2));
        ELSIF kind = 'REFUSED' THEN
            key_size := bytes_number(data, at + 8 + 28, 4);
            RETURN NEXT format('REFUSED %s', left(convert_from(substr(data, at + 8 + 37 + key_size, bytes_number(data, at + 8 + 32 + key_size, 4)::int), 'UTF8'), 150));
        ELSIF kind IN ('TOPIC', 'SCHEMA', 'COMMIT') THEN
            RETURN NEXT kind || CASE WHEN kind = 'TOPIC' THEN ' ' || convert_from(substr(data, at + 8 + 9, bytes_number(data, at + 12, 4)::int), 'UTF8') ELSE '' END;
        END IF;
        at := at + 8 + bytes_number(data, at + 4, 4);
    END LOOP;
END $$;
CREATE FUNCTION stream_entries(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT frame_entries(data)
    FROM pg_logical_slot_peek_binary_changes('regression', NULL, NULL, VARIADIC ARRAY['format', 'frames', 'topic.prefix', 'app', 'key.converter.schemas.enable', 'false',
        'extended.headers.enabled', 'false'] || CASE WHEN 'value.converter.schemas.enable' = ANY (options) THEN '{}' ELSE '{value.converter.schemas.enable,false}'::text[] END || options)
$$;
CREATE FUNCTION snapshot_entries(relation regclass, VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT frame_entries(f)
    FROM (SELECT wal2debezium.snapshot_frames(relation, VARIADIC ARRAY['topic.prefix', 'app', 'extended.headers.enabled', 'false', 'value.converter.schemas.enable', 'false'] || options)) AS s (f)
$$;

CREATE TABLE shape (id int PRIMARY KEY, at point, price numeric(6, 2), txt text, far timestamp(6));
CREATE TABLE keyless (v int);
ALTER TABLE keyless REPLICA IDENTITY FULL;
SELECT slot_new();
INSERT INTO shape VALUES (1, '(1,2)', 1.50, 'a');

-- a column that is a structure of its own is not taken apart
SELECT stream_entries('transforms', 'p', 'transforms.p.type', 'io.debezium.transforms.partitions.PartitionRouting', 'transforms.p.partition.payload.fields', field,
    'transforms.p.partition.topic.num', '4') FROM unnest('{change.at.x,change.at.wkb}'::text[]) AS field;
SELECT stream_entries('transforms', 'e,s,e2', 'transforms.e.type', 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.s.type', 'org.apache.kafka.connect.transforms.SetSchemaMetadata$Value', 'transforms.s.schema.name', 'x.Envelope',
    'transforms.e2.type', 'io.debezium.transforms.ExtractNewRecordState', 'transforms.e2.add.headers', 'at.wkb,at.x');

-- a header cannot be a field and have others in it
SELECT stream_entries('transforms', 'a,b,v', 'transforms.a.type', 'org.apache.kafka.connect.transforms.InsertHeader', 'transforms.a.header', 'a', 'transforms.a.value.literal', 'x',
    'transforms.b.type', 'org.apache.kafka.connect.transforms.InsertHeader', 'transforms.b.header', 'b', 'transforms.b.value.literal', 'y',
    'transforms.v.type', 'io.debezium.transforms.HeaderToValue', 'transforms.v.headers', 'a,b', 'transforms.v.fields', fields, 'transforms.v.operation', 'copy')
FROM unnest('{"n,n.b","n.b,n","n.a,n.b"}'::text[]) AS fields;

-- what no schema is known of: the map that HoistField makes of a tombstone, or of the key of a table that has none
DELETE FROM shape;
SELECT stream_entries('transforms', 'a,h,v', 'transforms.a.type', 'org.apache.kafka.connect.transforms.InsertHeader', 'transforms.a.header', 'a', 'transforms.a.value.literal', 'x',
    'transforms.h.type', 'org.apache.kafka.connect.transforms.HoistField$Value', 'transforms.h.field', 'value',
    'transforms.v.type', 'io.debezium.transforms.HeaderToValue', 'transforms.v.headers', 'a', 'transforms.v.fields', 'a', 'transforms.v.operation', 'copy');
SELECT stream_entries('value.converter', 'org.apache.kafka.connect.storage.StringConverter', 'binary.handling.mode', 'base64', 'column.exclude.list', 'public.shape.at',
    'transforms', 'h', 'transforms.h.type', 'org.apache.kafka.connect.transforms.HoistField$Value', 'transforms.h.field', 'value');
SELECT count(*) FROM lines('topic.prefix', 'app');
INSERT INTO keyless VALUES (1);
SELECT stream_entries('transforms', 'h,l', 'transforms.h.type', 'org.apache.kafka.connect.transforms.HoistField$Key', 'transforms.h.field', 'key',
    'transforms.l.type', 'io.debezium.transforms.ToLogicalTopicRouter', 'transforms.l.topic.regex', '(.*)', 'transforms.l.topic.replacement', '$1.all');
SELECT stream_entries('key.converter', 'org.apache.kafka.connect.storage.StringConverter',
    'transforms', 'h', 'transforms.h.type', 'org.apache.kafka.connect.transforms.HoistField$Key', 'transforms.h.field', 'key');
SELECT count(*) FROM lines('topic.prefix', 'app');

-- what cannot be converted in a record that is dropped is nothing to the next one
INSERT INTO shape VALUES (2, NULL, NULL, 'dropped', '9999-01-01'), (3, NULL, NULL, 'kept', '2020-01-01');
SELECT stream_entries('time.precision.mode', 'nanoseconds', 'event.converting.failure.handling.mode', 'fail', 'transforms', 'p,f',
    'transforms.p.type', 'io.debezium.transforms.partitions.PartitionRouting', 'transforms.p.partition.payload.fields', 'change.far', 'transforms.p.partition.topic.num', '4',
    'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql', 'transforms.f.condition', condition)
FROM unnest('{"after.txt <> ''dropped''","true"}'::text[]) AS condition;
SELECT count(*) FROM lines('topic.prefix', 'app', 'event.converting.failure.handling.mode', 'skip');
-- nor is what cannot be converted in an update that changes nothing
ALTER TABLE shape REPLICA IDENTITY FULL;
UPDATE shape SET far = far WHERE id = 2;
UPDATE shape SET txt = 'changed' WHERE id = 3;
SELECT stream_entries('time.precision.mode', 'nanoseconds', 'event.converting.failure.handling.mode', 'fail', 'skip.messages.without.change', 'true',
    'transforms', 'd', 'transforms.d.type', 'org.apache.kafka.connect.transforms.DropHeaders', 'transforms.d.headers', 'x');
SELECT count(*) FROM lines('topic.prefix', 'app', 'event.converting.failure.handling.mode', 'skip');
ALTER TABLE shape REPLICA IDENTITY DEFAULT;

-- no topic at all, and one that is too long: the refusal stands under the topic before, since Kafka's have a name
INSERT INTO shape VALUES (4, NULL, NULL, repeat('x', 5000));
SELECT stream_entries('transforms', 'r', 'transforms.r.type', 'org.apache.kafka.connect.transforms.RegexRouter', 'transforms.r.regex', '.*', 'transforms.r.replacement', '');
SELECT stream_entries('transforms', 'e', 'transforms.e.type', 'io.debezium.transforms.ExtractNewRecordState', 'transforms.e.route.by.field', 'txt');
-- headers count, too
SELECT stream_entries('max.record.bytes', '4000', 'transforms', 'h,e', 'transforms.h.type', 'org.apache.kafka.connect.transforms.ExtractField$Value', 'transforms.h.field', 'after',
    'transforms.e.type', 'org.apache.kafka.connect.transforms.HeaderFrom$Value', 'transforms.e.fields', 'txt', 'transforms.e.headers', 'txt', 'transforms.e.operation', 'move');
SELECT count(*) FROM lines('topic.prefix', 'app');
-- a schema that is larger than dictionaries are for
CREATE TABLE box (id int PRIMARY KEY, aggregateid text, aggregatetype text, type text, payload text);
INSERT INTO box SELECT 1, 'a', 'order', 't', '{' || string_agg(format('"member number %s of a document that is very long, because its names are":1', n), ',') || '}' FROM generate_series(1, 19000) AS n;
INSERT INTO box VALUES (2, 'a', 'order', 't', '{"a":1}');
SELECT stream_entries('value.converter.schemas.enable', 'true', 'transforms', 'o', 'transforms.o.type', 'io.debezium.transforms.outbox.EventRouter', 'transforms.o.table.expand.json.payload', 'true');
SELECT count(*) FROM lines('topic.prefix', 'app');
-- documents of more members, or values, than can be worked on
INSERT INTO box SELECT 3, 'a', 'order', 't', '{' || string_agg(format('"%s":1', n), ',') || '}' FROM generate_series(1, 20001) AS n;
INSERT INTO box SELECT 4, 'a', 'order', 't', '[' || string_agg(format('{"%s":1}', n), ',') || ']' FROM generate_series(1, 20001) AS n;
INSERT INTO box SELECT 5, 'a', 'order', 't', '[' || repeat('1,', 1000000) || '1]';
SELECT payload FROM (VALUES (3), (4), (5)) AS v (payload), LATERAL stream_entries('transforms', 'f,o', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql',
    'transforms.f.condition', 'after.id = ' || payload, 'transforms.o.type', 'io.debezium.transforms.outbox.EventRouter', 'transforms.o.table.expand.json.payload', 'true') AS entry
WHERE entry LIKE 'RECORD%';
SELECT count(*) FROM lines('topic.prefix', 'app');

-- holes are for JSON, and as many as the reader takes
INSERT INTO keyless VALUES (2);
SELECT snapshot_entries('keyless', 'topic.delimiter', '.');
SELECT snapshot_entries('keyless', 'value.converter', 'org.apache.kafka.connect.storage.StringConverter');
SELECT snapshot_entries('keyless', 'transforms', 'e', 'transforms.e.type', 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.e.add.fields', (SELECT string_agg('source.snapshot:s' || n, ',') FROM generate_series(1, count) AS n)) FROM unnest('{3,65}'::int[]) AS count;
-- conditions see the time and the transaction that a snapshot's source has
SELECT count(*), bool_and(value::json->'source'->>'ts_ms' <> '0')
FROM wal2debezium.snapshot('keyless', 'topic.prefix', 'app', 'value.converter.schemas.enable', 'false', 'transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter',
    'transforms.f.language', 'sql', 'transforms.f.condition', 'source.ts_ms > 1600000000000');

-- a column in a key or a header is written as that converter writes it
INSERT INTO shape VALUES (5, NULL, 1.50, 'decimal');
SELECT r.key, r.value::json->'price' FROM records('value.converter.decimal.format', 'numeric', 'transforms', 'k,v', 'transforms.k.type', 'org.apache.kafka.connect.transforms.ExtractField$Value',
    'transforms.k.field', 'after', 'transforms.v.type', 'org.apache.kafka.connect.transforms.ValueToKey', 'transforms.v.fields', 'price', 'table.include.list', 'public.shape') AS r;

SELECT slot_drop();
DROP TABLE shape, keyless, box;
DROP FUNCTION bytes_number, frame_entries, stream_entries, snapshot_entries;

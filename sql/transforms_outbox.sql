-- The outbox event router: rows of an outbox table as events of their own, routed by a column.
\t on
\pset format unaligned
\set VERBOSITY terse
CREATE FUNCTION events(options jsonb DEFAULT '{}', OUT topic text, OUT key text, OUT value text, OUT headers text, OUT rest text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT r->>'topic', (r->'key')::text, (r->'value')::text, (r->'headers')::text,
        concat_ws(' ', 'partition ' || (r->>'partition'), 'timestamp ' || CASE WHEN (r->>'timestamp')::bigint > 1700000000000 THEN 'now' ELSE r->>'timestamp' END)
    FROM lines('config', ('{"topic.prefix": "app", "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false",
            "extended.headers.enabled": "false", "transforms": "o",
            "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}'::jsonb || options)::text)
        AS line, LATERAL (SELECT line::json AS r) AS parsed
$$;
CREATE TABLE outbox (id int PRIMARY KEY, aggregatetype text, aggregateid text, type text, payload jsonb);
SELECT slot_new();

-- Topic, key, value, header "id" and the time of processing. What is updated or deleted is left out, what is no row of a
-- table left alone; a row that is deleted in its own transaction is an event all the same.
BEGIN;
INSERT INTO outbox VALUES (1, 'Order', '42', 'Created', '{"id": 42, "name": "é \"q\""}');
DELETE FROM outbox;
COMMIT;
INSERT INTO outbox VALUES (2, 'Order', NULL, 'no key', 'null'), (3, '', 'x', 'no payload', NULL);
UPDATE outbox SET type = 'changed';
TRUNCATE outbox;
SELECT 1 FROM pg_logical_emit_message(true, 'note', 'not an event');
SELECT topic, key, CASE topic WHEN 'app.message' THEN value::json->>'op' ELSE value END, headers, rest FROM events();

-- Updates: a warning once, a line in the server's log, or the end. Truncates, if they are not skipped: the end.
INSERT INTO outbox VALUES (1, 'Order', '42', 'Created', '{}');
UPDATE outbox SET type = 'changed';
SELECT topic FROM events('{"transforms.o.table.op.invalid.behavior": "error"}');
UPDATE outbox SET type = 'changed again';
SELECT topic FROM events('{"transforms.o.table.op.invalid.behavior": "fatal"}');
SELECT topic FROM events();
TRUNCATE outbox;
SELECT topic FROM events('{"skipped.operations": "none"}');
SELECT topic FROM events();

-- The topic: the regular expression must match all of the value, and a point matches no end of a line.
INSERT INTO outbox VALUES (1, 'shop.order', '1', 't', '1'), (2, 'shop', '2', 't', '2'), (3, 'shop.order', '3', 't', '3');
SELECT topic, key FROM events('{"transforms.o.route.topic.regex": "shop\\.(.*)", "transforms.o.route.topic.replacement": "out.$1"}');
INSERT INTO outbox SELECT id + 3, aggregatetype, aggregateid, type, payload FROM outbox;
SELECT topic, key FROM events('{"transforms.o.route.topic.replacement": "$1.x.${routedByValue}"}');
INSERT INTO outbox VALUES (7, 'line' || chr(8232) || 'line', '42', 'Created', '{}');
SELECT topic FROM events();
SELECT topic FROM events('{"transforms.o.route.topic.regex": "(?<routedByValue>.*)()"}');
SELECT topic FROM events('{"transforms.o.route.topic.regex": "(?<routedByValue>(?s:.*))"}');
DROP TABLE outbox;
SELECT count(*) >= 0 FROM lines();

-- Own columns, nulls with defaults, placements in headers and the partition, the timestamp from a column.
CREATE TABLE box (id uuid PRIMARY KEY, k bigint DEFAULT 7, kind text, body text DEFAULT 'none', made timestamp, p int, tenant text);
CREATE FUNCTION boxes(options jsonb DEFAULT '{}', OUT topic text, OUT key text, OUT value text, OUT headers text, OUT rest text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT * FROM events('{"transforms.o.table.field.event.key": "k", "transforms.o.table.field.event.payload": "body",
        "transforms.o.route.by.field": "kind"}'::jsonb || options)
$$;
CREATE PROCEDURE put() LANGUAGE sql AS $$
    DELETE FROM box;
    INSERT INTO box VALUES
        ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 42, 'a', 'plain text', '2020-01-01 10:11:12.123456', 3, 't1'),
        ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a12', NULL, 'b', NULL, NULL, NULL, NULL),
        ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a13', 44, 'c', ' ', '1969-12-31 23:59:59.9999', 0, '');
$$;
CALL put();
SELECT * FROM boxes('{"transforms.o.table.field.event.timestamp": "made",
    "transforms.o.table.fields.additional.placement": "tenant:header, kind:header:what ,p:partition"}');
-- In the envelope: a structure. Its schema keeps the route of the first event that it was made for, as in Debezium.
CALL put();
SELECT topic, key, value FROM boxes('{"transforms.o.table.fields.additional.placement": "p:envelope:prio,tenant:envelope",
    "value.converter.schemas.enable": "true"}');
CALL put();
SELECT topic, value FROM boxes('{"transforms.o.table.fields.additional.placement": "p:envelope",
    "value.converter.schemas.enable": "true", "transforms.o.table.field.event.schema.version": "p"}');
-- Columns that are missing.
CALL put();
SELECT topic, value FROM boxes('{"transforms.o.table.fields.additional.placement": "missing:envelope"}');
SELECT topic, value FROM boxes('{"transforms.o.table.fields.additional.placement": "missing:header"}');
SELECT topic, value FROM boxes('{"transforms.o.table.fields.additional.placement": "p:envelope:payload"}');
SELECT topic, value FROM boxes('{"transforms.o.table.fields.additional.placement": "kind:partition"}');
SELECT * FROM boxes('{"transforms.o.table.fields.additional.placement": "missing:envelope,missing:header,missing:partition,p:envelope",
    "transforms.o.table.field.additional.missing": "ignore"}');

-- Null or blank payloads as tombstones; a null with a default is none.
CALL put();
SELECT topic, value FROM boxes('{"transforms.o.route.tombstone.on.empty.payload": "true", "transforms.o.table.fields.additional.placement": "p:envelope"}');
ALTER TABLE box ALTER body DROP DEFAULT;
CALL put();
SELECT topic, value FROM boxes('{"transforms.o.route.tombstone.on.empty.payload": "true"}');

-- What cannot be routed ends with the reason.
INSERT INTO box VALUES ('d0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 1, NULL, '', '1950-01-01', -2, NULL);
SELECT * FROM boxes();
SELECT * FROM boxes('{"transforms.o.route.by.field": "p"}');
SELECT * FROM boxes('{"transforms.o.route.by.field": "body", "transforms.o.table.field.event.timestamp": "made"}');
SELECT * FROM boxes('{"transforms.o.route.by.field": "body", "transforms.o.table.fields.additional.placement": "p:partition"}');
SELECT * FROM boxes('{"transforms.o.table.field.event.payload": "load"}');
SELECT * FROM boxes('{"transforms.o.table.field.event.id": "nr"}');
SELECT * FROM boxes('{"transforms.o.table.field.event.key": "nr"}');
SELECT * FROM boxes('{"transforms.o.table.field.event.timestamp": "at"}');
SELECT * FROM boxes('{"transforms.o.table.field.event.timestamp": "tenant"}');
SELECT * FROM boxes('{"transforms.o.route.by.field": "body", "transforms.o.table.field.event.timestamp": "k"}');
SELECT * FROM boxes('{"transforms.o.route.by.field": "body", "transforms.o.table.field.event.timestamp": "made", "time.precision.mode": "connect"}');
TRUNCATE box;
SELECT count(*) >= 0 FROM lines();
-- What is deleted is left out whatever its columns are.
CREATE TABLE other (id int PRIMARY KEY);
INSERT INTO other VALUES (1);
DELETE FROM other;
SELECT * FROM boxes('{"skipped.operations": "c"}');
DROP TABLE box, other;

-- Bytes go through as they are, empty ones and those from TOAST too.
CREATE TABLE outbox (id int PRIMARY KEY, aggregatetype text, aggregateid text, payload bytea);
ALTER TABLE outbox ALTER payload SET STORAGE EXTERNAL;
CREATE PROCEDURE put_bytes() LANGUAGE sql AS $$
    DELETE FROM outbox;
    INSERT INTO outbox VALUES (1, 'b', 'x', '\x00ff10abcd'), (2, 'b', 'x', ''), (3, 'b', 'x', NULL), (4, 'b', 'x', decode(repeat('c0ffee', 5000), 'hex'));
$$;
CALL put_bytes();
SELECT CASE WHEN length(value) > 100 THEN md5(decode(value::json#>>'{}', 'base64')) ELSE value END
FROM events('{"transforms.o.route.tombstone.on.empty.payload": "true"}');
SELECT md5(payload) FROM outbox WHERE id = 4;
CALL put_bytes();
SELECT CASE WHEN length(r->>'value_base64') > 100 THEN md5(decode(r->>'value_base64', 'base64')) ELSE coalesce(r->>'value_base64', (r->'value')::text) END
FROM lines('topic.prefix', 'app', 'transforms', 'o', 'transforms.o.type', 'io.debezium.transforms.outbox.EventRouter',
        'key.converter', 'org.apache.kafka.connect.storage.StringConverter', 'value.converter', 'io.debezium.converters.BinaryDataConverter')
    AS line, LATERAL (SELECT line::json AS r) AS parsed;
DROP TABLE outbox;

-- Options.
SELECT refusal('config', ('{"transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter"}'::jsonb || options)::text)
FROM (VALUES
    ('{"transforms.o.route.topic.regex": "("}'::jsonb),
    ('{"transforms.o.route.topic.replacement": "$2"}'),
    ('{"transforms.o.table.fields.additional.placement": "a"}'),
    ('{"transforms.o.table.fields.additional.placement": "a:header,b:body"}'),
    ('{"transforms.o.table.fields.additional.placement": "a:header:b:c"}'),
    ('{"transforms.o.table.fields.additional.placement": ""}'),
    ('{"transforms.o.table.op.invalid.behavior": "ignore"}'),
    ('{"transforms.o.table.field.event.name": "a"}'),
    ('{"transforms.o.tracing.span.context.field": "a", "transforms.o.table.field.event.type": "kind"}')) AS o(options);
SELECT slot_drop();
DROP PROCEDURE put, put_bytes;
DROP FUNCTION boxes, events;

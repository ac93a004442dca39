-- Payloads of an outbox, and contents of logical messages, that are JSON: expanded to structures with a schema.
\t on
\pset format unaligned
\set VERBOSITY terse
CREATE FUNCTION events(options jsonb DEFAULT '{}', OUT key text, OUT value text) RETURNS SETOF record LANGUAGE sql AS $$
    SELECT r->>'key', (r->'value')::text
    FROM lines('config', ('{"topic.prefix": "app", "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false",
            "extended.headers.enabled": "false", "transforms": "o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
            "transforms.o.table.expand.json.payload": "true"}'::jsonb || options)::text)
        AS line, LATERAL (SELECT line::json AS r) AS parsed
$$;
CREATE TABLE outbox (id int PRIMARY KEY GENERATED ALWAYS AS IDENTITY, aggregatetype text DEFAULT 'a', aggregateid text, payload text);
SELECT slot_new();
CREATE PROCEDURE put(VARIADIC payloads text[]) LANGUAGE sql AS
    $$INSERT INTO outbox (aggregateid, payload) SELECT n, p FROM unnest(payloads) WITH ORDINALITY AS u(p, n)$$;

-- Order of members, numbers, escapes. Of members with one name the last value counts, at the place of the first.
CALL put('{"z": 1, "a": 2147483647, "b": 2147483648, "c": -9223372036854775808, "d": 1.50, "e": 1e400, "f": -0, "g": -0.0, "h": 1E3}',
    '{"dup": 1, "x": 2, "dup": "last"}',
    '{"s": "\u00e9 \ud83d\ude00 \"\\\/\b\f\n\r\t \u001f", "\"name\"\n": true, "deep": {"er": {"est": "x"}}}',
    '{"null": null, "empty": [], "object": {}, "nothing": {"null": null}}',
    '{"a": 1} and what follows is not looked at',
    '{}');
SELECT * FROM events();
CALL put('{"\"a\"": "\u0000"}');
SELECT strpos(line, '{"\"a\"":"\u0000"}') > 0 FROM lines('transforms', 'o', 'transforms.o.type', 'io.debezium.transforms.outbox.EventRouter',
    'transforms.o.table.expand.json.payload', 'true', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false') AS line;
-- With the schema, which names the structures.
CALL put('{"i": 1, "l": 3000000000, "d": 0.5, "s": "", "b": false, "n": null, "e": [], "o": {"p": {"q": null}}, "a": [{"x": [1]}], "aa": [[{"y": {"z": 1}}]]}');
SELECT value::json->'schema', value::json->'payload' FROM events('{"value.converter.schemas.enable": "true", "transforms.o.table.json.payload.null.behavior": "optional_bytes", "transforms.o.table.json.payload.empty.array.behavior": "optional_string"}');

-- Arrays: nulls are skipped, objects merged, in the order in which their members are first seen.
CALL put('{"a": [null, 1, 2]}', '{"a": [{"x": 1}, {"y": "b", "x": 2}, {}, {"z": [true]}]}', '{"a": [[1], [], [2, 3]]}',
    '{"a": [{"x": null}, {"x": 1}]}', '{"a": [{"x": {"one": 1}}, {"x": {"two": 2}}]}');
SELECT * FROM events();

-- What is merged of several objects is required, as Debezium has it: then a null among them fails.
CALL put('{"a": [{"x": 1}, null, {}]}');
SELECT * FROM events();
SELECT * FROM events('{"value.converter": "org.apache.kafka.connect.storage.StringConverter"}');

-- What has no schema stays text: one warning a session.
CALL put('{"a": [1, "x"]}', '{"a": [1, 3000000000]}', '{"a": [1, 1.0]}', '{"a": [{"b": 1}, 2]}', '{"a": [null]}', '{"a": [[], [1]]}', '{"": 1}',
    '{broken', '{"a": 01}', '{"a": "' || chr(9) || '"}', '{"a": "\x"}', '{"a": "\ud800"}', '{"\u0000": 1}', '{"a": 1,}', '["a" "b"]', '[1, "x"]',
    ' {"a": 1}', 'text', '', repeat('{"a":', 1001) || '1' || repeat('}', 1001), '{"a": ' || repeat('1', 1001) || '}');
SELECT key, CASE WHEN length(value) < 100 THEN value ELSE length(value)::text END FROM events();
CALL put('{"a": [null]}', repeat('{"a":', 1000) || '1' || repeat('}', 1000), '[]', NULL);
SELECT key, CASE WHEN length(value) < 100 THEN value ELSE length(value)::text END
FROM events('{"transforms.o.table.json.payload.null.behavior": "optional_bytes"}');

-- What has a schema but does not fit it: JsonConverter fails, StringConverter has the text.
CALL put('{"a": 9223372036854775808}');
SELECT * FROM events();
SELECT * FROM events('{"transforms.o.table.fields.additional.placement": "aggregateid:envelope"}');
SELECT * FROM events('{"value.converter": "org.apache.kafka.connect.storage.StringConverter"}');
CALL put('[{"a": 1}]');
SELECT * FROM events();
SELECT * FROM events('{"value.converter": "org.apache.kafka.connect.storage.StringConverter"}');
CALL put('{"a": [[1], ["x"]]}');
SELECT * FROM events();
SELECT * FROM events('{"value.converter": "org.apache.kafka.connect.storage.StringConverter"}');
CALL put('[]');
SELECT * FROM events('{"transforms.o.table.fields.additional.placement": "aggregateid:envelope"}');
SELECT * FROM events('{"value.converter.schemas.enable": "true"}');

-- Many members, many objects.
INSERT INTO outbox (aggregateid, payload)
SELECT 'members', '{' || string_agg(format('"m%s": %s', n % 5000, n), ', ' ORDER BY n) || '}' FROM generate_series(0, 9999) AS n
UNION ALL
SELECT 'objects', '{"a": [' || string_agg(format('{"m%s": %s}', n, n), ', ') || ']}' FROM generate_series(1, 300) AS n;
SELECT key, length(value), value::json->>'m4999' FROM events();

-- With the rest of the envelope.
CALL put('{"b": 1}', 'text');
SELECT * FROM events('{"transforms.o.table.fields.additional.placement": "aggregatetype:envelope:kind"}');
-- One version of a schema is one shape of the payload.
ALTER TABLE outbox ADD version int DEFAULT 1;
CALL put('{"b": 1}', '{"b": 2}', '{"c": 1}');
SELECT * FROM events('{"transforms.o.table.fields.additional.placement": "aggregatetype:envelope:kind", "transforms.o.table.field.event.schema.version": "version"}');
SELECT * FROM events('{"transforms.o.table.fields.additional.placement": "aggregatetype:envelope:kind"}');
DROP TABLE outbox;
DROP PROCEDURE put;
SELECT count(*) FROM lines();

-- Logical messages: the content as "after", without key.
SELECT 1 FROM pg_logical_emit_message(true, 'out', '{"id": 1, "name": "é", "n": null, "f": 1.5, "arr": [1, 2], "obj": {"x": true}}');
SELECT topic, key, value FROM records('transforms', 'd', 'transforms.d.type', 'io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent');
-- An outbox without a table.
CREATE FUNCTION messages(options jsonb DEFAULT '{}', OUT topic text, OUT key text, OUT value text, OUT headers text)
    RETURNS SETOF record LANGUAGE sql AS $$
    SELECT r->>'topic', (r->'key')::text, (r->'value')::text, (r->'headers')::text
    FROM lines('config', ('{"topic.prefix": "app", "key.converter.schemas.enable": "false", "value.converter.schemas.enable": "false",
            "transforms": "d,o", "transforms.o.type": "io.debezium.transforms.outbox.EventRouter",
            "transforms.d.type": "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent"}'::jsonb || options)::text)
        AS line, LATERAL (SELECT line::json AS r) AS parsed
$$;
BEGIN;
SELECT 1 FROM pg_logical_emit_message(true, 'out', '{"id": "a1", "aggregatetype": "Order", "aggregateid": 42, "type": "t", "payload": {"total": 9.5, "lines": [{"sku": "a"}]}, "tenant": "x"}');
SELECT 1 FROM pg_logical_emit_message(true, 'out', '{"id": "a2", "aggregatetype": "Order", "aggregateid": null, "payload": "text", "tenant": null}');
COMMIT;
SELECT * FROM messages('{"transforms.d.fields.null.include": "true", "transforms.o.table.fields.additional.placement": "tenant:header,tenant:envelope"}');
-- Bytes that are not UTF-8 are replaced, as Java replaces them.
SELECT 1 FROM pg_logical_emit_message(true, 'out', convert_to('{"id": 1, "aggregatetype": "Order", "aggregateid": "', 'UTF8') || '\xc328f09f98'::bytea || convert_to('", "payload": ""}', 'UTF8'));
SELECT * FROM messages();
-- What cannot be decoded.
SELECT 1 FROM pg_logical_emit_message(true, 'out', 'plain text');
SELECT * FROM messages();
SELECT * FROM messages('{"binary.handling.mode": "hex"}');
SELECT count(*) FROM lines();
SELECT 1 FROM pg_logical_emit_message(true, 'out', '{broken');
SELECT * FROM messages();
SELECT count(*) FROM lines();
SELECT 1 FROM pg_logical_emit_message(true, 'out', '\x7b2261223a225c00227d'::bytea);
SELECT * FROM messages();
SELECT count(*) FROM lines();
SELECT 1 FROM pg_logical_emit_message(true, 'out', '[{"id": 1}]');
SELECT * FROM messages();
SELECT count(*) FROM lines();
SELECT 1 FROM pg_logical_emit_message(true, 'out', '[]');
SELECT * FROM messages();
SELECT count(*) FROM lines();
SELECT 1 FROM pg_logical_emit_message(true, 'out', '{"a": [1, "x"]}');
SELECT * FROM messages();
SELECT slot_drop();
DROP FUNCTION events, messages;

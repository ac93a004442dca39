-- Converters of Kafka Connect. JsonConverter writes all the other tests; keys and headers may have StringConverter's text, which
-- is that of Java's Struct: values as they are, without quotes, and no nulls. As it is not JSON, lines have it in base64.
\t on
\pset format unaligned
CREATE FUNCTION with_text_keys(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(key text, value text, headers text) LANGUAGE sql AS $$
    SELECT convert_from(decode(line::json->>'key_base64', 'base64'), 'UTF8'), line::json->'value'->>'op', line::json->>'headers'
    FROM lines(VARIADIC ARRAY['key.converter', 'org.apache.kafka.connect.storage.StringConverter', 'value.converter.schemas.enable', 'false',
                              'extended.headers.enabled', 'false'] || options) AS line
$$;
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE k (i int, s text, f float8, n numeric(10, 2), b boolean, a text[], d int DEFAULT 7);
CREATE UNIQUE INDEX k_key ON k (i, s, f, n, b, a, d);
CREATE TABLE bytes (id bytea PRIMARY KEY);
SELECT slot_new();
INSERT INTO t VALUES (1, 'x');
UPDATE t SET id = 2;
DELETE FROM t;
INSERT INTO k VALUES (1, E'a,b="c"\\ 😀', 1e-5, 1.5, true, '{a,NULL,"b c"}', 1), (NULL, NULL, 'NaN', NULL, NULL, NULL, NULL);
SELECT length(pg_logical_emit_message(true, 'prefix', 'text')::text) > 0;
SELECT * FROM with_text_keys('header.converter', 'org.apache.kafka.connect.storage.StringConverter');
-- values: Java's text of the whole structure, fields that are null left out
INSERT INTO t VALUES (3, E'a "b"\n');
SELECT value FROM wal2debezium.peek('regression', NULL, 'topic.prefix', 'app', 'value.converter', 'org.apache.kafka.connect.storage.StringConverter', 'transforms', 'row',
    'transforms.row.type', 'io.debezium.transforms.ExtractNewRecordState');
-- BinaryDataConverter leaves what is not bytes to its delegate
SELECT key, value FROM wal2debezium.peek('regression', NULL, 'topic.prefix', 'app', 'transforms', 'row,note', 'transforms.row.type', 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.note.type', 'org.apache.kafka.connect.transforms.ExtractField$Value', 'transforms.note.field', 'v',
    'key.converter', 'io.debezium.converters.BinaryDataConverter', 'key.converter.delegate.converter.type', 'org.apache.kafka.connect.json.JsonConverter', 'key.converter.delegate.converter.type.schemas.enable', 'false',
    'value.converter', 'io.debezium.converters.BinaryDataConverter', 'value.converter.delegate.converter.type', 'org.apache.kafka.connect.storage.StringConverter');
-- old and new key in headers, by JsonConverter with its settings
CREATE TABLE d (id numeric(6, 2) PRIMARY KEY);
INSERT INTO d VALUES (1);
UPDATE d SET id = 2.5;
SELECT key, headers FROM with_text_keys('header.converter', 'org.apache.kafka.connect.json.JsonConverter', 'header.converter.schemas.enable', 'false', 'header.converter.decimal.format', 'NUMERIC') WHERE headers <> '';
DROP TABLE d;
SELECT slot_drop();
-- what cannot be written so is refused by name
SELECT refusal('key.converter', 'org.apache.kafka.connect.storage.StringConverter');
DROP TABLE bytes;
SELECT refusal('key.converter', 'org.apache.kafka.connect.storage.StringConverter');
SELECT refusal('value.converter.delegate.converter.type', 'org.apache.kafka.connect.storage.StringConverter');
SELECT refusal('value.converter', 'org.apache.kafka.connect.converters.ByteArrayConverter');
SELECT refusal('header.converter', 'org.apache.kafka.connect.converters.ByteArrayConverter');
SELECT refusal('value.converter', 'io.confluent.connect.avro.AvroConverter');
SELECT refusal('key.converter', 'com.example.Converter');
DROP TABLE t;
DROP TABLE k;
DROP FUNCTION with_text_keys(text[]);

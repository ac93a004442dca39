-- Topic names: strategy, delimiter, and what Kafka does not allow becomes an underscore.
\t on
\pset format unaligned
CREATE TABLE "Ümläut table" (id int PRIMARY KEY);
CREATE TABLE "a.b-c_d" (id int PRIMARY KEY);
CREATE PROCEDURE change_both() LANGUAGE sql AS $$
    DELETE FROM "Ümläut table"; DELETE FROM "a.b-c_d";
    INSERT INTO "Ümläut table" VALUES (1); INSERT INTO "a.b-c_d" VALUES (1);
$$;
SELECT slot_new();
CALL change_both();
SELECT topic, op FROM changes();
CALL change_both();
SELECT topic FROM records('topic.delimiter', '-') GROUP BY topic ORDER BY topic COLLATE "C";
CALL change_both();
SELECT topic FROM records('topic.naming.strategy', 'io.debezium.schema.DefaultTopicNamingStrategy') GROUP BY topic ORDER BY topic COLLATE "C";
CALL change_both();
SELECT topic FROM records('topic.naming.strategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy') GROUP BY topic ORDER BY topic COLLATE "C";
CALL change_both();
SELECT line::json->>'topic', line::json->'value'->'schema'->>'name'
FROM lines('topic.prefix', 'my-app', 'schema.name.adjustment.mode', 'avro', 'tombstones.on.delete', 'false') AS line;
CREATE TABLE same_fields ("a b" int PRIMARY KEY, "a-b" int);
INSERT INTO same_fields VALUES (1, 2);
SELECT refusal('field.name.adjustment.mode', 'avro');
SELECT topic, value::json->>'after' FROM records('field.name.adjustment.mode', 'avro_unicode');
DROP TABLE same_fields;
SELECT slot_drop();
DROP PROCEDURE change_both;
DROP TABLE "Ümläut table", "a.b-c_d";

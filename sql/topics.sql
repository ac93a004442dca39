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
SELECT topic FROM records();
CALL change_both();
SELECT DISTINCT topic FROM records('topic.delimiter', '-') ORDER BY topic COLLATE "C";
CALL change_both();
SELECT DISTINCT topic FROM records('topic.naming.strategy', 'io.debezium.schema.DefaultTopicNamingStrategy') ORDER BY topic COLLATE "C";
CALL change_both();
SELECT DISTINCT topic FROM records('topic.naming.strategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy') ORDER BY topic COLLATE "C";
CALL change_both();
SELECT DISTINCT line::json->>'topic', line::json->'value'->'schema'->>'name' AS name
FROM lines('topic.prefix', 'my-app', 'schema.name.adjustment.mode', 'avro') AS line WHERE line::json->>'value' IS NOT NULL ORDER BY name COLLATE "C";
SELECT slot_drop();
DROP PROCEDURE change_both;
DROP TABLE "Ümläut table", "a.b-c_d";

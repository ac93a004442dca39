-- Naming strategies that rename topics by a regular expression, and the key field that tells their tables apart.
\t on
\pset format unaligned
\pset null (null)
CREATE TABLE shard_1 (id int PRIMARY KEY);
CREATE TABLE shard_22 (v text);
CREATE TABLE other (id int PRIMARY KEY);
CREATE PROCEDURE change_all() LANGUAGE sql AS $$
    INSERT INTO shard_1 VALUES (1); INSERT INTO shard_22 VALUES ('x'); INSERT INTO other VALUES (1); UPDATE other SET id = 2; DELETE FROM other;
    DELETE FROM shard_1;
$$;
CREATE FUNCTION renamed(VARIADIC options text[]) RETURNS TABLE(topic text, key text) LANGUAGE sql AS $$
    SELECT topic, key FROM changes(VARIADIC ARRAY['topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy',
        'tombstones.on.delete', 'false'] || options)
$$;
SELECT slot_new();
CALL change_all();
SELECT * FROM renamed('topic.regex', 'app\.public\.(.*)_\d+', 'topic.replacement', 'app.all.$1');
CALL change_all();
SELECT * FROM renamed('topic.regex', 'app\.public\.(?<name>.*)_(\d)+', 'topic.replacement', '${name}-$2$21\$', 'topic.key.field.name', 'shard',
    'topic.key.field.regex', '.*_(\d+)', 'topic.key.field.replacement', '$1');
CALL change_all();
SELECT * FROM renamed('topic.regex', 'app\.public\.(.*)_\d+', 'topic.replacement', '$1', 'topic.key.enforce.uniqueness', 'false');
-- an empty name is not taken; the key of a table without one is the field alone
CALL change_all();
SELECT * FROM renamed('topic.regex', '(x)?app.*', 'topic.replacement', '$1');
-- names of schemas follow the new name
CALL change_all();
SELECT line::json->>'topic', line::json->'key'->'schema'->>'name', line::json->'key'->'schema'->'fields'
FROM lines('topic.prefix', 'app', 'topic.naming.strategy', 'io.debezium.schema.DefaultRegexTopicNamingStrategy', 'topic.regex', 'app\.(.*)_\d+',
    'topic.replacement', 'all.$1', 'skipped.operations', 'u,d') AS line;
-- what is missing or malformed
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy');
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', 'a');
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', '(a', 'topic.replacement', 'b');
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', '(a)', 'topic.replacement', '$2');
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', '(a)', 'topic.replacement', '${x}');
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', '(a)', 'topic.replacement', 'b\');
SELECT refusal('topic.naming.strategy', 'io.debezium.schema.SchemaRegexTopicNamingStrategy', 'topic.regex', '(a)', 'topic.replacement', 'b',
    'topic.key.field.regex', 'c');
SELECT slot_drop();
DROP FUNCTION renamed;
DROP PROCEDURE change_all;
DROP TABLE shard_1, shard_22, other;

-- Debezium's transforms but for ExtractNewRecordState, which has a test of its own.
\t on
\pset format unaligned
\pset null (null)
\set VERBOSITY terse
CREATE TABLE item (id int PRIMARY KEY, name text DEFAULT 'none', n bigint, price numeric(8,2), bits bit(4), tags text[]);
CREATE TABLE shard_1 (id int PRIMARY KEY, v text);
CREATE TABLE shard_2 (v text);
CREATE TABLE moment (id int PRIMARY KEY, tz timestamptz, ts timestamp DEFAULT '2020-07-01 12:00:00', ms timestamp(3), d date, tt timetz);
ALTER TABLE item REPLICA IDENTITY FULL;

-- Options for transforms by these names; options of theirs begin with the name.
CREATE FUNCTION config(chain text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT (jsonb_build_object('topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false',
                'extended.headers.enabled', 'false', 'transforms', chain)
            || jsonb_object_agg('transforms.' || alias || '.type', 'io.debezium.transforms.' || class) FILTER (WHERE alias = ANY (string_to_array(chain, ',')))
            || (SELECT coalesce(jsonb_object_agg(CASE WHEN split_part(options[n], '.', 1) = ANY (string_to_array(chain, ',')) THEN 'transforms.' ELSE '' END || options[n], options[n + 1]), '{}')
                FROM generate_series(1, cardinality(options), 2) AS n))::text
    FROM (VALUES ('flat', 'ExtractNewRecordState'), ('changed', 'ExtractChangedRecordState'), ('move', 'HeaderToValue'), ('route', 'ToLogicalTopicRouter'),
            ('old', 'ByLogicalTableRouter'), ('part', 'partitions.PartitionRouting'), ('zone', 'TimezoneConverter')) AS t(alias, class)
$$;
-- What the next changes are with them. Nothing is consumed.
CREATE FUNCTION through(chain text, VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(topic text, key text, value text, headers text) LANGUAGE sql AS $$
    SELECT topic, key, masked(value), headers::text FROM wal2debezium.peek('regression', NULL, 'config', config(chain, VARIADIC options))
$$;
CREATE FUNCTION partitions(fields text, hash text DEFAULT 'java', number text DEFAULT '1000000007') RETURNS TABLE(key text, op text, partition text) LANGUAGE sql AS $$
    SELECT r->>'key', r->'value'->>'op', r->>'partition'
    FROM pg_logical_slot_peek_binary_changes('regression', NULL, NULL, 'config',
            config('part', 'part.partition.payload.fields', fields, 'part.partition.topic.num', number, 'part.partition.hash.function', hash)) AS c,
        string_to_table(rtrim(convert_from(c.data, 'UTF8'), E'\n'), E'\n') AS line, LATERAL (SELECT line::json AS r) AS parsed
$$;
CREATE FUNCTION transform_refusal(chain text, VARIADIC options text[]) RETURNS text LANGUAGE sql AS $$ SELECT refusal('config', config(chain, VARIADIC options)) $$;

-- ToLogicalTopicRouter: one topic for several tables, and a field in the key that tells them apart; no key stays none
SELECT slot_new();
INSERT INTO shard_1 VALUES (1, 'a');
DELETE FROM shard_1;
INSERT INTO shard_2 VALUES ('b');
INSERT INTO item VALUES (9);
SELECT topic, key FROM through('route', 'route.topic.regex', 'app\.public\.shard_\d', 'route.topic.replacement', 'app.shards');
SELECT topic, key FROM through('old', 'old.topic.regex', '(.*)shard_(.*)', 'old.topic.replacement', '$1shards', 'old.logical.table.cache.size', '4');
SELECT topic, key FROM through('old', 'old.topic.regex', '(.*)shard_(.*)', 'old.topic.replacement', '$1shards',
    'old.key.field.name', 'shard', 'old.key.field.regex', '.*shard_(\d)', 'old.key.field.replacement', 'no $1');
SELECT topic, key FROM through('route', 'route.topic.regex', '.*shard_1', 'route.topic.replacement', 'all-of-them', 'route.key.enforce.uniqueness', 'false');
-- schemas have the topic's name; one that is no name in Avro is adjusted
SELECT key, value::json->'schema'->>'name', value::json->'schema'->'fields'->0->>'name', value::json->'schema'->'fields'->1->>'name'
FROM through('route', 'route.topic.regex', '.*shard_1', 'route.topic.replacement', 'all-of-them', 'route.schema.name.adjustment.mode', 'avro',
    'key.converter.schemas.enable', 'true', 'value.converter.schemas.enable', 'true') LIMIT 1;
-- nothing is left of the name, or the key has such a field already
SELECT topic, key FROM through('route', 'route.topic.regex', '.*shard_1()', 'route.topic.replacement', '$1') LIMIT 1;
SELECT topic, key FROM through('route', 'route.topic.regex', '.*', 'route.topic.replacement', 'x', 'route.key.field.name', 'id') LIMIT 1;
SELECT slot_drop();
SELECT transform_refusal('route', 'route.topic.regex', '(.*)');
SELECT transform_refusal('route', 'route.topic.regex', '(.*)', 'route.topic.replacement', '$2');
SELECT transform_refusal('route', 'route.topic.regex', '(.*)', 'route.topic.replacement', '$1', 'route.key.field.regex', 'x');
SELECT transform_refusal('route', 'route.topic.regex', '(', 'route.topic.replacement', '$1');

-- PartitionRouting: what Java's hashCode() of the fields' values is, summed, modulo the partitions
SELECT slot_new();
INSERT INTO item VALUES (1, 'pen é 😀', -5000000000, 9.95, '0101', '{a}'), (2, 'x', NULL, NULL, NULL, NULL);
UPDATE item SET name = NULL WHERE id = 2;
DELETE FROM item WHERE id = 1;
SELECT * FROM partitions('change.name');
SELECT * FROM partitions('change.name', 'murmur', '3') WHERE key = '{"id":1}';
SELECT * FROM partitions('op,source.table', 'java', '4') WHERE key = '{"id":1}';
SELECT fields, hash, p.partition FROM unnest('{change.id,change.n,change.price,"change.n, change.price"}'::text[]) AS fields, unnest('{java,murmur}'::text[]) AS hash,
    LATERAL partitions(fields, hash) AS p WHERE key = '{"id":1}' AND op = 'c';
-- fields that do not exist count for nothing, nor those of a row that is not there
SELECT * FROM partitions('change.nothing,nothing,op.x') WHERE op = 'c';
SELECT * FROM partitions('change.nothing,nothing,source') WHERE op = 'c';
SELECT * FROM partitions('before.name');
SELECT * FROM partitions('change.tags');
SELECT transform_refusal('part', 'part.partition.payload.fields', 'a,,b', 'part.partition.topic.num', '3');
SELECT transform_refusal('part', 'part.partition.payload.fields', 'a', 'part.partition.topic.num', '0');
SELECT transform_refusal('part', 'part.partition.payload.fields', 'a', 'part.partition.topic.num', '3', 'part.partition.hash.function', 'md5');
SELECT slot_drop();

-- ExtractChangedRecordState: which columns an update changed, if the old row is known
SELECT slot_new();
INSERT INTO item VALUES (3, 'ink', 3, 1.50, '0011', '{a,b}'), (4, NULL, NULL, NULL, NULL, NULL);
UPDATE item SET tags = '{a,c}', price = 2.50 WHERE id = 3;
UPDATE item SET n = n WHERE id = 4;
DELETE FROM item WHERE id = 3;
SELECT key, value::json->>'op', headers FROM through('changed', 'changed.header.changed.name', 'new', 'changed.header.unchanged.name', 'same');
SELECT headers FROM through('changed', 'changed.header.changed.name', 'new', 'debezium.version', '3.6.1.Final') WHERE key = '{"id":3}' AND value::json->>'op' = 'u';
-- HeaderToValue: headers as fields of the value, or of structures in it; a structure that gets one may not be null any more, as in Debezium
SELECT value, headers FROM through('changed,flat,move', 'changed.header.changed.name', 'new', 'changed.header.unchanged.name', 'same',
    'move.headers', 'new', 'move.fields', 'changed', 'move.operation', 'move') WHERE value IS NOT NULL;
SELECT value, headers FROM through('changed,move,flat', 'changed.header.changed.name', 'new', 'move.headers', 'new', 'move.fields', 'after.changed', 'move.operation', 'copy')
    WHERE value IS NOT NULL;
SELECT value, headers FROM through('changed,move,flat', 'changed.header.changed.name', 'new', 'move.headers', 'new', 'move.fields', 'after.changed', 'move.operation', 'move',
    'flat.delete.tombstone.handling.mode', 'rewrite');
SELECT value::json->'added' FROM through('changed,move', 'changed.header.changed.name', 'new', 'move.headers', 'new', 'move.fields', 'added.to.what', 'move.operation', 'move') LIMIT 1;
SELECT value::json->'added' FROM through('changed,move', 'changed.header.changed.name', 'new', 'move.headers', 'new,__debezium.context.taskId', 'move.fields', 'added.list,added.task',
    'move.operation', 'move', 'extended.headers.enabled', 'true') OFFSET 2 LIMIT 1;
SELECT value::json->'schema'->'fields'->8 FROM through('changed,move', 'changed.header.changed.name', 'new', 'move.headers', 'new', 'move.fields', 'list', 'move.operation', 'move',
    'value.converter.schemas.enable', 'true') LIMIT 1;
SELECT value FROM through('changed,move', 'changed.header.changed.name', 'new', 'move.headers', 'new', 'move.fields', 'op.x', 'move.operation', 'move') LIMIT 1;
SELECT transform_refusal('move', 'move.headers', 'a,b', 'move.fields', 'a', 'move.operation', 'copy');
SELECT transform_refusal('move', 'move.headers', 'a b', 'move.fields', 'a', 'move.operation', 'copy');
SELECT transform_refusal('move', 'move.headers', 'a', 'move.fields', 'a', 'move.operation', 'swap');
SELECT transform_refusal('move', 'move.headers', 'a', 'move.fields', 'a');
SELECT slot_drop();

-- TimezoneConverter: times with a zone show it, others are taken as its local time; dates stay
CREATE FUNCTION zoned(VARIADIC options text[]) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT value::json->>'after' FROM through('zone', VARIADIC options) AS r WHERE topic = 'app.public.moment'
$$;
SELECT slot_new();
INSERT INTO moment VALUES (1, '2020-01-15 12:00:00.5+00', '2020-01-15 12:00:00', '2020-07-15 12:00:00.123', '2020-07-15', '12:00:00+02');
INSERT INTO moment VALUES (2, '2020-03-08 02:30:00+00', '2020-03-08 02:30:00', '2020-11-01 01:30:00', NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM zoned('zone.converted.timezone', 'UTC');
SELECT * FROM zoned('zone.converted.timezone', '+05:30');
SELECT * FROM zoned('zone.converted.timezone', 'America/New_York', 'zone.exclude.list', 'source:moment:tt');
SELECT * FROM zoned('zone.converted.timezone', '-03:00', 'time.precision.mode', 'connect') LIMIT 1;
SELECT * FROM zoned('zone.converted.timezone', '-03:00', 'time.precision.mode', 'nanoseconds') LIMIT 1;
SELECT * FROM zoned('zone.converted.timezone', '-03:00', 'time.precision.mode', 'isostring') LIMIT 1;
-- rules: by table, by topic, by either; a field, or all
SELECT list, z FROM unnest('{source:moment,source:moment:tz,topic:app.public.moment:ts,moment:after.ms,source:other,"source:moment:tz,moment:tt",moment:before.tz}'::text[]) AS list,
    LATERAL (SELECT z FROM zoned('zone.converted.timezone', '+01:00', 'zone.include.list', list) AS z LIMIT 1) AS z;
SELECT list, z FROM unnest('{source:moment,source:moment:tz,source:other}'::text[]) AS list,
    LATERAL (SELECT z FROM zoned('zone.converted.timezone', '+01:00', 'zone.exclude.list', list) AS z LIMIT 1) AS z;
SELECT (a->>'ts_ms')::bigint - (b->>'ts_ms')::bigint, (a->>'ts_us')::bigint - (b->>'ts_us')::bigint, (a->>'ts_ns')::bigint - (b->>'ts_ns')::bigint
FROM (SELECT value::json->'source' AS a FROM wal2debezium.peek('regression', 1, 'config', config('zone', 'zone.converted.timezone', '+01:00', 'zone.include.list', 'moment:source.ts_ms,moment:source.ts_ns'))) AS one,
    (SELECT value::json->'source' AS b FROM wal2debezium.peek('regression', 1, 'topic.prefix', 'app', 'value.converter.schemas.enable', 'false')) AS other;
SELECT slot_drop();
SELECT zone, split_part(transform_refusal('zone', 'zone.converted.timezone', zone), E'\n', 1) FROM unnest('{Europe/Berlin,UTC,Etc/GMT+5,+08:00,+5,europe/berlin,XYZ+3,Europe/Atlantis,../passwd,+18:01}'::text[]) AS zone;
SELECT transform_refusal('zone', 'zone.converted.timezone', 'UTC', 'zone.include.list', 'moment');
SELECT transform_refusal('zone', 'zone.converted.timezone', 'UTC', 'zone.include.list', 'source:a', 'zone.exclude.list', 'source:b');
SELECT transform_refusal('zone', 'zone.include.list', 'source:a');
DROP FUNCTION zoned(text[]);
DROP FUNCTION transform_refusal(text, text[]);
DROP FUNCTION partitions(text, text, text);
DROP FUNCTION through(text, text[]);
DROP FUNCTION config(text, text[]);
DROP TABLE item, shard_1, shard_2, moment;

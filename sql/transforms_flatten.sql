-- ExtractNewRecordState: the row instead of the envelope, in Debezium's words.
\t on
\pset format unaligned
\pset null (null)
\set VERBOSITY terse
CREATE TABLE item (id int PRIMARY KEY, name text DEFAULT 'none', n int NOT NULL DEFAULT 7, tags text[], at point);
CREATE TABLE place (id int PRIMARY KEY, __op text, target text);
ALTER TABLE item REPLICA IDENTITY FULL;

-- What the next changes are with transforms by these names; options of theirs begin with the name. Nothing is consumed.
CREATE FUNCTION config(chain text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT (jsonb_build_object('topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false',
                'extended.headers.enabled', 'false', 'transforms', chain)
            || jsonb_object_agg('transforms.' || alias || '.type', 'io.debezium.transforms.' || class) FILTER (WHERE alias = ANY (string_to_array(chain, ',')))
            || (SELECT coalesce(jsonb_object_agg(CASE WHEN split_part(options[n], '.', 1) = ANY (string_to_array(chain, ',')) THEN 'transforms.' ELSE '' END || options[n], options[n + 1]), '{}')
                FROM generate_series(1, cardinality(options), 2) AS n))::text
    FROM (VALUES ('flat', 'ExtractNewRecordState'), ('changed', 'ExtractChangedRecordState')) AS t(alias, class)
$$;
CREATE FUNCTION through(chain text, VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(topic text, key text, value text, headers text) LANGUAGE sql AS $$
    SELECT topic, key, regexp_replace(regexp_replace(masked(value), '"\d+:\d+"', '"0:0"', 'g'), '\d{10,}', '0', 'g'), regexp_replace(headers::text, '\d{10,}', '0', 'g')
    FROM wal2debezium.peek('regression', NULL, 'config', config(chain, VARIADIC options))
$$;
CREATE FUNCTION flattened(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(topic text, key text, value text, headers text) LANGUAGE sql AS $$
    SELECT * FROM through('flat', VARIADIC options)
$$;
CREATE FUNCTION flatten_refusal(option text, value text) RETURNS text LANGUAGE sql AS $$
    SELECT refusal('transforms', 'flat', 'transforms.flat.type', 'io.debezium.transforms.ExtractNewRecordState', 'transforms.flat.' || option, value)
$$;
SELECT slot_new();
INSERT INTO item VALUES (1, 'pen', 1, '{a,b}', '(1,2)'), (2, NULL, 2, NULL, NULL);
UPDATE item SET name = 'quill' WHERE id = 1;
DELETE FROM item WHERE id = 2;
TRUNCATE item;
SELECT length(pg_logical_emit_message(true, 'prefix', 'text')::text) > 0;

-- the modes: what becomes of a delete and of the tombstone behind it; TRUNCATE goes, other records stay
SELECT mode, f.* FROM unnest('{drop,tombstone,rewrite,rewrite-with-tombstone,delete-to-tombstone}'::text[]) AS mode,
    LATERAL flattened('flat.delete.tombstone.handling.mode', mode, 'skipped.operations', 'none') AS f WHERE topic <> 'app.message';
SELECT topic, value FROM flattened() WHERE topic = 'app.message';
-- in the rewrite modes a null becomes the column's default, whatever the converter does
SELECT value FROM flattened('flat.delete.tombstone.handling.mode', 'rewrite', 'value.converter.replace.null.with.default', 'false') LIMIT 2;
SELECT value FROM flattened('flat.delete.tombstone.handling.mode', 'rewrite', 'value.converter.replace.null.with.default', 'false', 'flat.replace.null.with.default', 'false') LIMIT 2;
SELECT value FROM flattened('value.converter.replace.null.with.default', 'false') LIMIT 2;
-- before Debezium 3.2 two options said it, and without any a delete was dropped
SELECT n, key, value FROM (VALUES (1, '{}'::text[]), (2, '{flat.drop.tombstones,false}'), (3, '{flat.delete.handling.mode,none,flat.drop.tombstones,false}'), (4, '{flat.delete.handling.mode,rewrite}'),
    (5, '{flat.delete.handling.mode,rewrite,flat.delete.tombstone.handling.mode,tombstone}')) AS o(n, options),
    LATERAL flattened(VARIADIC ARRAY['debezium.version', '3.1.3.Final'] || options) WHERE key = '{"id":2}';
-- added fields: bare names are looked up where they usually are; those that do not exist are left out
SELECT value FROM flattened('flat.add.fields', 'op, table,source.schema,ts_ms:at ,source.ts_ms, nothing,id,transaction.total_order:n2', 'provide.transaction.metadata', 'true', 'flat.delete.tombstone.handling.mode', 'rewrite') WHERE topic = 'app.public.item';
SELECT value FROM flattened('flat.add.fields', 'before.name:old,op', 'flat.add.fields.prefix', 'meta.');
SELECT key, value, headers FROM flattened('flat.add.headers', 'op,source.table,ts_ms,before.name:old,nothing,tags', 'flat.add.headers.prefix', 'h_', 'flat.delete.tombstone.handling.mode', 'rewrite-with-tombstone') WHERE topic = 'app.public.item';
-- with schemas: the row's schema without optional, added fields without defaults
SELECT value FROM flattened('value.converter.schemas.enable', 'true', 'flat.add.fields', 'op,source.snapshot,before.n', 'flat.delete.tombstone.handling.mode', 'rewrite') LIMIT 1;
INSERT INTO item VALUES (3, NULL, 3, '{}', NULL);
-- rows of a snapshot
SELECT key, regexp_replace(value, '\d{10,}', '0', 'g'), headers FROM wal2debezium.snapshot('item', 'config', config('flat', 'flat.add.fields', 'op,source.snapshot,ts_ms', 'flat.add.headers', 'source.snapshot'));
-- what stops the run
SELECT value FROM flattened('flat.add.fields', 'nowhere.x');
SELECT value FROM flattened('flat.add.fields', 'op.x');
SELECT value FROM flattened('flat.add.fields', 'source:s');
SELECT value FROM flattened('flat.add.fields', 'op:name', 'flat.add.fields.prefix', '');
SELECT value FROM flattened('flat.add.fields', 'before.at:p');
SELECT value FROM flattened('flat.route.by.field', 'n');
SELECT value FROM flattened('flat.route.by.field', 'no');
SELECT slot_drop();

-- topics by a column, if it says something
SELECT slot_new();
INSERT INTO place VALUES (1, 'x', 'here'), (2, NULL, NULL), (3, NULL, '  ');
DELETE FROM place WHERE id = 1;
SELECT topic, value FROM flattened('flat.route.by.field', 'target');
SELECT topic, value FROM flattened('flat.route.by.field', '__deleted', 'flat.delete.tombstone.handling.mode', 'rewrite');
-- a column that is there already
SELECT value FROM flattened('flat.add.fields', 'op');
SELECT slot_drop();

-- fields that a header lists, here those that did not change, are dropped if they may be missing
ALTER TABLE place REPLICA IDENTITY FULL;
SELECT slot_new();
INSERT INTO place VALUES (7, 'x', 'here');
UPDATE place SET target = 'there' WHERE id = 7;
UPDATE place SET __op = 'y' WHERE id = 7;
DELETE FROM place WHERE id = 7;
CREATE FUNCTION dropped(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(key text, value text, headers text) LANGUAGE sql AS $$
    SELECT key, value, headers FROM through('changed,flat', VARIADIC ARRAY['changed.header.unchanged.name', 'same', 'flat.drop.fields.header.name', 'same'] || options)
$$;
SELECT * FROM dropped('flat.delete.tombstone.handling.mode', 'rewrite');
-- an added field that was dropped, and a column of the same name as one
SELECT * FROM dropped('flat.add.fields', 'op:__op');
SELECT * FROM dropped('flat.drop.fields.keep.schema.compatible', 'false', 'flat.drop.fields.from.key', 'true', 'value.converter.schemas.enable', 'true', 'key.converter.schemas.enable', 'true') OFFSET 1 LIMIT 1;
SELECT value FROM through('flat', 'flat.drop.fields.header.name', '__debezium.context.taskId', 'extended.headers.enabled', 'true');
SELECT slot_drop();

-- options
SELECT flatten_refusal('drop.tombstones', 'false');
SELECT flatten_refusal('delete.handling.mode', 'rewrite');
SELECT flatten_refusal('delete.tombstone.handling.mode', 'keep');
SELECT flatten_refusal('add.fields', 'op:a:b');
SELECT flatten_refusal('drop.fields.from.key', 'perhaps');
SELECT flatten_refusal('add.field', 'op');
DROP FUNCTION dropped(text[]);
DROP FUNCTION flatten_refusal(text, text);
DROP FUNCTION flattened(text[]);
DROP FUNCTION through(text, text[]);
DROP FUNCTION config(text, text[]);
DROP TABLE item, place;

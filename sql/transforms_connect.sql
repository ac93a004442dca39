-- Kafka Connect's own transforms and predicates, by the property names of a connector.json.
\t on
\pset format unaligned
\pset null (null)
CREATE TABLE item (id int PRIMARY KEY, name text DEFAULT 'none', n int DEFAULT 7, price numeric(8,2), whole numeric(6,0), f real, ok boolean, raw bytea,
    tags text[], at point);
INSERT INTO item VALUES (1, 'pen', 42, 9.95, 300, 0.1, true, '\x0102', '{a,b}', NULL);
CREATE TABLE empty (id int PRIMARY KEY, name text DEFAULT 'none', n int DEFAULT 7);
INSERT INTO empty VALUES (1, NULL, NULL);

-- A row of a table with one transform, behind another that takes the row out of the envelope; or why that cannot be.
CREATE FUNCTION transformed(relation regclass, class text, VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE(topic text, key text, value text, headers text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT s.topic, s.key, s.value, s.headers::text
    FROM wal2debezium.snapshot(relation, VARIADIC ARRAY['topic.prefix', 'app', 'extended.headers.enabled', 'false',
        'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false', 'value.converter.replace.null.with.default', 'false',
        'transforms', 'row,t', 'transforms.row.type', 'org.apache.kafka.connect.transforms.ExtractField$Value', 'transforms.row.field', 'after',
        'transforms.t.type', 'org.apache.kafka.connect.transforms.' || class]
        || (SELECT array_agg(CASE n % 2 WHEN 1 THEN 'transforms.t.' || o ELSE o END ORDER BY n) FROM unnest(options) WITH ORDINALITY AS u(o, n))) AS s;
EXCEPTION WHEN OTHERS THEN
    RETURN QUERY SELECT SQLERRM, NULL, NULL, NULL;
END $$;
-- The schemas of key and value that a transform leaves.
CREATE FUNCTION schemas(relation regclass, class text, VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(key text, value text) LANGUAGE sql AS $$
    SELECT s.key::json->>'schema', s.value::json->>'schema'
    FROM wal2debezium.snapshot(relation, VARIADIC ARRAY['topic.prefix', 'app', 'extended.headers.enabled', 'false',
        'transforms', 'row,t', 'transforms.row.type', 'org.apache.kafka.connect.transforms.ExtractField$Value', 'transforms.row.field', 'after',
        'transforms.t.type', 'org.apache.kafka.connect.transforms.' || class]
        || (SELECT array_agg(CASE n % 2 WHEN 1 THEN 'transforms.t.' || o ELSE o END ORDER BY n) FROM unnest(options) WITH ORDINALITY AS u(o, n))) AS s
$$;

-- InsertField: "!" makes a field required; a source record has neither partition nor timestamp
SELECT value FROM transformed('empty', 'InsertField$Value', 'static.field', 'origin', 'static.value', 'pg', 'topic.field', 'topic!', 'timestamp.field', 'at?',
    'partition.field', 'part');
SELECT value FROM schemas('empty', 'InsertField$Value', 'static.field', 'origin', 'static.value', 'pg', 'topic.field', 'topic!', 'timestamp.field', 'at?',
    'partition.field', 'part');
SELECT key, value FROM transformed('empty', 'InsertField$Key', 'static.field', 'tenant', 'static.value', 'a', 'replace.null.with.default', 'false');
SELECT value FROM transformed('empty', 'InsertField$Value', 'static.field', 'x', 'static.value', 'y', 'replace.null.with.default', 'false');
SELECT topic FROM transformed('empty', 'InsertField$Value', 'static.field', 'n', 'static.value', '1');
SELECT topic FROM transformed('empty', 'InsertField$Value', 'partition.field', 'part!');

-- ReplaceField: what is excluded and included goes by the old names
SELECT value FROM transformed('item', 'ReplaceField$Value', 'include', 'id,name,n', 'exclude', 'n', 'renames', 'name:title');
SELECT value FROM transformed('item', 'ReplaceField$Value', 'include', 'id, name', 'renames', 'id:name, name:id');
SELECT key FROM transformed('item', 'ReplaceField$Key', 'renames', 'id:item_id');
SELECT value FROM transformed('empty', 'ReplaceField$Value', 'exclude', 'id', 'replace.null.with.default', 'false');
SELECT key, value FROM schemas('empty', 'ReplaceField$Value', 'exclude', 'id', 'renames', 'n:m');
SELECT topic FROM transformed('item', 'ReplaceField$Value', 'renames', 'name:n');
SELECT topic FROM transformed('item', 'ReplaceField$Value', 'exclude', 'absent', 'renames', 'absent:n');

-- MaskField: an empty value of the type, or the replacement; nulls stay
SELECT value FROM transformed('item', 'MaskField$Value', 'fields', 'id,name,whole,f,ok,tags,at');
SELECT value FROM transformed('item', 'MaskField$Value', 'fields', 'name', 'replacement', '***');
SELECT value FROM transformed('item', 'MaskField$Value', 'fields', 'n,price,f', 'replacement', '1.50');
SELECT value FROM transformed('empty', 'MaskField$Value', 'fields', 'name,n', 'replace.null.with.default', 'false');
SELECT topic FROM transformed('item', 'MaskField$Value', 'fields', 'price');
SELECT topic FROM transformed('item', 'MaskField$Value', 'fields', 'raw');
SELECT topic FROM transformed('item', 'MaskField$Value', 'fields', 'ok', 'replacement', '1');
SELECT topic FROM transformed('item', 'MaskField$Value', 'fields', 'n', 'replacement', 'x');

-- HoistField and ExtractField
SELECT key, value FROM transformed('empty', 'HoistField$Key', 'field', 'wrapped');
SELECT key FROM schemas('empty', 'HoistField$Key', 'field', 'wrapped');
SELECT key FROM transformed('empty', 'ExtractField$Key', 'field', 'id');
SELECT key FROM schemas('empty', 'ExtractField$Key', 'field', 'id');
SELECT value FROM transformed('empty', 'ExtractField$Value', 'field', 'n');
SELECT value FROM transformed('empty', 'ExtractField$Value', 'field', 'n', 'replace.null.with.default', 'false');
SELECT topic FROM transformed('empty', 'ExtractField$Value', 'field', 'absent');
SELECT topic FROM transformed('empty', 'ExtractField$Value', 'field', 'n.x', 'field.syntax.version', 'V2');

-- ValueToKey
SELECT key FROM transformed('empty', 'ValueToKey', 'fields', 'name,id');
SELECT key FROM transformed('empty', 'ValueToKey', 'fields', 'name,id', 'replace.null.with.default', 'false');
SELECT key FROM schemas('empty', 'ValueToKey', 'fields', 'n');
SELECT topic FROM transformed('empty', 'ValueToKey', 'fields', 'absent');

-- SetSchemaMetadata
SELECT key, value FROM schemas('empty', 'SetSchemaMetadata$Value', 'schema.name', 'shop.Item', 'schema.version', '3');
SELECT key FROM schemas('empty', 'SetSchemaMetadata$Key', 'schema.version', '2');

-- HeaderFrom, InsertHeader, DropHeaders
SELECT value, headers FROM transformed('item', 'HeaderFrom$Value', 'fields', 'id,price,tags', 'headers', 'a,b,c', 'operation', 'copy');
SELECT value, headers FROM transformed('empty', 'HeaderFrom$Value', 'fields', 'n,name', 'headers', 'a,a', 'operation', 'move');
SELECT key, headers FROM transformed('empty', 'HeaderFrom$Key', 'fields', 'id', 'headers', 'key', 'operation', 'move');
SELECT topic FROM transformed('empty', 'HeaderFrom$Value', 'fields', 'absent', 'headers', 'a', 'operation', 'copy');
SELECT headers FROM transformed('empty', 'InsertHeader', 'header', 'app', 'value.literal', 'shop');

-- Topics
SELECT topic FROM transformed('empty', 'RegexRouter', 'regex', 'app\.(?<schema>\w+)\.(.*)', 'replacement', '${schema}-$2');
SELECT topic FROM transformed('empty', 'RegexRouter', 'regex', 'app', 'replacement', 'x');
SELECT topic FROM transformed('empty', 'TimestampRouter');

-- The changes of a slot: chains in order, predicates, tombstones
CREATE FUNCTION chain(VARIADIC options text[]) RETURNS TABLE(topic text, key text, value text, headers text) LANGUAGE sql AS $$
    SELECT p.topic, p.key, masked(p.value), p.headers
    FROM wal2debezium.peek('regression', NULL, VARIADIC ARRAY['topic.prefix', 'app', 'extended.headers.enabled', 'false',
        'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false'] || options) AS p
$$;
SELECT slot_new();
INSERT INTO empty VALUES (2, 'a', 2);
DELETE FROM empty WHERE id = 2;
INSERT INTO item (id, name) VALUES (3, 'b');
\set flat '''transforms.flat.type'', ''org.apache.kafka.connect.transforms.Flatten$Value'', ''transforms.flat.delimiter'', ''_'''
\set few '''transforms.few.type'', ''org.apache.kafka.connect.transforms.ReplaceField$Value'', ''transforms.few.include'', ''op,before_id,after_id,after_name,source_table'''
SELECT topic, key, value FROM chain('transforms', 'flat,few', 'table.include.list', 'public.empty', :flat, :few);
-- V2 of field paths; a null has the schema of the field
SELECT key, value FROM chain('transforms', 't', 'transforms.t.type', 'org.apache.kafka.connect.transforms.ExtractField$Value',
    'transforms.t.field', 'after.`name`', 'transforms.t.field.syntax.version', 'V2', 'transforms.t.replace.null.with.default', 'false');
-- of a tombstone, HoistField makes a map without schema
SELECT key, value FROM chain('transforms', 't', 'transforms.t.type', 'org.apache.kafka.connect.transforms.HoistField$Value', 'transforms.t.field', 'row',
    'table.include.list', 'public.empty') OFFSET 2;
-- what a transform does not change stays as it is, holes and all
SELECT json_object_keys(value::json->'source') FROM chain('transforms', 't', 'transforms.t.type', 'org.apache.kafka.connect.transforms.ReplaceField$Value',
    'transforms.t.include', 'source', 'table.include.list', 'public.item');
-- Filter drops what its predicate says
SELECT topic, key, value IS NULL AS tombstone FROM chain('transforms', 'drop', 'transforms.drop.type', 'org.apache.kafka.connect.transforms.Filter',
    'transforms.drop.predicate', 'tomb', 'predicates', 'tomb', 'predicates.tomb.type', 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone');
SELECT topic, key, value IS NULL AS tombstone FROM chain('transforms', 'drop', 'transforms.drop.type', 'org.apache.kafka.connect.transforms.Filter',
    'transforms.drop.predicate', 'item', 'transforms.drop.negate', 'true', 'predicates', 'item',
    'predicates.item.type', 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches', 'predicates.item.pattern', '.*\.it[e]m');
-- a header made of a field decides about the next transform
SELECT topic, key, headers FROM chain('transforms', 'mark,route,clean', 'predicates', 'tomb,marked',
    'transforms.mark.type', 'org.apache.kafka.connect.transforms.HeaderFrom$Value', 'transforms.mark.fields', 'op', 'transforms.mark.headers', 'op',
    'transforms.mark.operation', 'copy', 'transforms.mark.predicate', 'tomb', 'transforms.mark.negate', 'true',
    'transforms.route.type', 'org.apache.kafka.connect.transforms.RegexRouter', 'transforms.route.regex', '.*', 'transforms.route.replacement', 'marked',
    'transforms.route.predicate', 'marked',
    'transforms.clean.type', 'org.apache.kafka.connect.transforms.DropHeaders', 'transforms.clean.headers', 'op,absent', 'transforms.clean.predicate', 'tomb',
    'predicates.tomb.type', 'org.apache.kafka.connect.transforms.predicates.RecordIsTombstone',
    'predicates.marked.type', 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey', 'predicates.marked.name', 'op');
SELECT slot_drop();

-- Options that are missing, malformed or not built
CREATE FUNCTION refused(class text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT refusal(VARIADIC ARRAY['transforms', 't', 'transforms.t.type', 'org.apache.kafka.connect.transforms.' || class]
        || (SELECT array_agg(CASE n % 2 WHEN 1 THEN 'transforms.t.' || o ELSE o END ORDER BY n) FROM unnest(options) WITH ORDINALITY AS u(o, n)))
$$;
SELECT refused('InsertField$Value');
SELECT refused('InsertField$Value', 'offset.field', 'o', 'static.field', 'a', 'static.value', 'b');
SELECT refused('InsertField$Value', 'static.field', 'a');
SELECT refused('ReplaceField$Value', 'renames', 'a:');
SELECT refused('ReplaceField$Value', 'renames', 'a:c,b:c');
SELECT refused('ReplaceField$Value', 'blacklist', 'a');
SELECT refused('MaskField$Value', 'fields', ',');
SELECT refused('MaskField$Value', 'fields', 'a', 'replacement', '');
SELECT refused('HoistField$Key');
SELECT refused('ExtractField$Key', 'field', 'a.`b', 'field.syntax.version', 'v2');
SELECT refused('ExtractField$Key', 'field', 'a', 'field.syntax.version', 'V3');
SELECT refused('ValueToKey');
SELECT refused('SetSchemaMetadata$Key');
SELECT refused('SetSchemaMetadata$Key', 'schema.version', '0');
SELECT refused('HeaderFrom$Key', 'fields', 'a,b', 'headers', 'a', 'operation', 'copy');
SELECT refused('HeaderFrom$Key', 'fields', 'a', 'headers', 'a', 'operation', 'swap');
SELECT refused('DropHeaders', 'headers', '');
SELECT refused('RegexRouter', 'regex', '(a', 'replacement', 'b');
SELECT refused('RegexRouter', 'regex', '(a)', 'replacement', '$2');
SELECT refused('TimestampRouter', 'timestamp.format', 'YYYY-ww');
SELECT refused('Filter', 'condition', 'a');
SELECT refusal('predicates', 'p', 'predicates.p.type', 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches', 'predicates.p.pattern', '');
SELECT refusal('predicates', 'p', 'predicates.p.type', 'org.apache.kafka.connect.transforms.predicates.HasHeaderKey');

DROP FUNCTION transformed;
DROP FUNCTION schemas;
DROP FUNCTION chain;
DROP FUNCTION refused;
DROP TABLE item, empty;

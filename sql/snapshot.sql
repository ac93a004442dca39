-- Rows of a table as "r" records, by the same encoder.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE empty (id int PRIMARY KEY);
INSERT INTO t VALUES (1, 'a'), (2, NULL), (3, 'c');
DELETE FROM t WHERE id = 2;
SELECT topic, key::json, masked(value)::json, headers
FROM wal2debezium.snapshot('t', 'topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false', 'extended.headers.enabled', 'false');
SELECT count(*) FROM wal2debezium.snapshot('empty', 'topic.prefix', 'app');
SELECT * FROM wal2debezium.snapshot('no_such_table', 'topic.prefix', 'app');
-- ranges of blocks, a statement of one's own; frames are for the relay
CREATE FUNCTION frame_rows(frames bytea[]) RETURNS text LANGUAGE sql AS
$$ SELECT string_agg(m[1], ' ') FROM unnest(frames) AS f, regexp_matches(encode(f, 'escape'), '"after":\{"id":(\d+)', 'g') AS m $$;
CREATE VIEW options AS SELECT ARRAY['topic.prefix', 'app', 'value.converter.schemas.enable', 'false'] AS o;
CREATE TABLE wide (id int PRIMARY KEY, v text);
ALTER TABLE wide ALTER v SET STORAGE PLAIN;
INSERT INTO wide SELECT g, repeat('x', 5000) FROM generate_series(0, 4) AS g;
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'all', NULL, VARIADIC o) FROM options));
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 1, 3, 'all', NULL, VARIADIC o) FROM options));
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 4, 9, 'all', NULL, VARIADIC o) FROM options));
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 7, NULL, 'all', NULL, VARIADIC o) FROM options));
SELECT pg_current_snapshot() AS then \gset
INSERT INTO wide VALUES (5, 'new');
UPDATE wide SET v = 'changed' WHERE id = 2;
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'seen', :'then', VARIADIC o) FROM options)),
	frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'seen or updated', :'then', VARIADIC o) FROM options)),
	frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'updated', :'then', VARIADIC o) FROM options));
-- a frozen row might be of any time
VACUUM FREEZE wide;
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'seen', :'then', VARIADIC o) FROM options));
SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'some', NULL, VARIADIC o) FROM options;
SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'seen', NULL, VARIADIC o) FROM options;
SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'seen', '5:4:', VARIADIC o) FROM options;
SELECT wal2debezium.snapshot_blocks('wide', 0, NULL, 'seen', '5:9:7,6', VARIADIC o) FROM options;
SELECT wal2debezium.snapshot_blocks('wide', -1, NULL, 'all', NULL, VARIADIC o) FROM options;
SELECT frame_rows(ARRAY(SELECT wal2debezium.snapshot_query('t', 'SELECT id FROM t WHERE id > 1 ORDER BY id DESC', VARIADIC o) FROM options));
SELECT wal2debezium.snapshot_query('t', 'SELECT id, 1 AS other FROM t', VARIADIC o) FROM options;
SELECT wal2debezium.snapshot_query('t', 'SELECT id::text FROM t', VARIADIC o) FROM options;
SELECT wal2debezium.snapshot_query('t', 'DELETE FROM t', VARIADIC o) FROM options;
SELECT wal2debezium.list_position('public\.a.*, public\.b', 'public.b'), wal2debezium.list_position('public.a', 'public.b');
DROP FUNCTION frame_rows;
DROP VIEW options;
DROP TABLE wide;
-- kinds of tables: each row once, under the name that the stream uses
CREATE FUNCTION rows_of(relation regclass, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat(s.topic, s.key), ' ' ORDER BY s.key)
    FROM wal2debezium.snapshot(relation, VARIADIC ARRAY['topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false'] || options) AS s
$$;
CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
INSERT INTO unlogged VALUES (1);
SELECT rows_of('unlogged');
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
INSERT INTO parent VALUES (1);
INSERT INTO child VALUES (2);
SELECT rows_of('parent'), rows_of('child');
CREATE TABLE "Parted" (id int PRIMARY KEY, g int GENERATED ALWAYS AS (id * 2) STORED) PARTITION BY RANGE (id);
CREATE TABLE low (g int GENERATED ALWAYS AS (id * 2) STORED, gone text, id int NOT NULL);
ALTER TABLE low DROP gone;
ALTER TABLE "Parted" ATTACH PARTITION low FOR VALUES FROM (0) TO (10);
CREATE TABLE high PARTITION OF "Parted" FOR VALUES FROM (10) TO (20) PARTITION BY RANGE (id);
CREATE TABLE higher PARTITION OF high FOR VALUES FROM (10) TO (20);
INSERT INTO "Parted" VALUES (5), (15);
SELECT rows_of('low'), rows_of('higher');
SELECT rows_of('"Parted"');
SELECT rows_of('"Parted"', 'publish.via.partition.root', 'true');
SELECT rows_of('low', 'publish.via.partition.root', 'true');
SELECT length(string_agg(f, '')) > 0 FROM (SELECT wal2debezium.snapshot_frames('"Parted"', 'topic.prefix', 'app', 'publish.via.partition.root', 'true')) AS s(f);
SELECT wal2debezium.snapshot_blocks('"Parted"', 0, NULL, 'all', NULL, 'topic.prefix', 'app', 'publish.via.partition.root', 'true');
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
CREATE FOREIGN TABLE far_away (id int) SERVER nowhere;
CREATE VIEW seen AS SELECT * FROM parent;
SELECT rows_of('far_away');
SELECT rows_of('seen');
SELECT table_name, captured, reason, before FROM wal2debezium.tables('schema.include.list', 'public', 'table.include.list', 'public.(unlogged|parent|child|Parted|low|high|higher|far_away|seen)')
WHERE schema_name = 'public' AND table_name NOT IN ('t', 'empty') ORDER BY table_name COLLATE "C";
DO $$ BEGIN EXECUTE (SELECT 'CREATE TABLE very_wide (id int PRIMARY KEY, ' || string_agg('c' || n || ' int', ', ') || ')' FROM generate_series(1, 1599) n); END $$;
INSERT INTO very_wide (id, c1599) VALUES (1, 1599);
SELECT topic, (SELECT count(*) FROM json_object_keys(value::json->'after')) AS columns, value::json->'after'->'c1599' AS last
FROM wal2debezium.snapshot('very_wide', 'topic.prefix', 'app', 'value.converter.schemas.enable', 'false');
DROP FOREIGN DATA WRAPPER nowhere CASCADE;
DROP TABLE unlogged, child, parent, "Parted", very_wide CASCADE;
DROP FUNCTION rows_of;
-- the caller's privileges and row security decide
CREATE ROLE snapshot_reader;
GRANT USAGE ON SCHEMA wal2debezium TO snapshot_reader;
SET ROLE snapshot_reader;
SELECT count(*) FROM wal2debezium.snapshot('t', 'topic.prefix', 'app');
RESET ROLE;
REVOKE USAGE ON SCHEMA wal2debezium FROM snapshot_reader;
DROP ROLE snapshot_reader;
DROP TABLE t, empty;

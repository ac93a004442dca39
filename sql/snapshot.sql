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
-- the caller's privileges and row security decide
CREATE ROLE snapshot_reader;
GRANT USAGE ON SCHEMA wal2debezium TO snapshot_reader;
SET ROLE snapshot_reader;
SELECT count(*) FROM wal2debezium.snapshot('t', 'topic.prefix', 'app');
RESET ROLE;
REVOKE USAGE ON SCHEMA wal2debezium FROM snapshot_reader;
DROP ROLE snapshot_reader;
DROP TABLE t, empty;

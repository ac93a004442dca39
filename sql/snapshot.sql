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
-- the caller's privileges and row security decide
CREATE ROLE snapshot_reader;
GRANT USAGE ON SCHEMA wal2debezium TO snapshot_reader;
SET ROLE snapshot_reader;
SELECT count(*) FROM wal2debezium.snapshot('t', 'topic.prefix', 'app');
RESET ROLE;
REVOKE USAGE ON SCHEMA wal2debezium FROM snapshot_reader;
DROP ROLE snapshot_reader;
DROP TABLE t, empty;

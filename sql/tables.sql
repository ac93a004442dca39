-- tables(): what would be captured, and what would hurt.
\t on
\pset format unaligned
CREATE SCHEMA s;
CREATE TABLE s.plain (id int PRIMARY KEY, v varchar(10));
CREATE TABLE s.toasted (id int PRIMARY KEY, doc text, n int);
CREATE TABLE s.full_identity (id int PRIMARY KEY, doc text);
ALTER TABLE s.full_identity REPLICA IDENTITY FULL;
CREATE TABLE s.no_key (v text);
CREATE TABLE s.nothing (id int PRIMARY KEY);
ALTER TABLE s.nothing REPLICA IDENTITY NOTHING;
CREATE TABLE s.by_unique_index (a int NOT NULL UNIQUE, b int);
CREATE TABLE s.by_index (id int PRIMARY KEY, code int NOT NULL UNIQUE);
ALTER TABLE s.by_index REPLICA IDENTITY USING INDEX by_index_code_key;
CREATE UNLOGGED TABLE s.unlogged (id int PRIMARY KEY);
CREATE TABLE s.parted (id int PRIMARY KEY) PARTITION BY RANGE (id);
CREATE TABLE s.part_1 PARTITION OF s.parted FOR VALUES FROM (0) TO (10);
CREATE VIEW s.a_view AS SELECT 1 AS one;
SELECT table_name, captured, reason, topic, key_columns, replica_identity, before, toast_columns
FROM wal2debezium.tables('topic.prefix', 'app', 'schema.include.list', 's', 'table.exclude.list', 's.plain') ORDER BY table_name COLLATE "C";
SELECT table_name, captured, reason, topic, key_columns, replica_identity, before, toast_columns
FROM wal2debezium.tables('topic.prefix', 'app', 'table.include.list', 's.plain', 'message.key.columns', 's.plain:v') WHERE schema_name = 's' AND captured;
-- relation is the table's OID
SELECT relation::regclass FROM wal2debezium.tables('topic.prefix', 'app') WHERE table_name = 'plain';
SELECT * FROM wal2debezium.tables('topic.prefx', 'app');
DROP SCHEMA s CASCADE;

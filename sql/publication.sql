-- An existing publication decides as it does for pgoutput.
\t on
\pset format unaligned
\pset null (null)
CREATE SCHEMA s;
CREATE TABLE t (id int PRIMARY KEY, a int, secret text);
CREATE TABLE s.u (id int PRIMARY KEY);
CREATE TABLE part (id int PRIMARY KEY, v int) PARTITION BY RANGE (id);
CREATE TABLE part_low PARTITION OF part FOR VALUES FROM (0) TO (10);
CREATE TABLE part_high (v int, id int NOT NULL PRIMARY KEY);
ALTER TABLE part ATTACH PARTITION part_high FOR VALUES FROM (10) TO (20);
CREATE FUNCTION published(name text) RETURNS TABLE(topic text, key text, op text, before text, after text) LANGUAGE sql AS $$
    SELECT * FROM changes('publication.autocreate.mode', 'disabled', 'publication.name', name, 'tombstones.on.delete', 'false')
$$;
CREATE PUBLICATION members FOR TABLE t (id, a) WITH (publish = 'insert, update');
CREATE PUBLICATION of_schema FOR TABLES IN SCHEMA s;
CREATE PUBLICATION filtered FOR TABLE t WHERE (id < 10);
CREATE PUBLICATION leaves FOR TABLE part;
CREATE PUBLICATION via_root FOR TABLE part WHERE (id <> 5) WITH (publish_via_partition_root = true);
SELECT slot_new();
-- members, their columns, and operations
INSERT INTO t VALUES (1, 1, 'x');
INSERT INTO s.u VALUES (1);
UPDATE t SET a = 2;
DELETE FROM t;
SELECT * FROM published('members');
-- all tables of a schema
INSERT INTO t VALUES (1, 1, 'x');
INSERT INTO s.u VALUES (2);
SELECT * FROM published('of_schema');
-- a row that begins to match is an insert, one that ceases to is a delete
INSERT INTO t VALUES (50, 1, 'x');
UPDATE t SET id = 2 WHERE id = 50;
UPDATE t SET a = 3 WHERE id = 2;
UPDATE t SET id = 60 WHERE id = 2;
UPDATE t SET a = 4 WHERE id = 60;
DELETE FROM t WHERE id = 60;
SELECT op, before, after FROM published('filtered');
-- partitions by themselves, and as their root with the root's columns
INSERT INTO part VALUES (1, 1), (5, 5), (11, 11);
SELECT topic, after FROM published('leaves');
INSERT INTO part VALUES (2, 2), (12, 12);
UPDATE part SET id = 13 WHERE id = 2;
UPDATE part SET v = 6 WHERE id = 5;
SELECT topic, key, op, before, after FROM published('via_root');
-- a publication of another time or none publishes nothing
INSERT INTO t VALUES (3, 1, 'x');
SELECT * FROM published('nowhere');
-- in the other modes none is needed; no_tables is like disabled
INSERT INTO t VALUES (6, 1, 'x');
INSERT INTO s.u VALUES (4);
SELECT topic FROM changes('publication.autocreate.mode', 'filtered', 'table.include.list', 's.u');
INSERT INTO t VALUES (7, 1, 'x');
SELECT topic FROM changes('publication.autocreate.mode', 'all_tables', 'publication.name', 'nowhere');
INSERT INTO t VALUES (8, 1, 'x');
SELECT topic FROM changes('publication.autocreate.mode', 'no_tables', 'publication.name', 'nowhere');
SELECT slot_drop();
-- WHERE over a TOAST value that an update left alone, of a table emptied since; over a column added with a default
CREATE TABLE toasted (id int PRIMARY KEY, big text, v int);
ALTER TABLE toasted ALTER big SET STORAGE EXTERNAL, REPLICA IDENTITY FULL;
CREATE PUBLICATION large FOR TABLE toasted WHERE (length(big) > 3000);
INSERT INTO toasted VALUES (1, repeat('x', 5000), 1), (2, repeat('y', 2500), 1);
CREATE TABLE added (id int PRIMARY KEY, v int);
ALTER TABLE added REPLICA IDENTITY FULL;
INSERT INTO added VALUES (1, 1);
ALTER TABLE added ADD d int DEFAULT 5;
CREATE PUBLICATION fives FOR TABLE added WHERE (d = 5);
SELECT slot_new();
UPDATE toasted SET v = 2;
TRUNCATE toasted;
VACUUM FULL toasted;
SELECT op, length(before::json->>'big') AS before, length(after::json->>'big') AS after FROM published('large');
UPDATE added SET v = 2;
SELECT op, before, after FROM published('fives');
SELECT slot_drop();
DROP PUBLICATION large, fives;
DROP TABLE toasted, added;
DROP PUBLICATION members, of_schema, filtered, leaves, via_root;
DROP FUNCTION published;
DROP TABLE t, part;
DROP TABLE s.u;
DROP SCHEMA s;

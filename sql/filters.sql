-- Which tables and columns are captured.
\t on
\pset format unaligned
CREATE SCHEMA s1;
CREATE SCHEMA s2;
CREATE TABLE s1.a (id int PRIMARY KEY, secret text, n int);
CREATE TABLE s1.ab (id int PRIMARY KEY, secret text, n int);
CREATE TABLE s2."Mixed" (id int PRIMARY KEY, secret text, n int);
CREATE PROCEDURE change_all() LANGUAGE sql AS $$
    INSERT INTO s1.a VALUES (1, 'x', 1); INSERT INTO s1.ab VALUES (1, 'x', 1); INSERT INTO s2."Mixed" VALUES (1, 'x', 1);
    TRUNCATE s1.a, s1.ab, s2."Mixed";
$$;
SELECT slot_new();
CALL change_all();
SELECT topic FROM records('table.include.list', 's1.a');
CALL change_all();
SELECT topic FROM records('table.include.list', 'S1\.A.*, s2\.mixed');
CALL change_all();
SELECT topic FROM records('table.exclude.list', 's1.a.*');
CALL change_all();
SELECT topic FROM records('schema.include.list', 's2');
CALL change_all();
SELECT topic FROM records('schema.exclude.list', 's[12]');
CALL change_all();
SELECT topic, after FROM changes('column.exclude.list', 's1.a.secret,.*\.n', 'table.exclude.list', 's1.ab');
CALL change_all();
SELECT topic, after FROM changes('column.include.list', 's1.a.(id|n),s2.Mixed.secret', 'table.exclude.list', 's1.ab');
CALL change_all();
SELECT topic, key FROM changes('message.key.columns', 's1.a:n;s2.Mixed:secret,n');
CREATE PUBLICATION only_a FOR TABLE s1.a;
CALL change_all();
SELECT topic FROM records('publication.autocreate.mode', 'disabled', 'publication.name', 'only_a');
INSERT INTO s1.a VALUES (1, 'x', 1);
UPDATE s1.a SET n = 2;
DELETE FROM s1.a;
SELECT op FROM changes('skipped.operations', 'u,d');
INSERT INTO s1.a VALUES (1, 'x', 1);
UPDATE s1.a SET secret = 'y';
UPDATE s1.a SET n = 3;
SELECT op, after FROM changes('skip.messages.without.change', 'true', 'column.exclude.list', 's1.a.secret');
SELECT slot_drop();
DROP PUBLICATION only_a;
DROP PROCEDURE change_all;
DROP SCHEMA s1 CASCADE;
DROP SCHEMA s2 CASCADE;

-- TRUNCATE is skipped unless skipped.operations says otherwise.
\t on
\pset format unaligned
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);
SELECT slot_new();
TRUNCATE a, b;
SELECT * FROM records();
TRUNCATE a, b;
SELECT * FROM records('skipped.operations', 'none');
TRUNCATE a CASCADE;
SELECT topic, op FROM changes('skipped.operations', 'none');
TRUNCATE a, b RESTART IDENTITY;
SELECT topic, op FROM changes('skipped.operations', 'none', 'table.include.list', 'public.b');
BEGIN;
INSERT INTO a VALUES (1);
TRUNCATE a, b;
INSERT INTO a VALUES (2);
COMMIT;
SELECT topic, op, key FROM changes('skipped.operations', 'none');
SELECT slot_drop();
DROP TABLE a, b;

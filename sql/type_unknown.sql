-- Types without a mapping are left out; with include.unknown.datatypes their text comes as bytes, in the form of binary.handling.mode.
\t on
\pset format unaligned
CREATE TYPE pair AS (a int, b text);
CREATE TABLE t (id int PRIMARY KEY, c pair, q tsquery, l pg_lsn, r regtype, m int4multirange, p jsonpath, ca pair[]);
SELECT slot_new();
INSERT INTO t VALUES (1, '(1,x)', 'fat & cat', '16/B374D848', 'int4', '{[1,3),[5,7)}', '$.a', '{"(1,x)"}'), (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM fields();
SELECT field, schema, "values" FROM fields('include.unknown.datatypes', 'true');
-- what the bytes say
SELECT field, convert_from(decode(substring("values" FROM '"([^"]*)"'), 'base64'), 'UTF8') FROM fields('include.unknown.datatypes', 'true');
SELECT field, schema, "values" FROM fields('include.unknown.datatypes', 'true', 'binary.handling.mode', 'hex') WHERE field = 'c';
SELECT slot_drop();
DROP TABLE t;
DROP TYPE pair;

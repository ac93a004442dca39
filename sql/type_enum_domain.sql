-- Enums carry their labels as a parameter; a domain is its base type, with the NOT NULL of any domain below it.
\t on
\pset format unaligned
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s "fine"');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE DOMAIN price AS numeric(8, 2) NOT NULL;
CREATE DOMAIN list_price AS price;
CREATE DOMAIN moods AS mood[];
CREATE DOMAIN feeling AS mood;
-- f: the labels are not in the schema of an array of such a domain
CREATE TABLE t (id int PRIMARY KEY, e mood, d mood DEFAULT 'ok', p positive, l list_price, m moods, f feeling[]);
SELECT slot_new();
INSERT INTO t VALUES (1, 'sad', 'it''s "fine"', 5, 1.5, '{sad,ok}', '{ok}'), (2, NULL, NULL, NULL, 0, NULL, NULL);
SELECT * FROM fields();
SELECT slot_drop();
SELECT slot_new();
-- a new label is known from the change that uses it on
ALTER TYPE mood ADD VALUE 'new';
INSERT INTO t (id, e, l) VALUES (3, 'new', 1);
SELECT * FROM fields() WHERE field = 'e';
SELECT slot_drop();
SELECT slot_new();
-- so is a type below a domain that is altered
INSERT INTO t (id, l) VALUES (4, 1);
ALTER DOMAIN price DROP NOT NULL;
INSERT INTO t (id, l) VALUES (5, 1);
ALTER DOMAIN price SET NOT NULL;
INSERT INTO t (id, l) VALUES (6, 1);
SELECT n, f->>'optional' AS optional
FROM (SELECT n, json_array_elements(value::json->'schema'->'fields'->1->'fields') AS f
      FROM wal2debezium.peek('regression', NULL, 'topic.prefix', 'app') WITH ORDINALITY AS p(lsn, xid, topic, key, value, headers, n)) AS fields
WHERE f->>'field' = 'l' ORDER BY n;
SELECT slot_drop();
DROP TABLE t;
DROP DOMAIN list_price;
DROP DOMAIN price;
DROP DOMAIN positive;
DROP DOMAIN moods;
DROP DOMAIN feeling;
DROP TYPE mood;

-- Transaction metadata: the block in records, and BEGIN and END on a topic of their own.
\t on
\pset format unaligned
CREATE TABLE a (id int PRIMARY KEY);
CREATE TABLE b (id int PRIMARY KEY);
SELECT slot_new();
BEGIN;
INSERT INTO a VALUES (1);
INSERT INTO b VALUES (1), (2);
DELETE FROM a;
COMMIT;
SELECT topic, key, coalesce(value::json->'transaction', value::json) FROM records('provide.transaction.metadata', 'true');
-- a transaction whose changes are all left out still has its BEGIN and END
INSERT INTO a VALUES (2);
SELECT topic, value::json->>'status', value::json->>'event_count', value::json->'data_collections'
FROM records('provide.transaction.metadata', 'true', 'table.exclude.list', 'public.a', 'topic.transaction', 'tx');
CREATE TABLE c (id int);
SELECT topic FROM records('provide.transaction.metadata', 'true');
SELECT slot_drop();
DROP TABLE a, b, c;

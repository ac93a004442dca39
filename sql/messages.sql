-- Logical decoding messages.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY);
SELECT slot_new();
SELECT 1 FROM pg_logical_emit_message(true, 'app.a', 'transactional');
SELECT 1 FROM pg_logical_emit_message(false, 'app.b', 'not transactional');
SELECT 1 FROM pg_logical_emit_message(true, 'x"\', E'\\x00ff22'::bytea);
BEGIN;
INSERT INTO t VALUES (1);
SELECT 1 FROM pg_logical_emit_message(true, 'in', 'a transaction');
INSERT INTO t VALUES (2);
COMMIT;
SELECT * FROM records();
BEGIN;
SELECT 1 FROM pg_logical_emit_message(true, 'gone', 'rolled back');
SELECT 1 FROM pg_logical_emit_message(false, 'stays', 'although rolled back');
ROLLBACK;
-- (a commit flushes the WAL)
SELECT 1 FROM pg_logical_emit_message(true, 'last', '');
SELECT topic, key, value::json->'message' FROM records('binary.handling.mode', 'base64');
SELECT 1 FROM (VALUES ('app.a'), ('other')) AS p(prefix), pg_logical_emit_message(true, prefix, '');
SELECT key FROM records('message.prefix.include.list', 'app\..*');
SELECT 1 FROM (VALUES ('app.a'), ('other')) AS p(prefix), pg_logical_emit_message(true, prefix, '');
SELECT key FROM records('message.prefix.exclude.list', 'app\..*');
SELECT slot_drop();
DROP TABLE t;

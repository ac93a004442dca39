-- peek(): the records in typed columns, and nothing is consumed.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, v text);
SELECT slot_new();
INSERT INTO t VALUES (1, 'a'), (2, 'b');
DELETE FROM t WHERE id = 1;
SELECT lsn IS NOT NULL, xid IS NOT NULL, topic, key, masked(value), headers
FROM wal2debezium.peek('regression', 100, 'topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'value.converter.schemas.enable', 'false', 'extended.headers.enabled', 'false');
-- a limit counts records
SELECT count(*) FROM wal2debezium.peek('regression', 1, 'topic.prefix', 'app');
SELECT count(*) FROM wal2debezium.peek('regression', 3, 'topic.prefix', 'app');
-- nothing was consumed, and peek shows what the slot gives
SELECT count(*) FROM wal2debezium.peek('regression', NULL, 'topic.prefix', 'app');
SELECT count(*) FROM lines('topic.prefix', 'app');
SELECT * FROM wal2debezium.peek('regression', 100, 'topic.prefix', 'app');
SELECT * FROM wal2debezium.peek('no such slot', 100, 'topic.prefix', 'app');
SELECT * FROM wal2debezium.peek('regression', 100, 'format', 'frames', 'topic.prefix', 'app');
SELECT slot_drop();
DROP TABLE t;

-- One row of each common type, with its schema: an overview; the recorded cases in test/golden hold the details.
\t on
\pset format unaligned
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS int CHECK (VALUE > 0);
CREATE TABLE t (id int PRIMARY KEY, i2 smallint, i8 bigint, f4 real, f8 double precision, n numeric(10, 2), nn numeric, bo boolean, c char(3), vc varchar(5),
    tx text, ba bytea, u uuid, j json, jb jsonb, d date, t time, ttz timetz, ts timestamp, tz timestamptz, iv interval, e mood, p positive,
    a4 int[], at text[], an numeric(5, 1)[], ae mood[], au uuid[]);
SELECT slot_new();
INSERT INTO t VALUES (1, -32768, 9223372036854775807, 1.5, 'Infinity', 12345678.90, 1e-20, true, 'ab', 'abc', 'é', '\x00ff', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
    '{"a" : 1}', '{"a" : 1}', '2024-02-29', '24:00', '12:00:00+02', '2024-02-29 12:00:00.123456', '2024-02-29 12:00:00.123456+02', '1 mon 2 days', 'ok', 5,
    '{1,NULL,3}', '{a,"b c",NULL}', '{1.5,2}', '{sad,happy}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}');
INSERT INTO t (id) VALUES (2);
SELECT f FROM lines('topic.prefix', 'app') AS line, json_array_elements(line::json->'value'->'schema'->'fields'->1->'fields') AS f
WHERE line::json->'key'->'payload'->>'id' = '1';
INSERT INTO t SELECT 3, i2, i8, f4, f8, n, nn, bo, c, vc, tx, ba, u, j, jb, d, t, ttz, ts, tz, iv, e, p, a4, at, an, ae, au FROM t WHERE id = 1;
SELECT c.key, c.value FROM changes(), json_each(after::json) AS c;
UPDATE t SET i2 = 1 WHERE id = 2;
SELECT after FROM changes();
SELECT slot_drop();
DROP TABLE t;
DROP TYPE mood;
DROP DOMAIN positive;

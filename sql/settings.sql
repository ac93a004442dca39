-- What is written does not depend on the session that decodes.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, d date, ts timestamp, tz timestamptz, tm time, iv interval, b bytea, f4 float4, f8 float8, n numeric, m money,
    x xml, oid oid, arr timestamptz[]);
SELECT slot_new();
INSERT INTO t VALUES (1, '2024-01-02', '2024-01-02 03:04:05.678', '2024-01-02 03:04:05.678+00', '03:04:05', '1 year 2 days 03:04:05.6', '\xdeadbeef',
    1.1, 0.1::float8 + 0.2, 1234.5, 12.34, '<a/>', 12, ARRAY['2024-01-02 03:04:05+00'::timestamptz]);
CREATE TEMPORARY TABLE seen AS SELECT 'plain' AS session, value FROM pg_logical_slot_peek_binary_changes('regression', NULL, NULL, 'topic.prefix', 'app', 'interval.handling.mode', 'string') AS c,
    LATERAL (SELECT masked(convert_from(c.data, 'UTF8')) AS value) AS v;
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'sql_standard';
SET bytea_output = 'escape';
SET TimeZone = 'Asia/Kathmandu';
SET extra_float_digits = -15;
SET xmloption = 'document';
SET search_path = '';
INSERT INTO pg_temp.seen SELECT 'odd' AS session, value FROM pg_logical_slot_peek_binary_changes('regression', NULL, NULL, 'topic.prefix', 'app', 'interval.handling.mode', 'string') AS c,
    LATERAL (SELECT public.masked(convert_from(c.data, 'UTF8')) AS value) AS v;
RESET ALL;
\t on
\pset format unaligned
SELECT count(*), count(DISTINCT regexp_replace(value, '"__debezium.context.runId":"[^"]*"', '')) AS different FROM seen;
SELECT value::json->'value'->'payload'->'after' FROM seen WHERE session = 'odd';
SELECT slot_drop();
DROP TABLE t, seen;

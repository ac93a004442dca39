-- Names, defaults and values that break output made by printf; options made to hurt.
\t on
\pset format unaligned
SELECT slot_new();
CREATE TABLE "we""ird \ table{}" ("id""" int PRIMARY KEY, "a\b" text DEFAULT E'quote " back \\ slash / tab \t nl \n', "ü€😀" text DEFAULT '{"json": ["x"]}',
    "','); drop table x; --" text DEFAULT $d$'); DROP TABLE x; --$d$, "</script>" text DEFAULT '%s%n%x');
CREATE SCHEMA "sch""ema .*";
CREATE TABLE "sch""ema .*"."." ("." int PRIMARY KEY);
INSERT INTO "we""ird \ table{}" ("id""") VALUES (1);
INSERT INTO "we""ird \ table{}" VALUES (2, E'\x01\x02\x1f\x7f "', E'\u2028\u2029', E'\\u0000', '');
INSERT INTO "sch""ema .*"."." VALUES (1);
SELECT topic, key, after FROM changes();
-- with schemas the defaults are printed too: every line is one JSON object
INSERT INTO "we""ird \ table{}" ("id""") VALUES (3);
SELECT line::json->'topic', line::json->'value'->'schema'->'fields'->1->'fields' FROM lines('topic.prefix', 'app') AS line;
-- options made to hurt: the work of patterns is bounded, nothing is read or run
INSERT INTO "sch""ema .*"."." VALUES (2);
SELECT refusal('table.include.list', '(a+)+$');
SELECT refusal('table.include.list', repeat('(', 100000)) LIKE '%table.include.list%';
SELECT refusal('table.include.list', repeat('a|', 1000000)) LIKE '%table.include.list%';
SELECT refusal('table.include.list', '(?{system("id")})');
SELECT refusal('config', repeat('{"a":', 100000)) IS NOT NULL;
SELECT refusal('config', '{"topic.prefix": "\ud800"}');
SELECT refusal('topic.prefix', 'a"b');
SELECT refusal('topic.prefix', '../../etc');
SELECT refusal('topic.delimiter', '"');
SELECT refusal('internal.run.id', E'x","y":"');
SELECT refusal('internal.skip.events', '1:2x');
SELECT line::json->'headers'->'__debezium.context.runId' FROM lines('topic.prefix', 'app', 'internal.run.id', E'x","y":"') AS line;
INSERT INTO "sch""ema .*"."." VALUES (3);
SELECT count(*) FROM lines('topic.prefix', 'app');
SELECT slot_drop();
DROP TABLE "we""ird \ table{}";
DROP SCHEMA "sch""ema .*" CASCADE;

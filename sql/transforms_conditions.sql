-- Debezium's Filter and ContentBasedRouter with conditions in SQL.
\t on
\pset format unaligned
\pset null (null)
SET TimeZone = 'Asia/Tokyo';
SET extra_float_digits = 0;
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE DOMAIN cents AS int CHECK (VALUE >= 0);
CREATE TABLE t (id int PRIMARY KEY, name text, amount numeric, at timestamptz, f float8, m mood, d cents, doc jsonb, tags text[], gone int, big text);
ALTER TABLE t DROP gone;
ALTER TABLE t ALTER big SET STORAGE EXTERNAL;
CREATE TABLE other (id int PRIMARY KEY, name text);
-- what a filter with that condition keeps of the changes since the last look: op and id, without consuming them
CREATE FUNCTION kept(condition text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(coalesce(value::json->>'op', value::json->>'status', 'tombstone') || coalesce(' ' || substring(key::json->>'id', '^-?\d+$'), ''), ', ' ORDER BY n)
    FROM wal2debezium.peek('regression', NULL, VARIADIC ARRAY['topic.prefix', 'app', 'key.converter.schemas.enable', 'false',
            'value.converter.schemas.enable', 'false', 'transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter',
            'transforms.f.language', 'sql', 'transforms.f.condition', condition] || options)
        WITH ORDINALITY AS p(lsn, xid, topic, key, value, headers, n)
$$;
-- the topics that a router with that expression gives
CREATE FUNCTION routed(expression text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(topic, ', ' ORDER BY n)
    FROM wal2debezium.peek('regression', NULL, VARIADIC ARRAY['topic.prefix', 'app', 'transforms', 'r', 'transforms.r.type',
            'io.debezium.transforms.ContentBasedRouter', 'transforms.r.language', 'sql', 'transforms.r.topic.expression', expression] || options)
        WITH ORDINALITY AS p(lsn, xid, topic, key, value, headers, n)
$$;
-- the error that a start with these options gives
CREATE FUNCTION filter_refusal(condition text, language text DEFAULT 'sql') RETURNS text LANGUAGE sql AS $$
    SELECT regexp_replace(refusal('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', language, 'transforms.f.condition', condition), 'x{100,}', 'x...')
$$;

SELECT slot_new();
INSERT INTO t VALUES (1, 'Ann', 10.5, '2026-01-01 00:30+00', 0.1, 'sad', 5, '{"n": 7, "s": "x"}', '{a,b}', repeat('x', 3000));
INSERT INTO t (id, name) VALUES (2, 'Bob');
UPDATE t SET name = 'Cid' WHERE id = 2;
UPDATE t SET id = 3 WHERE id = 2;
DELETE FROM t WHERE id = 3;
INSERT INTO other VALUES (1, 'x');
SELECT condition, kept(condition, 'transforms.f.topic.regex', 'app\.public\.t')
FROM unnest(ARRAY['true', 'false', 'NULL',
    -- variables
    'op = ''c''', 'op IN (''u'', ''d'')', 'after.id = 1', '(after).name = ''Cid''', 'after."id" > 1', 'before.id = 3', 'key.id > 1',
    'topic = ''app.public.t''', 'source.table = ''t''', 'source.txId > 0 AND source.LSN > 0 AND source.ts_ms > 1700000000000',
    'source.snapshot = ''false'' AND source.connector = ''postgresql'' AND source.name = ''app'' AND source.schema = ''public'' AND source.version LIKE ''3.%'' AND source.db <> ''''', 'source.xmin IS NULL',
    -- IS NULL of a row asks whether there is one
    'before IS NULL', 'after IS NOT NULL', '(before) IS NOT NULL', 'before IS DISTINCT FROM NULL', 'after.* IS NULL', 'NOT after IS NULL',
    'after.name IS NULL', 'after.big IS NOT NULL',
    'op <> ''u'' AND after IS NOT DISTINCT FROM after', 'ROW(after.id, after.name) = (1, ''Ann'')',
    -- types
    'after.amount > 10', 'after.at < ''2026-01-01 01:00''', 'after.at = timestamptz ''2026-01-01 09:30+09''', 'after.f::text = ''0.1''', 'after.m = ''sad''', 'after.m::text LIKE ''s%''',
    'after.m < ''happy''', 'after.m = ANY (''{sad}''::public.mood[])', 'after.d = 5', 'after.doc->>''s'' = ''x''', '(after.doc->''n'')::int = 7', 'after.doc @> ''{"n": 7}''',
    'after.tags @> ''{a}''', 'after.tags[1] = ''a''', '''b'' = ANY (after.tags)', 'after.name ~ ''^A.n$''', 'lower(after.name) LIKE ''c%''', 'length(after.big) = 3000',
    'CASE WHEN op = ''c'' THEN after.id = 2 ELSE before IS NOT NULL END', 'coalesce(before.id, after.id) = 3', 'round(after.amount) = 11', 'lpad(''1'', 3) = ''  1''',
    'after.name COLLATE "C" < ''B''', 'greatest(after.id, 2) = 2', 'after.id BETWEEN 1 AND 2 -- a comment'
]) AS condition;
-- topic.regex matches the whole topic; other topics pass
SELECT kept('after.id = 9', 'transforms.f.topic.regex', 'public\.t'), kept('after.id = 9', 'transforms.f.topic.regex', '.*\.t'), kept('after.id = 9');
-- tombstones and null.handling.mode
SELECT mode, kept('op = ''d'' AND before.id = 3', 'transforms.f.null.handling.mode', mode) FROM unnest(ARRAY['keep', 'drop', 'evaluate']) AS mode;
-- the router; null leaves the topic as it is
SELECT expression, routed(expression, 'tombstones.on.delete', 'false', 'transforms.r.topic.regex', '.*\.t')
FROM unnest(ARRAY['NULL', '''x''', 'topic || ''.'' || op', '''t-'' || after.id', 'CASE WHEN after.amount > 10 THEN ''big'' END', 'after.m::text', '''m-'' || after.m', 'source.schema || ''.'' || key.id::text']) AS expression;
\set VERBOSITY terse
SELECT routed('''a topic''');
SELECT routed('repeat(''x'', 250)');
SELECT routed('after.id', 'transforms.r.topic.regex', '.*\.t');
SELECT mode, routed('topic || ''.deleted''', 'transforms.r.null.handling.mode', mode) FROM unnest(ARRAY['keep', 'drop', 'evaluate']) AS mode;
-- conditions see the row before transforms and masks, and the topic that the transforms before them gave
SELECT DISTINCT topic, op, after FROM changes('column.include.list', '.*\.id', 'transforms', 'b,f', 'transforms.b.type', 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.b.regex', '.*\.t', 'transforms.b.replacement', 'b', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql', 'transforms.f.topic.regex', 'b',
    'transforms.f.condition', 'after.name = ''Ann'' AND topic = ''b''', 'table.include.list', 'public\.t', 'transforms.f.null.handling.mode', 'drop');

-- messages and transactions are no changes of rows; a truncate is one without rows
SELECT FROM pg_logical_emit_message(true, 'p', 'text');
TRUNCATE other;
SELECT kept('op = ''t''', 'skipped.operations', 'none', 'provide.transaction.metadata', 'true'), kept('op = ''c''', 'skipped.operations', 'none');
SELECT count(*) FROM lines();

-- scripts are refused, with the condition in SQL where that is simple
SELECT filter_refusal(condition, language)
FROM (VALUES ('value.op == ''u'' && value.before.id == 2', 'jsr223.groovy'), ('value.op != "d" || value.before.id!=2', 'jsr223.graal.js'),
    ('value.after != null && !(value.after.name == null || value.source.table === "it''s")', 'jsr223.groovy'), ('value.after.name.startsWith("A")', 'jsr223.groovy'), ('header.idh.value == 1', 'jsr223.groovy'),
    ('file:/filter.wasm', 'wasm.chicory'), ('true', 'SQL'), ('true', '')) AS v(condition, language);
-- what is wrong whatever the table is refused at start
SELECT filter_refusal(condition)
FROM unnest(ARRAY['', '1 +', 'true; DROP TABLE t', 'true) OR (true', 'true AS a', 'true, false', '* ', 'true FROM t', 'true WHERE true', 'true ORDER BY 1', 'true LIMIT 1', 'true FOR UPDATE', 'DISTINCT true', 'INTO x',
    'SELECT true', '(SELECT true)', 'EXISTS (SELECT FROM t)', 'after.id IN (SELECT 1)', 'ARRAY(SELECT 1) = ''{1}''', '$1', 'public.f(1)', 'pg_temp.f(1)', '1 OPERATOR(public.=) 1', 'after.id::public.t.id%TYPE = 1',
    'value.op = ''c''', 'header.a = ''1''', 'name = ''x''', 'op = c', 'op.a = ''c''', 'key IS NOT NULL', 'source = ''x''', 'source.sequence = ''x''', 'after.a.b = 1', 'topic = "app.public.t"', 'after.name = $$it''s', repeat('x', 10241)
]) AS condition;
SELECT filter_refusal('op = ''' || repeat('x', 10240 - 7) || '''') IS NULL AS the_longest;
SELECT refusal('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql');
SELECT refusal('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.condition', 'true');
SELECT refusal('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql', 'transforms.f.condition', 'true', 'transforms.f.topic.regex', '(');
SELECT refusal('transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql', 'transforms.f.condition', 'true', 'transforms.f.null.handling.mode', 'maybe');

-- what cannot be used with a table refuses its records, whatever event.processing.failure.handling.mode says: frames show the reason
CREATE TYPE pair AS (a int, b cents);
CREATE FUNCTION spy(int) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'a function of a user ran'; END $$;
CREATE DOMAIN spied AS int CHECK (spy(VALUE));
CREATE TYPE spied_range AS RANGE (subtype = spied);
CREATE TABLE u (id int PRIMARY KEY, p pair, ds spied[], r spied_range, n numeric);
CREATE OPERATOR === (LEFTARG = int, RIGHTARG = int, FUNCTION = int4eq);
CREATE FUNCTION frame_text(condition text, VARIADIC options text[] DEFAULT '{}') RETURNS text LANGUAGE sql AS $$
    SELECT (regexp_match(string_agg(regexp_replace(encode(data, 'escape'), '\\[0-9]{3}', '', 'g'), ''), 'transforms\.f\.condition (?:cannot|failed).*\)'))[1]
    FROM pg_logical_slot_peek_binary_changes('regression', NULL, NULL, VARIADIC ARRAY['format', 'frames', 'topic.prefix', 'app', 'transforms', 'f',
        'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql', 'transforms.f.condition', condition] || options)
$$;
INSERT INTO u (id) VALUES (1);
SELECT frame_text(condition, 'event.processing.failure.handling.mode', 'skip')
FROM unnest(ARRAY['after.missing = 1', 'key.n = 1', 'after.ctid IS NULL', 'after.id', 'after.id = ''x''', 'count(*) = 1', 'sum(after.id) > 1', 'row_number() OVER () = 1', 'generate_series(1, 2) = 1', 'spy(after.id)', 'after.id === 1',
    'now() > ''2026-01-01''', 'random() > 0.5', 'pg_sleep(10) IS NULL', 'current_user = ''x''', 'CURRENT_DATE > ''2026-01-01''', 'after.n > ''2026-01-01''::date - ''today''::date', 'to_char(after.n, ''9'') = ''1''',
    'pg_read_file(''/etc/passwd'') IS NULL', 'lo_get(1) IS NULL', 'query_to_xml(''select 1'', true, true, '''') IS NULL', 'currval(''s'') = 1', 'xmlparse(document ''<a/>'') IS NULL',
    'after.p IS NULL AND (after.p).a = 1', 'after.p = ''(1,2)''', 'after.ds = ''{1}''', 'after.r = ''[1,2)''', '''(1,2)''::public.pair IS NULL', '''1''::public.spied = 1', '''{1}''::public.spied[] IS NULL', 'CAST(''[1,2)'' AS public.spied_range) IS NULL',
    'after = before', 'after::text = ''x''', 'ROW(after.*) IS NULL', 'pg_typeof(after)::text = ''x''', 'after.id::public.missing = 1'
]) AS condition;
-- but these can be, even though their types are not understood
SELECT kept('after.p IS NULL AND after.ds IS NULL AND after.r IS NULL');
SELECT count(*) FROM lines();

-- failures of an evaluation follow event.processing.failure.handling.mode, and the stream goes on
CREATE TABLE v (id int PRIMARY KEY, n int, big text);
ALTER TABLE v ALTER big SET STORAGE EXTERNAL;
BEGIN;
INSERT INTO v VALUES (1, 1, repeat('x', 3000)), (2, 0, NULL);
SAVEPOINT s;
INSERT INTO v VALUES (3, 1);
ROLLBACK TO s;
INSERT INTO v VALUES (4, 0), (5, 1);
SAVEPOINT s2;
INSERT INTO v VALUES (6, 1);
COMMIT;
\set VERBOSITY terse
SELECT kept('1 / after.n = 1');
SELECT kept('1 / after.n = 1 OR op = ''' || repeat('ü', 1000) || '''');
SELECT kept('1 / after.n = 1', 'event.processing.failure.handling.mode', 'skip');
SELECT kept('1 / after.n = 1', 'event.processing.failure.handling.mode', 'ignore');
SELECT kept('1 / after.n = 1', 'event.processing.failure.handling.mode', 'warn');
-- in the middle of a transaction with subtransactions of its own, again and again
BEGIN;
CREATE TABLE w (id int);
SAVEPOINT a;
SELECT kept('1 / after.n = 1', 'event.processing.failure.handling.mode', 'skip') FROM generate_series(1, 3);
ROLLBACK TO a;
INSERT INTO w SELECT length(kept('1 / after.n = 1', 'event.processing.failure.handling.mode', 'skip'));
COMMIT;
SELECT * FROM w;
DROP TABLE w;
SELECT count(*) FROM lines();
-- nothing is left behind: memory, settings
INSERT INTO v SELECT n, 0 FROM generate_series(100, 199) AS n;
SELECT kept('1 / after.n = 1', 'event.processing.failure.handling.mode', 'skip');
SELECT count(*) FROM pg_backend_memory_contexts WHERE name LIKE 'wal2debezium%';
SHOW search_path;
SHOW extra_float_digits;
SELECT count(*) FROM lines();

-- a value in TOAST that did not change is unknown, unless the old row has it; whether there is one is known
UPDATE v SET n = 2 WHERE id = 1;
SELECT kept('after.big LIKE ''x%''', 'event.processing.failure.handling.mode', 'skip'), kept('after.big IS NOT NULL'), kept('op = ''u'' OR after.big LIKE ''x%'''), kept('before IS NULL AND after IS NOT NULL');
SELECT kept('after.big LIKE ''x%''');
SELECT kept('after = after');
SELECT count(*) FROM lines();
-- without REPLICA IDENTITY FULL an old row has its identity only
UPDATE v SET id = -1 WHERE id = 1;
SELECT kept('before.id = 1'), kept('before.n IS NULL AND op = ''d''');
SELECT count(*) FROM lines();
ALTER TABLE v REPLICA IDENTITY FULL;
UPDATE v SET n = 3 WHERE id = -1;
SELECT kept('after.big LIKE ''x%'''), kept('before.n <> after.n'), kept('after.big = before.big'), kept('before IS DISTINCT FROM after');
UPDATE v SET id = 1 WHERE id = -1;
SELECT kept('coalesce(after.big, before.big) LIKE ''x%''');
SELECT count(*) FROM lines();
-- a table that changes: each change meets the columns of its time
INSERT INTO other VALUES (5, 'a');
ALTER TABLE other ADD amount int DEFAULT 7;
INSERT INTO other VALUES (6, 'b');
ALTER TABLE other ALTER amount TYPE text;
INSERT INTO other VALUES (7, 'c', 'text');
ALTER TABLE other RENAME amount TO price;
SELECT topic, op, after FROM changes('transforms', 'id,f', 'transforms.id.type', 'io.debezium.transforms.Filter', 'transforms.id.language', 'sql', 'transforms.id.condition', 'after.id > 5',
    'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql', 'transforms.f.condition', 'after.amount::text > ''6''');
-- partitions published as their partitioned table have its columns; generated columns are in the row
CREATE TABLE p (id int PRIMARY KEY, a int, double int GENERATED ALWAYS AS (a * 2) STORED) PARTITION BY RANGE (id);
CREATE TABLE p1 (a int, id int PRIMARY KEY, double int GENERATED ALWAYS AS (a * 2) STORED);
ALTER TABLE p ATTACH PARTITION p1 FOR VALUES FROM (0) TO (100);
INSERT INTO p VALUES (1, 10), (2, 20);
SELECT kept('after.a = 10'), kept('after.a = 20', 'publish.via.partition.root', 'true'), kept('after.double = 40');
SELECT count(*) FROM lines();
-- snapshot rows
INSERT INTO v VALUES (50, 1, repeat('y', 3000));
SELECT key FROM wal2debezium.snapshot('v', 'topic.prefix', 'app', 'key.converter.schemas.enable', 'false', 'transforms', 'f', 'transforms.f.type', 'io.debezium.transforms.Filter', 'transforms.f.language', 'sql',
    'transforms.f.condition', 'op = ''r'' AND 1 / after.n = 1 AND length(after.big) = 3000 AND source.snapshot = ''true'' AND before IS NULL AND after IS NOT DISTINCT FROM after', 'event.processing.failure.handling.mode', 'skip');
SELECT slot_drop();
RESET TimeZone;
RESET extra_float_digits;
DROP OPERATOR === (int, int);
DROP TABLE t, other, u, v, p;
DROP TYPE mood, pair, spied_range;
DROP DOMAIN cents, spied;
DROP FUNCTION kept, routed, filter_refusal, frame_text, spy;

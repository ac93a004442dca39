-- Kafka Connect's transforms that convert values: Cast, TimestampConverter, and the literal of InsertHeader.
\t on
\pset format unaligned
\pset null (null)
CREATE TABLE sample (id int PRIMARY KEY, i int, big bigint, f real, d double precision, price numeric(8,2), ok boolean, txt text, raw bytea, tags text[],
    day date, clock time(3), stamp timestamp(3), def int DEFAULT 3);
INSERT INTO sample VALUES (1, 300, 5000000000, 0.1, -2.9, 70000.99, true, '12', '\x0102ff', '{a}', '2020-02-29', '10:11:12.5', '2020-03-01 01:02:03.456', NULL),
    (2, -129, -1, 'NaN', 1e300, -0.05, false, 'TRUE', '', NULL, '1969-12-31', '00:00', '1500-01-01', 300);
CREATE TABLE moment (id int PRIMARY KEY, ms bigint, txt text);

-- One field of each row with one transform, behind another that takes the row out of the envelope; or why that cannot be.
CREATE FUNCTION field_of(relation regclass, field text, class text, VARIADIC options text[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY SELECT (s.value::json->'payload'->field)::text || '  ' || (SELECT f - 'field' FROM jsonb_array_elements(s.value::jsonb->'schema'->'fields') AS f WHERE f->>'field' = field)
    FROM wal2debezium.snapshot(relation, VARIADIC ARRAY['topic.prefix', 'app', 'time.precision.mode', 'connect',
        'transforms', 'row,t', 'transforms.row.type', 'org.apache.kafka.connect.transforms.ExtractField$Value', 'transforms.row.field', 'after',
        'transforms.t.type', 'org.apache.kafka.connect.transforms.' || class]
        || (SELECT array_agg(CASE n % 2 WHEN 1 THEN 'transforms.t.' || o ELSE o END ORDER BY n) FROM unnest(options) WITH ORDINALITY AS u(o, n))) AS s;
EXCEPTION WHEN OTHERS THEN
    RETURN NEXT SQLERRM;
END $$;

-- Cast: numbers are cut as Java cuts them
SELECT type, field_of('sample', field, 'Cast$Value', 'spec', field || ':' || type) FROM unnest('{i,big,f,d,price,ok}'::text[]) AS field,
    unnest('{int8,int16,int32,int64,float32,float64,boolean,string}'::text[]) AS type;
-- text must be a number; dates show their days or milliseconds, as text like in a JVM whose time zone is UTC; defaults are cast, too
SELECT type, field_of('sample', field, 'Cast$Value', 'spec', field || ':' || type) FROM unnest('{day,clock,stamp}'::text[]) AS field, unnest('{int32,int64,string}'::text[]) AS type;
SELECT field_of('sample', 'txt', 'Cast$Value', 'spec', 'txt:boolean');
SELECT field_of('sample', 'txt', 'Cast$Value', 'spec', 'txt:int8');
SELECT field_of('sample', 'raw', 'Cast$Value', 'spec', 'raw:string');
SELECT field_of('sample', 'raw', 'Cast$Value', 'spec', 'raw:int8');
SELECT field_of('sample', 'tags', 'Cast$Value', 'spec', 'tags:string');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'def:string, i:int8');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'i:int8', 'replace.null.with.default', 'false');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'def');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'def:int8,string');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'def:int8:int16');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'def:bytes');
SELECT field_of('sample', 'def', 'Cast$Value', 'spec', 'string');
-- of a whole key
SELECT s.key FROM wal2debezium.snapshot('sample', 'transforms', 'id,t', 'transforms.id.type', 'org.apache.kafka.connect.transforms.ExtractField$Key', 'transforms.id.field', 'id',
    'transforms.t.type', 'org.apache.kafka.connect.transforms.Cast$Key', 'transforms.t.spec', 'string') AS s;

-- TimestampConverter: any of five types into any other
SELECT type, field_of('sample', field, 'TimestampConverter$Value', 'field', field, 'target.type', type, 'format', 'yyyy-MM-dd HH:mm:ss.SSS')
FROM unnest('{big,day,clock,stamp}'::text[]) AS field, unnest('{string,unix,Date,Time,Timestamp}'::text[]) AS type;
SELECT unit, field_of('sample', 'big', 'TimestampConverter$Value', 'field', 'big', 'target.type', 'Timestamp', 'unix.precision', unit),
    field_of('sample', 'stamp', 'TimestampConverter$Value', 'field', 'stamp', 'target.type', 'unix', 'unix.precision', unit)
FROM unnest('{seconds,milliseconds,microseconds,nanoseconds}'::text[]) AS unit;
SELECT field_of('sample', 'i', 'TimestampConverter$Value', 'field', 'i', 'target.type', 'unix');
SELECT field_of('sample', 'txt', 'TimestampConverter$Value', 'field', 'txt', 'target.type', 'unix');
SELECT field_of('sample', 'txt', 'TimestampConverter$Value', 'field', 'txt', 'target.type', 'unix', 'format', 'yyyy-MM-dd');
SELECT field_of('sample', 'txt', 'TimestampConverter$Value', 'field', 'txt', 'target.type', 'string');
SELECT field_of('sample', 'txt', 'TimestampConverter$Value', 'field', 'txt', 'target.type', 'string', 'format', pattern)
FROM unnest('{b,yyyy ww,''x,XXXX}'::text[]) AS pattern;
SELECT field_of('sample', 'txt', 'TimestampConverter$Value', 'field', 'absent', 'target.type', 'unix');
SELECT field_of('sample', 'txt', 'TimestampConverter$Value', 'target.type', 'unix');

-- patterns of SimpleDateFormat, Julian before 15 October 1582
INSERT INTO moment VALUES (1, 1583024523456), (2, -1), (3, -12219292800000), (4, -12219292800001), (5, -62198755200000), (6, 253402300800000);
SELECT pattern, field_of('moment', 'ms', 'TimestampConverter$Value', 'field', 'ms', 'target.type', 'string', 'format', pattern)
FROM unnest(ARRAY['G yyyy-MM-dd', 'yy M d D F u', 'y MMM MMMM E EEEE', 'HH:mm:ss.SSS kk:KK:hh a', 'S SSSSSS', 'z zzzz Z X XXX', '''day'' dd ''o''''clock''']) AS pattern;
-- and reading by them: leniently, with text left over
CREATE FUNCTION read(pattern text, input text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM moment;
    INSERT INTO moment VALUES (1, 0, input);
    RETURN QUERY SELECT CASE WHEN r ~ '^-?\d' THEN (to_timestamp(substring(r, '^-?\d+')::numeric / 1000) AT TIME ZONE 'UTC')::text ELSE r END
        FROM field_of('moment', 'txt', 'TimestampConverter$Value', 'field', 'txt', 'target.type', 'unix', 'format', pattern) AS r;
END $$;
SET datestyle = 'ISO';
SELECT pattern, input, read(pattern, input) FROM (VALUES
    ('yyyy-MM-dd', '2020-02-30'), ('yyyy-MM-dd', '2020-13-01 and more'), ('yyyy-MM-dd', '20-2-3'), ('yyyy-MM-dd', ' 2020- 1- 1'), ('yyyy-MM-dd', '2020 -01-01'),
    ('yyyy-MM-dd', '1582-10-04'), ('yyyy-MM-dd', '1582-10-15'), ('yy-M-d', '99-1-1'), ('yy-M-d', '1-1-1'), ('yyyyMMddHHmmssSSS', '20200203040506789'), ('yyyyMMdd', '2020023'),
    ('MMM d, yyyy', 'january 5, 2020'), ('MMM d, yyyy', 'Foo 5, 2020'), ('EEE, dd MMM yyyy HH:mm:ss Z', 'Mon, 02 Jan 2017 03:04:05 +0100'),
    ('EEE, dd MMM yyyy HH:mm:ss z', 'Mon, 02 Jan 2017 03:04:05 GMT-1:30'), ('yyyy-MM-dd''T''HH:mm:ss.SSSX', '2020-01-01T25:61:61.5+01'),
    ('yyyy-MM-dd''T''HH:mm:ssXXX', '2020-01-01T00:00:00-01:30'), ('yyyy-MM-dd''T''HH:mm:ssXXX', '2020-01-01T00:00:00+0100'), ('hh:mm a', '12:30 am'), ('kk:mm', '24:10'),
    ('yyyy D', '2020 60'), ('dd D yyyy', '7 3 2020'), ('G yyyy', 'AD 2020'), ('E', 'Mon')) AS cases(pattern, input);

-- InsertHeader guesses the type of its literal
SELECT literal, (SELECT s.headers->>'h' FROM wal2debezium.snapshot('moment', 'extended.headers.enabled', 'false', 'header.converter', 'org.apache.kafka.connect.json.JsonConverter',
    'header.converter.schemas.enable', 'true', 'transforms', 't', 'transforms.t.type', 'org.apache.kafka.connect.transforms.InsertHeader',
    'transforms.t.header', 'h', 'transforms.t.value.literal', literal) AS s)
FROM unnest(ARRAY['', 'text', 'null', 'true', 'True', 'false,', '1', '-129', '32768', '5000000000', '9223372036854775808', '1.0', '1.5', '1.5e39', '-.5', '1,2', '12abc', '-',
    '2019-08-23', '2019-13-45', '14:34:54.346Z', '2019-08-23T14:34:54.346Z', '2019-08-23T14\:34\:54.346Z', '"quoted"']) AS literal;
SELECT refusal('transforms', 't', 'transforms.t.type', 'org.apache.kafka.connect.transforms.InsertHeader', 'transforms.t.header', 'h', 'transforms.t.value.literal', literal)
FROM unnest(ARRAY['[1, 2]', '{"a":1}', '1e400']) AS literal;

DROP FUNCTION field_of;
DROP FUNCTION read;
DROP TABLE sample, moment;

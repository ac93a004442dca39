-- Type, length, scale and name of the source column as parameters of the field.
\t on
\pset format unaligned
CREATE TYPE mood AS ENUM ('sad');
CREATE DOMAIN code AS varchar(7);
CREATE DOMAIN shortcode AS code;
CREATE TABLE t (id serial PRIMARY KEY, small smallint DEFAULT nextval('t_id_seq'), ident bigint GENERATED ALWAYS AS IDENTITY, n numeric, n2 numeric(8, 3), f real,
    v varchar(5), vx varchar, c char(4), qc "char", tx text, b bit(5), d date, t3 time(3), ts timestamp, tz1 timestamptz(1), iv interval, bo boolean,
    m mood, dm code, dd shortcode, ia int[], na numeric(4, 1)[], ma mood[], j jsonb);
CREATE FUNCTION parameters(VARIADIC options text[]) RETURNS TABLE(field text, parameters text) LANGUAGE sql AS $$
    SELECT f->>'field', replace((f->'parameters')::text, '__debezium.source.column.', '')
    FROM lines(VARIADIC options) AS line, json_array_elements(line::json->'value'->'schema'->'fields'->1->'fields') AS f
    WHERE f->'parameters' IS NOT NULL
$$;
SELECT slot_new();
INSERT INTO t DEFAULT VALUES;
SELECT * FROM parameters('column.propagate.source.type', 'public.t.*');
-- by type, as the driver names it
INSERT INTO t DEFAULT VALUES;
SELECT * FROM parameters('datatype.propagate.source.type', 'public.t.(serial|_.*|CODE)');
-- before 3.7 the stream did not know serials
INSERT INTO t DEFAULT VALUES;
SELECT * FROM parameters('column.propagate.source.type', 'public.t.(id|small)', 'debezium.version', '3.4.0.Final');
-- keys have none
INSERT INTO t DEFAULT VALUES;
SELECT line::json->'key'->'schema'->'fields' FROM lines('column.propagate.source.type', '.*') AS line;
SELECT slot_drop();
DROP FUNCTION parameters;
DROP TABLE t;
DROP DOMAIN shortcode;
DROP DOMAIN code;
DROP TYPE mood;

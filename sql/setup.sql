-- What the other tests use: the extension, and functions that consume a slot and hide what no two runs share.
CREATE EXTENSION wal2debezium;

CREATE FUNCTION slot_new() RETURNS void LANGUAGE sql AS
$$SELECT pg_create_logical_replication_slot('regression', 'wal2debezium')$$;

CREATE FUNCTION slot_drop() RETURNS void LANGUAGE sql AS
$$SELECT pg_drop_replication_slot('regression')$$;

-- LSNs, xids and clock readings become 0; a sequence keeps its shape.
CREATE FUNCTION masked(line text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(line,
        '"(ts_ms|ts_us|ts_ns|txId|lsn)":\d+', '"\1":0', 'g'),
        '\\"\d+\\"', '\\"0\\"', 'g'),
        '"id":"\d+:\d+"', '"id":"0:0"', 'g'),
        '"__debezium.context.runId":"[0-9a-f-]{36}"', '"__debezium.context.runId":"uuid"', 'g')
$$;

-- Lines as they are; consumes the slot. An option list is name, value, name, value.
CREATE FUNCTION lines(VARIADIC options text[] DEFAULT '{}') RETURNS SETOF text LANGUAGE sql AS $$
    SELECT l.line
    FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL, VARIADIC options) WITH ORDINALITY AS c(lsn, xid, data, n),
        string_to_table(rtrim(convert_from(c.data, 'UTF8'), E'\n'), E'\n') WITH ORDINALITY AS l(line, m)
    ORDER BY c.n, l.m
$$;

-- Records without schemas and context headers, one row each; the casts to json fail on anything that is not JSON.
CREATE FUNCTION records(VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE(topic text, key text, value text, headers text) LANGUAGE sql AS $$
    SELECT r->>'topic', masked((r->'key')::text), masked((r->'value')::text), (r->'headers')::text
    FROM lines(VARIADIC ARRAY['topic.prefix', 'app', 'key.converter.schemas.enable', 'false',
                              'value.converter.schemas.enable', 'false', 'extended.headers.enabled', 'false'] || options)
        AS line, LATERAL (SELECT line::json AS r) AS parsed
$$;

-- The same, shortened to what changes from row to row.
CREATE FUNCTION changes(VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE(topic text, key text, op text, before text, after text) LANGUAGE sql AS $$
    SELECT r.topic, r.key, coalesce(r.value::json->>'op', 'tombstone'), r.value::json->>'before', r.value::json->>'after'
    FROM records(VARIADIC options) AS r
$$;

-- Error text that these options give; NULL if there is none. By tables(), which reads them as decoding does: an error
-- that is caught within a decoding would leave its slot acquired.
CREATE FUNCTION refusal(VARIADIC options text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text; detail text; hint text;
BEGIN
    PERFORM FROM wal2debezium.tables(VARIADIC options);
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(E'\n    ', message, nullif('detail: ' || detail, 'detail: '), nullif('hint: ' || hint, 'hint: '));
END $$;

-- Types: how each column of the slot's rows is described and shown, without consuming them; "values" are the rows' in order.
CREATE FUNCTION fields(VARIADIC options text[] DEFAULT '{}') RETURNS TABLE(field text, schema text, "values" text) LANGUAGE sql AS $$
    WITH record AS (
        SELECT n, p.value::json AS value
        FROM wal2debezium.peek('regression', NULL, VARIADIC ARRAY['topic.prefix', 'app'] || options) WITH ORDINALITY AS p(lsn, xid, topic, key, value, headers, n)),
    described AS (
        SELECT f, m FROM record, json_array_elements(value->'schema'->'fields'->1->'fields') WITH ORDINALITY AS f(f, m) WHERE n = 1)
    SELECT f->>'field', regexp_replace(f::text, ',"field":"[^"]*"}$', '}'),
        string_agg((value->'payload'->'after'->(f->>'field'))::text, ', ' ORDER BY n)
    FROM described, record WHERE f->>'field' <> 'id' GROUP BY f::text, f->>'field', m ORDER BY m
$$;

-- The same for several modes of one option.
CREATE FUNCTION fields_by(option text, modes text[], VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE(mode text, field text, schema text, "values" text) LANGUAGE sql AS $$
    SELECT m.mode, f.* FROM unnest(modes) WITH ORDINALITY AS m(mode, n), LATERAL fields(VARIADIC ARRAY[option, m.mode] || options) AS f ORDER BY m.n
$$;

-- The same for the rows of a table as a snapshot reads them.
CREATE FUNCTION snapshot_fields(relation regclass, VARIADIC options text[] DEFAULT '{}')
    RETURNS TABLE(field text, "values" text) LANGUAGE sql AS $$
    SELECT v.key, string_agg(v.value::text, ', ' ORDER BY n)
    FROM wal2debezium.snapshot(relation, VARIADIC ARRAY['topic.prefix', 'app', 'value.converter.schemas.enable', 'false'] || options)
            WITH ORDINALITY AS s(topic, key, value, headers, n), json_each(s.value::json->'after') WITH ORDINALITY AS v(key, value, m)
    WHERE v.key <> 'id' GROUP BY v.key, v.m ORDER BY v.m
$$;

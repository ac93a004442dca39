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

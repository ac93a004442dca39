\echo Use "CREATE EXTENSION wal2debezium" to load this file. \quit

CREATE FUNCTION options(OUT name text, OUT type text, OUT "default" text, OUT allowed text, OUT side text, OUT help text)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'wal2debezium_options'
LANGUAGE C STABLE PARALLEL SAFE;

COMMENT ON FUNCTION options() IS 'all options of plugin and relay';

CREATE FUNCTION validate(VARIADIC options text[] DEFAULT '{}')
RETURNS void
AS 'MODULE_PATHNAME', 'wal2debezium_validate'
LANGUAGE C STABLE STRICT;

COMMENT ON FUNCTION validate(text[]) IS 'an error if a slot could not be read with these options, transforms included';

CREATE FUNCTION tables(VARIADIC options text[] DEFAULT '{}',
	OUT relation oid, OUT schema_name text, OUT table_name text, OUT captured boolean, OUT reason text, OUT topic text,
	OUT key_columns text[], OUT replica_identity text, OUT before text, OUT toast_columns text[])
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'wal2debezium_tables'
LANGUAGE C STABLE STRICT;

COMMENT ON FUNCTION tables(text[]) IS 'one row per table: captured under these options or why not, topic, key, what "before" will hold, columns whose unchanged TOAST values cannot be shown';

CREATE FUNCTION key_columns(relation regclass, VARIADIC options text[] DEFAULT '{}',
	OUT name text, OUT type text, OUT not_null boolean)
RETURNS SETOF record
AS 'MODULE_PATHNAME', 'wal2debezium_key_columns'
LANGUAGE C STABLE STRICT;

COMMENT ON FUNCTION key_columns(regclass, text[]) IS 'the columns of the key of a table''s records, in its order, with types as a cast takes them; none: the table has no key, or is not captured';

CREATE FUNCTION split_line(line text, OUT topic text, OUT key text, OUT value text, OUT headers json)
RETURNS record
AS 'MODULE_PATHNAME', 'wal2debezium_split_line'
LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE;

COMMENT ON FUNCTION split_line(text) IS 'one line of format=json: topic, and key, value and headers as they stand there; bytes that are not JSON as text or in hexadecimal';

CREATE FUNCTION peek(slot name, max_records integer DEFAULT NULL, VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (lsn pg_lsn, xid xid, topic text, key text, value text, headers json)
LANGUAGE sql ROWS 1000
SET search_path = pg_catalog
AS $$
	SELECT c.lsn, c.xid, l.topic, l.key, l.value, l.headers
	FROM pg_logical_slot_peek_changes(slot, NULL, max_records,
			VARIADIC CASE WHEN cardinality(options) = 1 THEN ARRAY['config', options[1]] ELSE options END
				|| ARRAY['format', 'json']) WITH ORDINALITY AS c (lsn, xid, data, n),
		LATERAL wal2debezium.split_line(c.data) AS l
	ORDER BY c.n
	LIMIT max_records
$$;

COMMENT ON FUNCTION peek(name, integer, text[]) IS 'the next records of a slot, byte for byte, without consuming them';

CREATE FUNCTION snapshot_frames(relation regclass, VARIADIC options text[] DEFAULT '{}')
RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'wal2debezium_snapshot_frames'
LANGUAGE C VOLATILE STRICT ROWS 1000;

COMMENT ON FUNCTION snapshot_frames(regclass, text[]) IS 'the rows of a table as binary frames for the relay';

CREATE FUNCTION snapshot_blocks(relation regclass, first_block bigint, end_block bigint, rows text, seen_by text,
	VARIADIC options text[] DEFAULT '{}')
RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'wal2debezium_snapshot_blocks'
LANGUAGE C VOLATILE ROWS 1000;

COMMENT ON FUNCTION snapshot_blocks(regclass, bigint, bigint, text, text, text[]) IS 'the rows of blocks first to end (not included; null: all that follow) of a table as frames; rows: all, seen, seen or updated, updated, by the snapshot seen_by';

CREATE FUNCTION snapshot_query(relation regclass, statement text, VARIADIC options text[] DEFAULT '{}')
RETURNS SETOF bytea
AS 'MODULE_PATHNAME', 'wal2debezium_snapshot_query'
LANGUAGE C VOLATILE STRICT ROWS 1000;

COMMENT ON FUNCTION snapshot_query(regclass, text, text[]) IS 'the rows of a SELECT, run with the caller''s rights, as frames of rows of a table';

CREATE FUNCTION list_position(list text, name text)
RETURNS integer
AS 'MODULE_PATHNAME', 'wal2debezium_list_position'
LANGUAGE C IMMUTABLE STRICT;

COMMENT ON FUNCTION list_position(text, text) IS 'which regular expression of a list, as options have them, matches the name first; 0: none';

CREATE FUNCTION snapshot_lines(relation regclass, VARIADIC options text[] DEFAULT '{}')
RETURNS SETOF text
AS 'MODULE_PATHNAME', 'wal2debezium_snapshot_lines'
LANGUAGE C VOLATILE STRICT ROWS 1000;

COMMENT ON FUNCTION snapshot_lines(regclass, text[]) IS 'the rows of a table as lines of format=json';

CREATE FUNCTION snapshot(relation regclass, VARIADIC options text[] DEFAULT '{}')
RETURNS TABLE (topic text, key text, value text, headers json)
LANGUAGE sql ROWS 1000
AS $$
	SELECT l.topic, l.key, l.value, l.headers
	FROM (SELECT wal2debezium.snapshot_lines(relation, VARIADIC options)) AS s (line),
		LATERAL wal2debezium.split_line(s.line) AS l
$$;

COMMENT ON FUNCTION snapshot(regclass, text[]) IS 'the rows of a table as records';

-- What signal() signs with.  A new one: REFRESH MATERIALIZED VIEW; signals not yet read by the relay are void then.
CREATE MATERIALIZED VIEW signal_secret AS
SELECT pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.gen_random_uuid()::pg_catalog.text
	OPERATOR(pg_catalog.||) pg_catalog.gen_random_uuid()::pg_catalog.text, 'UTF8')) AS secret;
REVOKE ALL ON signal_secret FROM PUBLIC;

COMMENT ON MATERIALIZED VIEW signal_secret IS 'the secret that signals are signed with; of this database, and not in dumps';

CREATE FUNCTION signal(slot name, type text, data jsonb DEFAULT '{}', id text DEFAULT pg_catalog.gen_random_uuid()::pg_catalog.text)
RETURNS text
AS 'MODULE_PATHNAME', 'wal2debezium_signal'
LANGUAGE C VOLATILE;

-- A signal may carry SQL that the relay runs with its own rights.
REVOKE ALL ON FUNCTION signal(name, text, jsonb, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION signal(name, text, jsonb, text) TO @extowner@ WITH GRANT OPTION;

COMMENT ON FUNCTION signal(name, text, jsonb, text) IS 'tells the relay of that slot, when the transaction commits, to do something: execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot, log; returns the id';

CREATE FUNCTION signal_is_genuine(message text, transaction xid DEFAULT NULL)
RETURNS boolean
AS 'MODULE_PATHNAME', 'wal2debezium_signal_is_genuine'
LANGUAGE C STABLE;

COMMENT ON FUNCTION signal_is_genuine(text, xid) IS 'was this logical message written by signal(), in that transaction';

-- The functions read with the caller's own privileges.
GRANT USAGE ON SCHEMA wal2debezium TO PUBLIC;

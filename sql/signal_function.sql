-- signal(): signed messages for the relay; who may send them, and what is no forgery.
\t on
\pset format unaligned
SELECT slot_new();
SELECT wal2debezium.signal('regression', 'execute-snapshot', '{"data-collections": ["public.t", "public.\"ü\""], "type": "BLOCKING", "additional-conditions": [{"data-collection": "public.t", "filter": "SELECT 1"}]}', 'one');
SELECT wal2debezium.signal('regression', 'stop-snapshot', id => E'q"\\');
BEGIN;
SAVEPOINT a;
SELECT length(wal2debezium.signal('regression', 'log', '{"message": "m"}'));
RELEASE a;
COMMIT;
BEGIN;
SELECT wal2debezium.signal('regression', 'pause-snapshot', id => 'rolled back');
ROLLBACK;
CREATE TABLE sent AS
    SELECT n, xid, convert_from(substr(data, at + 1, size), 'UTF8') AS message
    FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL, 'format', 'frames', 'topic.prefix', 'app')
            WITH ORDINALITY AS c(lsn, xid, data, n),
        LATERAL (SELECT position('{"slot"'::bytea IN data) - 1 AS at) a,
        LATERAL (SELECT get_byte(data, at - 4) + (get_byte(data, at - 3) << 8) AS size) s
    WHERE at > 0;
SELECT regexp_replace(regexp_replace(message, '"(xid)":\d+', '"\1":0'), '"[0-9a-f]{64}"|"[0-9a-f-]{36}"', '"..."', 'g'),
    (message::json->>'xid')::xid = xid AS own_transaction, wal2debezium.signal_is_genuine(message) AS genuine,
    wal2debezium.signal_is_genuine(message, xid) AS here, wal2debezium.signal_is_genuine(message, '3') AS elsewhere
FROM sent ORDER BY n;
-- forgeries: another text, another signature, one of another message, none, too little
SELECT name, wal2debezium.signal_is_genuine(forged) FROM sent, LATERAL (VALUES
        (1, 'slot', replace(message, '"regression"', '"regressiom"')),
        (2, 'appended', replace(message, ',"mac"', ',"type":"log","mac"')),
        (3, 'digit', regexp_replace(message, '.("})$', CASE WHEN message LIKE '%0"}' THEN '1' ELSE '0' END || '\1')),
        (4, 'upper case', left(message, -66) || upper(right(message, 66))),
        (5, 'other', left(message, -66) || (SELECT right(o.message, 66) FROM sent o WHERE o.n <> sent.n LIMIT 1)),
        (6, 'behind', message || ' '),
        (7, 'none', regexp_replace(message, ',"mac".*', '}')),
        (8, 'short', '"}'),
        (9, 'empty', ''),
        (10, 'sha256', left(message, -66) || encode(sha256(convert_to(left(message, -74), 'UTF8')), 'hex') || '"}'),
        (11, 'null', NULL)) f (i, name, forged)
WHERE n = (SELECT min(n) FROM sent) ORDER BY i;
-- a new secret voids the old signatures; so does another database's
REFRESH MATERIALIZED VIEW wal2debezium.signal_secret;
SELECT wal2debezium.signal_is_genuine(message) FROM sent ORDER BY n LIMIT 1;
SELECT count(DISTINCT secret), min(length(secret)) FROM wal2debezium.signal_secret;
-- rights: nobody but the owner, until it is granted; nobody reads the secret; all may verify
CREATE ROLE signaller;
SET ROLE signaller;
SELECT wal2debezium.signal('regression', 'pause-snapshot');
SELECT * FROM wal2debezium.signal_secret;
SELECT wal2debezium.signal_is_genuine('{}');
RESET ROLE;
GRANT EXECUTE ON FUNCTION wal2debezium.signal TO signaller;
SET ROLE signaller;
SELECT wal2debezium.signal('regression', 'pause-snapshot', id => 'granted');
-- own operators and functions of that role are not called
CREATE TEMP TABLE signal_secret (secret bytea);
SET search_path = pg_temp, public;
SELECT wal2debezium.signal('regression', 'resume-snapshot', id => 'granted, too');
RESET search_path;
RESET ROLE;
DROP OWNED BY signaller;
DROP ROLE signaller;
-- the secret is no table that is captured or listed
SELECT count(*) FROM wal2debezium.tables() WHERE schema_name = 'wal2debezium';
-- what is not understood is an error here
SELECT wal2debezium.signal('regression', 'schema-changes');
SELECT wal2debezium.signal('regression', 'execute-snapshot');
SELECT wal2debezium.signal('regression', 'execute-snapshot', '{"data-collections": []}');
SELECT wal2debezium.signal('regression', 'execute-snapshot', '{"data-collections": "public.t"}');
SELECT wal2debezium.signal('regression', 'execute-snapshot', '{"data-collections": ["public.t"], "type": "initial"}');
SELECT wal2debezium.signal('regression', 'execute-snapshot', '{"data-collections": ["public.t"], "additional-conditions": [{"filter": "true"}]}');
SELECT wal2debezium.signal('regression', 'execute-snapshot', '{"data-collection": ["public.t"]}');
SELECT wal2debezium.signal('regression', 'stop-snapshot', '{"type": "blocking"}');
SELECT wal2debezium.signal('regression', 'log', '{}');
SELECT wal2debezium.signal('regression', 'log', '[]');
SELECT wal2debezium.signal('regression', 'log', jsonb_build_object('message', repeat('m', 1024 * 1024)));
SELECT wal2debezium.signal(NULL, 'log');
SELECT wal2debezium.signal('regression', 'log', NULL);
SELECT wal2debezium.signal('Bad name', 'pause-snapshot');
SELECT wal2debezium.signal('elsewhere', 'pause-snapshot', id => 'that slot may be on a standby');
SELECT slot_drop();
DROP TABLE sent;

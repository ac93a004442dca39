-- bytea under binary.handling.mode, with a default: mode | field | schema | values of the rows.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, b bytea, n bytea NOT NULL DEFAULT '\xfbff');
SELECT slot_new();
INSERT INTO t VALUES (1, '\x00ff10', '\xfbff'), (2, '', ''), (3, NULL, 'text');
SELECT * FROM fields_by('binary.handling.mode', '{bytes,base64,base64-url-safe,hex}');
-- the session's own form of bytea does not matter
SET bytea_output = 'escape';
SELECT * FROM snapshot_fields('t', 'binary.handling.mode', 'hex');
RESET bytea_output;
SELECT slot_drop();
DROP TABLE t;

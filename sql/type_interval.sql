-- interval under interval.handling.mode: mode | field | schema | values of the rows.
-- numeric: microseconds, where a month has 30.4375 days (365.25 / 12); string: ISO 8601 with all parts.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, v interval, n interval NOT NULL DEFAULT '1 day');
SELECT slot_new();
INSERT INTO t VALUES (1, '1 year 2 mons 3 days 04:05:06.789', '1 mon'), (2, '-1 year -2 mons -3 days -04:05:06.789', '-1 day'), (3, '0', '00:00:00.000001'), (4, NULL, '1 day');
SELECT * FROM fields_by('interval.handling.mode', '{numeric,string}');
SET intervalstyle = 'iso_8601';
SELECT * FROM snapshot_fields('t', 'interval.handling.mode', 'string');
RESET intervalstyle;
SELECT slot_drop();
DROP TABLE t;

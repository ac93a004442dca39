-- Dates and times in all seven modes of time.precision.mode: mode | field | schema | values of the rows.
-- Zoned types are text in all modes but structured; times of day count from midnight, others from 1970.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, d date, t time, t3 time(3), tz timetz, ts timestamp, ts3 timestamp(3), z timestamptz);
SELECT slot_new();
INSERT INTO t VALUES
    (1, '2024-02-29', '12:34:56.123456', '12:34:56.123', '12:34:56.123456+02', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.123', '2024-02-29 12:34:56.123456+02'),
    (2, '1969-12-31', '00:00', '00:00', '00:00-11:30', '1969-12-31 23:59:59.999999', '1969-12-31 23:59:59.999', '1969-12-31 23:59:59+00'),
    (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM fields_by('time.precision.mode', '{adaptive,adaptive_time_microseconds,connect,isostring,microseconds,nanoseconds,structured}');
-- neither do the session's settings matter
SET datestyle = 'SQL, DMY';
SET timezone = 'Asia/Tokyo';
SELECT * FROM snapshot_fields('t', 'time.precision.mode', 'isostring');
RESET datestyle;
RESET timezone;
SELECT slot_drop();
-- the ends of what PostgreSQL can hold
TRUNCATE t;
SELECT slot_new();
INSERT INTO t (id, d, t, ts, z) VALUES
    (1, 'infinity', '24:00', 'infinity', 'infinity'),
    (2, '-infinity', '23:59:59.999999', '-infinity', '-infinity'),
    (3, '0044-03-15 BC', NULL, '0044-03-15 12:00 BC', '0044-03-15 12:00+00 BC'),
    (4, '20000-01-01', NULL, '20000-01-01', '20000-01-01 00:00+00');
SELECT mode, field, "values" FROM fields_by('time.precision.mode', '{adaptive,microseconds,isostring}') WHERE field IN ('d', 't', 'ts', 'z');
SELECT slot_drop();
DROP TABLE t;

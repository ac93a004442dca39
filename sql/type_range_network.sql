-- Ranges, network addresses and bit strings: field | schema | values of the rows.
-- bit(1) is a boolean; longer bit strings are bytes, the last character of the string in the lowest bit of the first byte.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, i4 int4range, i8 int8range, n numrange, d daterange, ts tsrange, tz tstzrange, i inet, c cidr, m macaddr, m8 macaddr8,
    b bit(1), b3 bit(3), bv bit varying(20), bn bit varying);
SELECT slot_new();
INSERT INTO t VALUES
    (1, '[1,5)', '(1,5]', '[1.5,)', '[2024-02-29,2024-03-01]', '["2024-02-29 12:00","2024-02-29 13:00")', '["2024-02-29 12:00+02",)',
        '192.168.0.1/24', '10.0.0.0/8', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', B'1', B'101', B'1100000001', B'1'),
    (2, 'empty', NULL, '(,)', NULL, NULL, NULL, '::1', '2001:db8::/32', NULL, NULL, B'0', B'000', B'', NULL);
SELECT * FROM fields();
SELECT * FROM snapshot_fields('t') WHERE field IN ('tz', 'i', 'b3');
SELECT slot_drop();
DROP TABLE t;

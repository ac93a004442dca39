-- Integers, floats, booleans, oid: field | schema | values of the rows.
-- Floats have Java's text: the shortest that reads back the same; NaN and infinities are strings.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, s smallint, i int NOT NULL, b bigint, r real, f double precision, t boolean, o oid, n int DEFAULT 42);
SELECT slot_new();
INSERT INTO t VALUES
    (1, -32768, -2147483648, -9223372036854775808, 1.5, 0.1, true, 0, 1),
    (2, 32767, 2147483647, 9223372036854775807, 'NaN', 'Infinity', false, 4294967295, NULL),
    (3, NULL, 0, NULL, 1e10, 1e-5, NULL, NULL, 2),
    (4, 0, 0, 0, 3.4028235e38, 1.7976931348623157e308, true, 1, 3),
    (5, 0, 0, 0, '-Infinity', 5e-324, true, 1, 4),
    (6, 0, 0, 0, -0.0::real, '-0', true, 1, 5),
    (7, 0, 0, 0, 1234567, 123456789012345680, true, 1, 6);
SELECT * FROM fields();
-- a snapshot reads the same
SELECT * FROM snapshot_fields('t');
-- a NULL shows the default of its column, unless told otherwise
SELECT field, "values" FROM fields('value.converter.replace.null.with.default', 'false') WHERE field = 'n';
SELECT slot_drop();
DROP TABLE t;

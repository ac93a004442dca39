-- numeric and money under decimal.handling.mode: mode | field | schema | values of the rows.
-- precise: the unscaled number as big-endian two's complement in base64, so 1.50 with scale 2 is 150, 0x0096, "AJY=".
-- A numeric without precision carries its scale with each value. NaN and infinities have no such form.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, a numeric(5, 2), b numeric(20, 0), u numeric, m money);
SELECT slot_new();
INSERT INTO t VALUES
    (1, 1.5, 12345678901234567890, 1e-20, 1.5),
    (2, -1.5, -1, 12345678901234567890.5, -92233720368547758.08),
    (3, 0, 0, 0, 0),
    (4, 999.99, 128, 100, 0.01),
    (5, NULL, NULL, NULL, NULL);
SELECT * FROM fields_by('decimal.handling.mode', '{precise,double,string}');
-- JsonConverter's own form of a Decimal
SELECT field, "values" FROM fields('value.converter.decimal.format', 'NUMERIC');
SELECT field, schema, "values" FROM fields('money.fraction.digits', '4') WHERE field = 'm';
SELECT slot_drop();
-- these values only double and string can show
TRUNCATE t;
SELECT slot_new();
INSERT INTO t (id, u) VALUES (1, 'NaN'), (2, 'Infinity'), (3, '-Infinity');
SELECT mode, field, "values" FROM fields_by('decimal.handling.mode', '{double,string}') WHERE field = 'u';
SELECT slot_drop();
DROP TABLE t;

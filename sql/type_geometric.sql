-- Geometric types: a point is a structure of x, y and its well-known binary form; the others came with Debezium 3.7, before which
-- they were left out as types without a mapping.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, p point, n point NOT NULL DEFAULT '(0,0)', b box, s lseg, pa path, po polygon, c circle, l line, pp point[]);
SELECT slot_new();
INSERT INTO t VALUES
    (1, '(1.5,-2)', '(1e300,0.1)', '(1,1),(0,0)', '[(0,0),(1,1)]', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),1>', '{1,2,3}', '{"(1,2)"}'),
    (2, NULL, '(0,0)', NULL, NULL, '((0,0),(1,1))', NULL, NULL, NULL, NULL);
SELECT * FROM fields();
SELECT field, "values" FROM fields('debezium.version', '3.6.0.Final');
SELECT * FROM snapshot_fields('t');
SELECT slot_drop();
DROP TABLE t;

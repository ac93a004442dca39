INSERT INTO t VALUES (1, 'x'), (2, 'y');
UPDATE t SET id = 3 WHERE id = 1;
DELETE FROM t WHERE id = 2;
INSERT INTO k VALUES (1, E'q"\\ \n é 😀,=}', 1e-5, 1.5, 1.50, 0.000000001, true, '2020-01-01 00:00Z', 8, '{a,NULL,"b c"}', '2020-02-29');
INSERT INTO k VALUES (NULL, NULL, 'NaN', 'Infinity', NULL, NULL, NULL, NULL, NULL, NULL, '2020-01-01');
UPDATE k SET i = 2 WHERE i = 1;
INSERT INTO nokey VALUES ('x');
SELECT pg_logical_emit_message(true, 'prefix', 'text');

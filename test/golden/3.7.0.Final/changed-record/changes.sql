INSERT INTO t VALUES (1, 'a', 1.5, '0101', '{x,NULL}', 'NaN', '2020-01-01 00:00:00+00', 1);
UPDATE t SET v = 'b' WHERE id = 1;
UPDATE t SET tags = '{x}', n = NULL, must = 2 WHERE id = 1;
UPDATE t SET v = NULL WHERE id = 1;
INSERT INTO t (id) VALUES (2);
UPDATE t SET f = -0.0 WHERE id = 1;
UPDATE t SET f = 0.0 WHERE id = 1;
UPDATE t SET id = 3 WHERE id = 2;
DELETE FROM t WHERE id = 1;

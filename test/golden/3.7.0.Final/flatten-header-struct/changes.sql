INSERT INTO t VALUES (1, 1.50, 'a=>1', '(1,2)', 'say "hi" \', '2020-01-02', '{a,NULL,"q\"q"}', '\x00ff');
UPDATE t SET n = NULL, m = NULL, p = NULL, v = NULL;
UPDATE t SET d = NULL;
DELETE FROM t;

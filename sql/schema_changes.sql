-- Records follow the table as it was when the change was made, however late they are read.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TYPE mood AS ENUM ('sad', 'ok');
SELECT slot_new();
INSERT INTO t VALUES (1, 'one');
ALTER TABLE t ADD COLUMN w int DEFAULT 7;
INSERT INTO t (id, v) VALUES (2, 'two');
ALTER TABLE t DROP COLUMN v;
UPDATE t SET w = 8 WHERE id = 1;
ALTER TABLE t RENAME COLUMN w TO "W x";
INSERT INTO t VALUES (3, 9);
ALTER TABLE t ALTER "W x" TYPE text USING "W x"::text;
INSERT INTO t VALUES (4, 'ten');
ALTER TABLE t RENAME TO renamed;
INSERT INTO renamed VALUES (5, 'e');
ALTER TABLE renamed DROP CONSTRAINT t_pkey;
ALTER TABLE renamed ADD PRIMARY KEY ("W x");
INSERT INTO renamed VALUES (6, 'f');
BEGIN;
ALTER TABLE renamed ADD COLUMN m mood;
INSERT INTO renamed VALUES (7, 'g', 'ok');
ALTER TABLE renamed DROP COLUMN m;
INSERT INTO renamed VALUES (8, 'h');
COMMIT;
CREATE SCHEMA elsewhere;
ALTER TABLE renamed SET SCHEMA elsewhere;
INSERT INTO elsewhere.renamed VALUES (9, 'i');
DROP TABLE elsewhere.renamed;
SELECT topic, key, op, after FROM changes();
SELECT slot_drop();
DROP SCHEMA elsewhere;
DROP TYPE mood;

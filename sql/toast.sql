-- An unchanged TOAST value is not in the WAL: the placeholder stands for it, unless the old row has it.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, big text, small text, blob bytea, doc jsonb, arr text[]);
ALTER TABLE t ALTER big SET STORAGE EXTERNAL, ALTER blob SET STORAGE EXTERNAL, ALTER doc SET STORAGE EXTERNAL, ALTER arr SET STORAGE EXTERNAL;
SELECT slot_new();
INSERT INTO t VALUES (1, repeat('x', 10000), 's', decode(repeat('ab', 5000), 'hex'), jsonb_build_object('k', repeat('y', 5000)), ARRAY[repeat('z', 5000)]);
SELECT op, length(after), length(after::json->>'big'), md5(after) FROM changes();
UPDATE t SET small = 'changed';
SELECT op, after FROM changes();
UPDATE t SET small = 'again';
SELECT op, after FROM changes('unavailable.value.placeholder', '<gone>');
UPDATE t SET small = 'hex';
SELECT op, after FROM changes('unavailable.value.placeholder', 'hex:4142');
UPDATE t SET small = 'empty';
SELECT op, after FROM changes('unavailable.value.placeholder', '');
UPDATE t SET big = repeat('n', 3000);
SELECT op, length(after::json->>'big') FROM changes();
ALTER TABLE t REPLICA IDENTITY FULL;
UPDATE t SET small = 'full';
SELECT op, length(before::json->>'big'), length(after::json->>'big'), before::json->>'doc' = after::json->>'doc' AS same FROM changes();
DELETE FROM t;
SELECT op, length(before::json->>'big') FROM changes();
-- a key in TOAST is in the old row whatever the replica identity: the key is the same, and so is the record's
CREATE TABLE k (id text PRIMARY KEY, v int);
ALTER TABLE k ALTER id SET STORAGE EXTERNAL;
INSERT INTO k VALUES (repeat('k', 2500), 1);
UPDATE k SET v = 2;
SELECT op, length(key::json->>'id'), length(after::json->>'id'), after::json->>'v' AS v FROM changes();
DROP TABLE k;
SELECT slot_drop();
DROP TABLE t;

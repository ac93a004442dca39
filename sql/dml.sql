-- Insert, update, delete, a changed key, and what one transaction looks like; the whole record once.
\t on
\pset format unaligned
CREATE TABLE users (id serial PRIMARY KEY, name varchar(100) NOT NULL, email text UNIQUE, created_at timestamptz NOT NULL DEFAULT now());
SELECT slot_new();
INSERT INTO users (name, email, created_at) VALUES ('Alice', 'alice@example.com', '2024-01-02 03:04:05.678901+00');
-- with schemas and headers, as Connect writes by default
SELECT masked(line) FROM lines('topic.prefix', 'app') AS line;
INSERT INTO users (name, created_at) VALUES ('Bob', '2024-01-02 03:04:05+02');
UPDATE users SET name = 'Alice Liddell' WHERE id = 1;
UPDATE users SET id = 10 WHERE id = 2;
DELETE FROM users WHERE id = 1;
SELECT * FROM records();
-- nothing is left
SELECT count(*) FROM lines('topic.prefix', 'app');
BEGIN;
INSERT INTO users (id, name, created_at) VALUES (20, 'in a transaction', '2024-01-01 00:00:00+00');
SAVEPOINT s;
INSERT INTO users (id, name, created_at) VALUES (21, 'rolled back', '2024-01-01 00:00:00+00');
ROLLBACK TO s;
UPDATE users SET name = 'changed' WHERE id = 20;
COMMIT;
BEGIN;
INSERT INTO users (id, name) VALUES (22, 'rolled back');
ROLLBACK;
SELECT op, key, after FROM changes();
-- all records of a transaction carry one txId, and sequence shows the commit before
INSERT INTO users (id, name, created_at) SELECT g, 'many', '2024-01-01 00:00:00+00' FROM generate_series(30, 33) g;
SELECT count(*), count(DISTINCT line::json->'value'->'source'->>'txId'), count(DISTINCT line::json->'value'->'source'->>'lsn')
FROM lines('topic.prefix', 'app', 'value.converter.schemas.enable', 'false') AS line;
DELETE FROM users WHERE id = 20;
SELECT op, key FROM changes('tombstones.on.delete', 'false');
-- unlogged and temporary tables are not in the WAL; a materialized view is not a table
CREATE UNLOGGED TABLE unlogged (id int PRIMARY KEY);
INSERT INTO unlogged VALUES (1);
CREATE TEMPORARY TABLE temporary (id int PRIMARY KEY);
INSERT INTO temporary VALUES (1);
CREATE MATERIALIZED VIEW mv AS SELECT id FROM users;
REFRESH MATERIALIZED VIEW mv;
SELECT * FROM changes();
SELECT slot_drop();
DROP MATERIALIZED VIEW mv;
DROP TABLE users, unlogged;

-- Arrays: field | schema | values of the rows. Items have the schema of their type. As in
-- Debezium there is one dimension only: what stands below it is null.
\t on
\pset format unaligned
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE t (id int PRIMARY KEY, i int[], s text[] NOT NULL, n numeric(5, 1)[], b boolean[], d date[], z timestamptz[], u uuid[], y bytea[], m mood[], x int[][]);
SELECT slot_new();
INSERT INTO t VALUES
    (1, '{1,NULL,3}', '{a,"b c",NULL,"NULL",""}', '{1.5,-2}', '{t,f,NULL}', '{2024-02-29}', '{"2024-02-29 12:00+02"}', '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
        '{"\\x00ff"}', '{sad,happy}', '{{1,2},{3,4}}'),
    (2, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'),
    (3, NULL, '{"\"\\"}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM fields();
SELECT * FROM snapshot_fields('t');
SELECT slot_drop();
DROP TABLE t;
DROP TYPE mood;

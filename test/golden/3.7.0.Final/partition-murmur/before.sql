CREATE TABLE t (id int PRIMARY KEY, v text, n numeric(8,2), i bigint, d date, b boolean, ts timestamp(3), raw bytea, f float8, small smallint);
ALTER TABLE t REPLICA IDENTITY FULL;

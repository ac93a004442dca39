CREATE EXTENSION hstore;
CREATE TABLE t (id int PRIMARY KEY, n numeric, m hstore, p point, v text DEFAULT 'none', d date, t text[], b bytea);
ALTER TABLE t REPLICA IDENTITY FULL;

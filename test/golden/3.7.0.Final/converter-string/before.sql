CREATE TABLE t (id int PRIMARY KEY, v text);
CREATE TABLE k (i int, s text, f float8, r real, n numeric(10,2), z numeric(40,30), b bool, ts timestamptz, d int DEFAULT 7, a text[], dt date NOT NULL DEFAULT '2020-01-01');
CREATE TABLE nokey (v text);
ALTER TABLE k REPLICA IDENTITY FULL;

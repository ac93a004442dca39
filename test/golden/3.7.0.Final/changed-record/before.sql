CREATE TABLE t (id int PRIMARY KEY, v text DEFAULT 'none', n numeric(8,2), b bit(4), tags text[], f float8, at timestamptz, must int NOT NULL DEFAULT 3);
ALTER TABLE t REPLICA IDENTITY FULL;

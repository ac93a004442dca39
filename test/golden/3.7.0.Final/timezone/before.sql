CREATE TABLE t (id int PRIMARY KEY, tz timestamptz, tz0 timestamptz(0), ts timestamp DEFAULT '2020-07-01 12:00:00', ms timestamp(3), d date, ti time);
CREATE TABLE u (id int PRIMARY KEY, at timestamptz, also timestamptz);
ALTER TABLE t REPLICA IDENTITY FULL;

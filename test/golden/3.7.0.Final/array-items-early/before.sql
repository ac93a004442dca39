create table items (id int primary key, d date[], ts timestamp[], tz timestamptz[], n numeric[]);

create table keys (id int, f float8[], d date[], t time[], ts timestamp[], s text[], primary key (id, f, d, t, ts, s));

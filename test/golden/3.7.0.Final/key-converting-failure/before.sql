create table keys (id int not null, n numeric(5,2), note numeric(5,2));
create unique index keys_index on keys (id, n);

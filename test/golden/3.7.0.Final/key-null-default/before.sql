create table keys (id int not null, code text default 'x', note text);
create unique index keys_index on keys (id, code);
alter table keys replica identity full;

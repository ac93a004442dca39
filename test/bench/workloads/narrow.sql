drop table if exists narrow cascade;
create table narrow(id bigint primary key, counter int);

create table t (id int primary key, v text);
alter table t replica identity full;

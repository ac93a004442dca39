create type mood as enum ('sad', 'ok');
create table t (id int primary key, n name, b box[], m mood[]);
alter table t replica identity full;

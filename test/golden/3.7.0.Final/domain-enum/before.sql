create type mood as enum ('sad', 'ok');
create domain feeling as mood;
create table fine (id int primary key);
create table t (id int primary key, m feeling, w feeling not null default 'ok', f feeling[]);
alter table t replica identity full;

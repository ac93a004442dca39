create type mood as enum ('sad', 'ok');
create domain feeling as mood;
create table t (id int primary key, m feeling, g text generated always as ('g') stored, a text, b text);
alter table t replica identity full;

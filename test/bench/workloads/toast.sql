drop table if exists document cascade;
create table document(id int primary key, title text, version int, body text);
alter table document alter column body set storage external;

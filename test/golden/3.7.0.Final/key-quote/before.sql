create table fine (id int primary key);
create table t ("a""b" int not null, v text);
create unique index on t ("a""b");

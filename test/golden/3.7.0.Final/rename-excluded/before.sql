create table t (id int primary key, v text);
create table other (id int primary key);

create table cut (id int primary key, t text, v varchar(7), c char(3));

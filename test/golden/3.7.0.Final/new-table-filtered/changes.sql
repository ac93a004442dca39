insert into t values (1, 'a');
select pg_sleep(1);
create table late (id int primary key);
insert into late values (1);
insert into t values (2, 'b');

insert into t values (1, 'a');
select pg_sleep(1);
alter table t rename to gone;
insert into gone values (2, 'b');
select pg_sleep(1);
alter table gone rename to t;
insert into t values (3, 'c');

insert into fine values (1);
select pg_sleep(1);
insert into t values (1, 'x');

insert into t values (1, '{sad}');
select pg_sleep(1);
insert into t values (2, '{sad,NULL}');

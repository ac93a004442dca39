insert into keys values (1, 1.5, 'NaN');
select pg_sleep(1);
insert into keys values (2, 'NaN', 1);

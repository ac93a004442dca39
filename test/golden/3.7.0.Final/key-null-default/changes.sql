insert into keys values (1, null, 'a'), (2, 'x', 'b');
update keys set code = 'x' where id = 1;
update keys set code = null where id = 2;
update keys set note = 'c';

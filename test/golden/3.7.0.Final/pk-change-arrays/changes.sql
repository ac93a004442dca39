insert into keys values (1, '{NaN,1.5,-Infinity,NULL}', '{2020-01-02,1969-12-31}', '{01:02:03.004,NULL}', '{2020-01-01 00:00:00,1970-01-01 00:00:01}', array['a"b', 'x,y']);
update keys set id = 2;
update keys set f = '{}', d = '{}', t = '{}', ts = '{}', s = '{}';

insert into items values (1, '{NaN,1.5}', '{NaN,1.5}');
insert into items values (2, '{Infinity,NULL,-Infinity}', null);
insert into items values (3, '{1.5,2}', '{2.25,NULL}');

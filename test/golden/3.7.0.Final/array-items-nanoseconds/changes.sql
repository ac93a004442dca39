insert into items values (1, array['2262-04-12', '2020-01-01', null]::timestamp[], array['1600-01-01', 'infinity']::timestamp(3)[]);
insert into items values (2, '{}', array['9999-12-31 23:59:59.999']::timestamp(3)[]);

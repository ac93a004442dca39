insert into items (id, d, ts, tz) values (1, '{1582-10-10}', '{1582-10-10 01:02:03}', '{1582-10-10 01:02:03+00}');
insert into items (id, d, ts, tz) values (2, '{0044-03-15 BC}', '{0044-03-15 BC}', '{0044-03-15 00:00:00+00 BC}');
insert into items (id, d, ts, tz) values (3, '{infinity,-infinity}', '{infinity,-infinity}', '{infinity,-infinity}');
insert into items (id, d, ts, tz) values (4, '{1582-10-15}', '{1582-10-15}', '{1582-10-15 00:00:00+00}');
insert into items (id, n) values (5, '{NaN,1.5}');

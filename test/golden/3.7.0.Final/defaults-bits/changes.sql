insert into bits (id) values (1);
insert into bits values (2, null, null, null, null, null, null, null);

create table bits (id int primary key, a bit(3) default 5::bit(3), b bit(10) default 5::bit(10), c varbit default 1::bit(4), d bit(1) default 1::bit(1),
	e bit(4) default B'1010', f varbit(5) default '11', g bit(12) default (B'101' || B'1')::bit(12));

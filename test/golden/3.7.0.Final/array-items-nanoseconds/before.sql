create table items (id int primary key, ts timestamp[], ts3 timestamp(3)[]);

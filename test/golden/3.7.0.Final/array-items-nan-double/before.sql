create table items (id int primary key, n numeric[], s numeric(6,2)[]);

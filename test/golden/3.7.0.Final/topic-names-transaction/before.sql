create table "größe_x" (id int primary key);

insert into "größe_x" values (1);

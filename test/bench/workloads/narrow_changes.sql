insert into narrow select g, g % 100 from generate_series(1, :rows) g;
update narrow set counter = counter + 1 where id % 2 = 0;
delete from narrow where id % 10 = 0;

insert into measure select g, g * 1.234567, g / 100.0, (g % 90000) / 100000.0, g * 123456789012.3456, g / 8.0, now() + interval '1.000001s' * g, localtimestamp + interval '1.000001s' * g,
    localtimestamp + interval '1.001s' * g, current_date + g % 10000, '00:00'::time + interval '0.123456s' * (g % 100000), g / 7.0, g / 7.0 from generate_series(1, :rows) g;
update measure set price = price * 2, stored = stored + interval '1s' where id % 2 = 0;

-- one change of 31 is of a table that is captured
insert into noise(customer_id, status, amount, note, updated_at, active, tags)
    select g % 1000, 'new', g % 100000 / 100.0, 'order number ' || g, now(), g % 2 = 0, jsonb_build_object('k', g, 'v', 'x' || g) from generate_series(1, :rows) g;
insert into bench(customer_id, status, amount, note, updated_at, active, tags)
    select g % 1000, 'new', g % 100000 / 100.0, 'order number ' || g, now(), g % 2 = 0, jsonb_build_object('k', g, 'v', 'x' || g) from generate_series(1, :rows / 20) g;
update noise set status = 'paid' where id % 2 = 0;

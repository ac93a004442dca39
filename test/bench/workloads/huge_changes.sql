insert into bench(customer_id, status, amount, note, updated_at, active, tags)
    select g % 1000, 'new', g % 100000 / 100.0, 'order number ' || g, now(), g % 2 = 0, jsonb_build_object('k', g, 'v', 'x' || g) from generate_series(1, :rows) g;

-- one row per transaction
set bench.rows = :rows;
do $$
begin
    for i in 1..current_setting('bench.rows')::int loop
        insert into bench(customer_id, status, amount, note, updated_at, active, tags)
            values (i % 1000, 'new', i % 100000 / 100.0, 'order number ' || i, now(), i % 2 = 0, '{"k": 1, "v": "x"}');
        commit;
    end loop;
end $$;

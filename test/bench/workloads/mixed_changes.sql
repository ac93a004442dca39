-- inserts, updates and deletes in turn, 100 rows per transaction
set bench.rows = :rows;
do $$
declare last bigint;
begin
    for i in 1..current_setting('bench.rows')::int loop
        insert into bench(customer_id, status, amount, note, updated_at, active, tags)
            values (i % 1000, 'new', i % 100000 / 100.0, 'order number ' || i, now(), i % 2 = 0, '{"k": 1, "v": "x"}') returning id into last;
        if i % 3 = 0 then
            update bench set status = 'paid', updated_at = now() where id = last - 1;
        end if;
        if i % 10 = 0 then
            delete from bench where id = last;
        end if;
        if i % 100 = 0 then
            commit;
        end if;
    end loop;
end $$;

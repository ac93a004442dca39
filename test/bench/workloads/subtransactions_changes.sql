-- one transaction, a subtransaction for each row
set bench.rows = :rows;
do $$
begin
    for i in 1..current_setting('bench.rows')::int loop
        begin
            insert into bench(customer_id, status, amount, note, updated_at, active, tags)
                values (i % 1000, 'new', i % 100000 / 100.0, 'order number ' || i, now(), i % 2 = 0, '{"k": 1, "v": "x"}');
        exception when unique_violation then
            raise;
        end;
    end loop;
end $$;

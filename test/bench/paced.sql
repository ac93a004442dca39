-- :rate transactions of one row a second for :seconds; made in the server, so that clients do not take its cores
set bench.rate = :rate;
set bench.seconds = :seconds;
do $$
declare
    began timestamptz := clock_timestamp();
    made int := 0;
    rate float8 := current_setting('bench.rate');
    ends timestamptz := began + make_interval(secs => current_setting('bench.seconds')::float8);
begin
    while clock_timestamp() < ends loop
        while made < rate * extract(epoch from least(clock_timestamp(), ends) - began) and clock_timestamp() < ends loop
            insert into bench(customer_id, status, amount, note, updated_at, active, tags)
                values (made % 1000, 'new', made / 100.0, 'order by ' || made, now(), true, '{"k": 1, "v": "x"}');
            commit;
            made := made + 1;
        end loop;
        perform pg_sleep(0.0002);
    end loop;
end $$;

-- each change concerns another table than the one before; 1,000 rows per transaction
set bench.rows = :rows;
do $$
begin
    for i in 1..current_setting('bench.rows')::int / 1000 loop
        for t in 1..1000 loop
            execute format('insert into table_%s select coalesce(max(id), 0) + 1, %s, ''new'', %s / 100.0, now() from table_%s', t, t, i, t);
        end loop;
        commit;
    end loop;
end $$;

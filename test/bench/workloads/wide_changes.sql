set bench.rows = :rows;
do $$
begin
    execute (select 'insert into wide select g, ' || string_agg((array['g * ' || c, '''value number '' || g', 'now() - interval ''1s'' * g', 'g / 100.0'])[1 + c % 4], ', ' order by c)
             || ' from generate_series(1, ' || current_setting('bench.rows') || ') g' from generate_series(1, 100) c);
end $$;
update wide set column_4 = column_4 + 1;

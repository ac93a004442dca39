-- 100 columns of four types beside the key
drop table if exists wide cascade;
do $$
begin
    execute (select 'create table wide(id int primary key, ' || string_agg('column_' || g || ' ' || (array['int', 'text', 'timestamptz', 'numeric(12,2)'])[1 + g % 4], ', ') || ')'
             from generate_series(1, 100) g);
end $$;

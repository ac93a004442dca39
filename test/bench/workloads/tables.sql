-- 1,000 tables
do $$
begin
    for t in 1..1000 loop
        execute format('drop table if exists table_%s cascade', t);
        execute format('create table table_%s(id int primary key, customer_id int not null, status text, amount numeric(12,2), updated_at timestamptz)', t);
        if t % 100 = 0 then
            commit;
        end if;
    end loop;
end $$;

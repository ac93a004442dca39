-- one event per transaction, its row deleted in the same one; payloads of 300 bytes
set bench.rows = :rows;
do $$
declare event uuid;
begin
    for i in 1..current_setting('bench.rows')::int loop
        insert into outbox values (gen_random_uuid(), (array['order','payment','shipment'])[1+i%3], (i%5000)::text, 'Changed', jsonb_build_object(
            'id', i, 'customer', jsonb_build_object('id', i%5000, 'name', 'customer "'||i%5000||'"', 'city', 'Zürich'), 'amount', (i%100000)/100.0,
            'lines', jsonb_build_array(jsonb_build_object('sku', 'sku-'||i%977, 'quantity', i%7, 'price', 19.95), jsonb_build_object('sku', 'sku-'||i%331, 'quantity', 1, 'price', 4.5)),
            'currency', 'CHF', 'status', 'paid', 'express', i%2=0, 'note', null, 'placed', '2026-11-21T04:05:06Z')) returning id into event;
        delete from outbox where id = event;
        commit;
    end loop;
end $$;

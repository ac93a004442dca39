create publication bench for table bench;
insert into bench(customer_id,status,amount,note,updated_at,active,tags) select g%1000, (array['new','paid','shipped'])[1+g%3], (g%100000)/100.0, 'order number '||g, now()::timestamp, g%2=0, jsonb_build_object('k',g,'v','x'||g) from generate_series(1,:rows) g;
vacuum (freeze, analyze) bench;
checkpoint;

INSERT INTO big SELECT 1, 0, repeat('t', 120), repeat('v', 120), to_json(repeat('j', 120)), to_jsonb(repeat('b', 120)), ('<a>' || repeat('x', 120) || '</a>')::xml, repeat('C', 120), (repeat('98', 120))::numeric,
    ARRAY[repeat('a', 120)], array_agg(i), array_agg(i::bigint), array_agg('2020-01-01'::date + i), array_agg(md5(i::text)::uuid), ARRAY[to_jsonb(repeat('b', 120))],
    array_agg(i::smallint), array_agg(i::numeric), array_agg(i::float8), array_agg('2020-01-01'::timestamp), repeat('10', 480)::varbit, array_to_tsvector(array_agg('lexeme' || i)), hstore('k', repeat('h', 200))
    FROM generate_series(1, 60) i;

UPDATE big SET n = 1;
INSERT INTO blob VALUES (1, 0, decode(repeat('00', 600), 'hex'));
UPDATE blob SET n = 1;

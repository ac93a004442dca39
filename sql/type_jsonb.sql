-- jsonb has the text that PostgreSQL prints, escaped as any string; so have texts, with what needs an escape at each place
-- in them; and integers all their digits. Counted: rows, rows whose values are as they should be.
\t on
\pset format unaligned
CREATE TABLE t (id serial PRIMARY KEY, doc jsonb, plain text, number bigint);
CREATE FUNCTION same() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*)
    FROM records() AS r, LATERAL (SELECT r.value::json->'after' AS after) AS a
        JOIN t ON t.id = (a.after->>'id')::int
    WHERE (a.after->>'doc', a.after->>'plain', a.after->>'number') IS NOT DISTINCT FROM (t.doc::text, t.plain, t.number::text)
$$;
SELECT slot_new();
INSERT INTO t(doc) VALUES
    ('{}'), ('[]'), ('1'), ('"x"'), ('null'), ('true'), ('{"a": {}, "b": [], "c": null, "d": true, "e": false}'),
    ('[[[], [[1]]], {"a": [{"b": 2}]}]'),
    ('[0, -0, 1, -1, 1.50, -0.001, 1e20, 1e-10, 12e3, 123456789012345678, -1234567890123456789012345678901234567890.0987654321]'),
    ('{"é": "ü", "😀": "😀😀", "quote\"": "back\\slash", "": ""}'),
    ('"\b\f\n\r\t\u0001\u001f\u007f\u2028/\\\""');
INSERT INTO t(doc) SELECT jsonb_agg(g * g) FROM generate_series(1, 100) g;
INSERT INTO t(doc) SELECT jsonb_object_agg('key ' || g, CASE g % 4 WHEN 0 THEN to_jsonb(g / 7.0) WHEN 1 THEN to_jsonb('text ' || g) WHEN 2 THEN jsonb_build_array(g, NULL) ELSE jsonb_build_object('g', g) END)
    FROM generate_series(1, 100) g;
INSERT INTO t(doc) SELECT (repeat('[', 500) || repeat(']', 500))::jsonb;
INSERT INTO t(doc) SELECT jsonb_build_object('long', repeat('clean ', 20000), 'escaped', repeat(E'"\n', 30000));
-- an escape, or none, at each place of strings up to 40 bytes
INSERT INTO t(doc, plain)
    SELECT to_jsonb(s), s
    FROM generate_series(0, 40) AS size, generate_series(0, size) AS place, unnest(ARRAY['', '"', E'\\', E'\x01', 'é', '😀', '~', ' ']) AS c,
        LATERAL (SELECT repeat('x', place) || c || repeat('y', size - place) AS s) AS made;
INSERT INTO t(number)
    SELECT sign * (10::numeric ^ power - less)::bigint FROM generate_series(0, 18) AS power, generate_series(0, 1) AS less, unnest(ARRAY[1, -1]) AS sign;
INSERT INTO t(number) VALUES (9223372036854775807), (-9223372036854775808);
SELECT count(*) FROM t;
SELECT same();
SELECT slot_drop();
DROP FUNCTION same;
DROP TABLE t;

INSERT INTO t SELECT i, 'value ' || i || ' é', i * -1.37, i * 5000000000, date '1960-01-01' + i * 1000, i % 2 = 0, timestamp '1950-01-01' + i * interval '1 year 1.234 seconds', decode(lpad(to_hex(i * 77), 8, 'f'), 'hex'), i / 7.0, -i FROM generate_series(1, 12) AS i;
INSERT INTO t (id) VALUES (100);
DELETE FROM t WHERE id < 4;

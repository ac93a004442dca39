-- Constant parts of records cross the wire once; beyond 12 MB the least recently used ones are forgotten, and announced
-- again when they are used again. A reader that keeps to what the frames say never meets an id that it does not know.
\t on
\pset format unaligned
CREATE FUNCTION le(data bytea, at int, size int) RETURNS bigint LANGUAGE sql IMMUTABLE AS
$$SELECT sum(get_byte(data, at + i)::bigint << (8 * i)) FROM generate_series(0, size - 1) i$$;
-- Reads the slot's frames as a relay does: how many records, how many ids given and taken back, what was wrong.
CREATE FUNCTION read_frames(OUT records int, OUT announced int, OUT forgotten int, OUT unknown int) LANGUAGE plpgsql AS $$
DECLARE
    data bytea; at int; kind int; known bigint[] := '{}'; id bigint;
BEGIN
    records := 0; announced := 0; forgotten := 0; unknown := 0;
    FOR data IN SELECT c.data FROM pg_logical_slot_get_binary_changes('regression', NULL, NULL, 'format', 'frames', 'topic.prefix', 'app') AS c LOOP
        at := 40;
        WHILE at < length(data) LOOP
            kind := get_byte(data, at);
            IF kind BETWEEN 2 AND 5 THEN
                known := known || le(data, at + 8, 4);
                announced := announced + 1;
            ELSIF kind = 6 THEN
                id := le(data, at + 12, 4);
                unknown := unknown + CASE WHEN id = ANY (known) THEN 0 ELSE 1 END;
                known := array_remove(known, id);
                forgotten := forgotten + 1;
            ELSIF kind = 8 THEN
                records := records + 1;
                FOR i IN 0..4 LOOP
                    id := le(data, at + 8 + 4 * i, 4);
                    unknown := unknown + CASE WHEN id = 0 OR id = ANY (known) THEN 0 ELSE 1 END;
                END LOOP;
            END IF;
            at := at + 8 + le(data, at + 4, 4)::int;
        END LOOP;
    END LOOP;
END $$;
-- each new column makes a new schema of 130 kB
DO $$ BEGIN
    EXECUTE (SELECT 'CREATE TABLE wide (id int PRIMARY KEY, ' || string_agg('quite_a_long_column_name_' || g || ' int', ', ') || ')' FROM generate_series(1, 700) g);
END $$;
CREATE TABLE often (id serial PRIMARY KEY);
CREATE TABLE seldom (id serial PRIMARY KEY);
SELECT slot_new();
INSERT INTO seldom DEFAULT VALUES;
DO $$ BEGIN
    FOR i IN 1..140 LOOP
        EXECUTE format('ALTER TABLE wide ADD COLUMN added_%s int', i);
        EXECUTE format('INSERT INTO wide(id) VALUES (%s)', i);
        INSERT INTO often DEFAULT VALUES;
        COMMIT;
    END LOOP;
END $$;
INSERT INTO seldom DEFAULT VALUES;
SELECT records, announced > 146 AS again, forgotten BETWEEN 5 AND 100 AS forgotten, unknown FROM read_frames();
SELECT slot_drop();
DROP TABLE wide, often, seldom;
DROP FUNCTION read_frames, le;

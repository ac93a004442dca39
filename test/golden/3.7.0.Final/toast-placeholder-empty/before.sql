CREATE EXTENSION citext;
CREATE EXTENSION hstore;
CREATE TABLE big (id int PRIMARY KEY, n int, t text, v varchar, j json, jb jsonb, x xml, ci citext, num numeric,
    ta text[], ia int[], la bigint[], da date[], ua uuid[], jba jsonb[], sa smallint[], na numeric[], fa float8[], tsa timestamp[], bits varbit, tsv tsvector, h hstore) WITH (toast_tuple_target = 128);
DO $$ DECLARE c name; BEGIN
    FOR c IN SELECT attname FROM pg_attribute WHERE attrelid = 'big'::regclass AND attnum > 2 LOOP
        EXECUTE format('ALTER TABLE big ALTER %I SET STORAGE EXTERNAL', c);
    END LOOP;
END $$;

CREATE TABLE blob (id int PRIMARY KEY, n int, b bytea) WITH (toast_tuple_target = 128);
ALTER TABLE blob ALTER b SET STORAGE EXTERNAL;

-- Columns that are cut, masked or hashed: the clear value stays in the server, also in "before" and behind TOAST.
\t on
\pset format unaligned
\pset null (null)
CREATE TYPE mood AS ENUM ('sad', 'so happy');
CREATE TABLE person (id int PRIMARY KEY, name varchar(10), email text NOT NULL DEFAULT 'none', code char(4), m mood, photo bytea, n int);
ALTER TABLE person ALTER email SET STORAGE EXTERNAL;
CREATE PROCEDURE change_all() LANGUAGE sql AS $$
    INSERT INTO person VALUES (1, 'Alexander', 'ab😀@example.org', 'ab', 'so happy', '\x0102030405', 5), (2, NULL, '', NULL, NULL, NULL, NULL);
    DELETE FROM person;
$$;
SELECT slot_new();
-- N asterisks, for NULL and for what a delete does not know, too
CALL change_all();
SELECT op, before, after FROM changes('column.mask.with.5.chars', 'public.person.(name|email|m)', 'tombstones.on.delete', 'false');
-- the first UTF-16 units, or bytes
CALL change_all();
SELECT op, before, after FROM changes('column.truncate.to.2.chars', 'public.person.(name|email|photo|m)', 'tombstones.on.delete', 'false');
-- half of a surrogate pair stays, which PostgreSQL does not take for JSON
INSERT INTO person (id, email) VALUES (5, 'ab😀');
SELECT substring(line FROM '"email":"[^"]*"') FROM lines('column.truncate.to.3.chars', '.*\.email', 'value.converter.schemas.enable', 'false') AS line;
DELETE FROM person;
-- digests, no longer than the column; NULL stays NULL
CALL change_all();
SELECT op, before, after FROM changes('column.mask.hash.MD5.with.salt.s4lt', '.*\.name', 'column.mask.hash.v2.SHA-1.with.salt.s4lt', '.*\.(email|code)',
    'tombstones.on.delete', 'false');
-- version 2 is the digest of salt and text
SELECT encode(sha256(convert_to('s.a.ltsecret', 'UTF8')), 'hex') AS expected;
INSERT INTO person (id, email) VALUES (3, 'secret');
SELECT after::json->>'email' FROM changes('column.mask.hash.v2.SHA-256.with.salt.s.a.lt', 'public.person.email');
-- one mapper per column: truncate, mask, hash, hash.v2; and the same for columns of FULL old rows
ALTER TABLE person REPLICA IDENTITY FULL;
UPDATE person SET n = 1;
SELECT op, before, after FROM changes('column.mask.hash.v2.MD5.with.salt.x', '.*\.(email|name|code)', 'column.mask.with.1.chars', '.*\.(email|name)',
    'column.truncate.to.3.chars', '.*\.email');
ALTER TABLE person REPLICA IDENTITY DEFAULT;
-- an unchanged TOAST value shows the placeholder, cut, masked or hashed like any other value
UPDATE person SET email = repeat('secret', 1000);
SELECT count(*) FROM lines();
UPDATE person SET n = 2;
SELECT after::json->>'email' FROM changes('column.truncate.to.12.chars', '.*\.email');
UPDATE person SET n = 3;
SELECT after::json->>'email' FROM changes('column.mask.with.3.chars', '.*\.email');
UPDATE person SET n = 4;
SELECT after::json->>'email' FROM changes('column.mask.hash.v2.MD5.with.salt.x', '.*\.email');
SELECT md5('x__debezium_unavailable_value');
-- a key is never masked; what is not text is not either, which is said once
UPDATE person SET n = 5;
UPDATE person SET n = 6;
SELECT key, after::json->>'id', after::json->>'n' FROM changes('column.mask.with.3.chars', '.*\.(id|n)');
-- parameters in the schema
UPDATE person SET n = 7;
SELECT f->>'field', f->'parameters' FROM lines('column.mask.with.3.chars', '.*\.(name|n)', 'column.truncate.to.4.chars', '.*\.(email|code|photo|id)') AS line,
    json_array_elements(line::json->'value'->'schema'->'fields'->1->'fields') AS f;
-- malformed names and unknown algorithms
SELECT refusal('column.mask.with.x.chars', 'a');
SELECT refusal('column.mask.with.-1.chars', 'a');
SELECT refusal('column.mask.with.99999999999999999999.chars', 'a');
SELECT refusal('column.truncate.to..chars', 'a');
SELECT refusal('column.mask.hash.SHA3-256.with.salt.x', 'a');
SELECT refusal('column.mask.hash.v2.MD2.with.salt.x', 'a');
SELECT refusal('column.mask.hash.SHA-256', 'a');
SELECT refusal('column.mask.hash.SHA-256.with.salt.', 'a');
SELECT refusal('column.mask.with.3.chars', 'a', 'column.mask.with.3.chars', 'b');
SELECT refusal('column.mask.with.3.chars', 'a(');
SELECT slot_drop();
DROP PROCEDURE change_all;
DROP TABLE person;
DROP TYPE mood;

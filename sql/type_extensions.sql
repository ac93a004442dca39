-- Types of extensions, found by their name in whatever schema they live: hstore in both modes, ltree, citext, isbn.
\t on
\pset format unaligned
CREATE SCHEMA elsewhere;
CREATE EXTENSION hstore SCHEMA elsewhere;
CREATE EXTENSION ltree SCHEMA elsewhere;
CREATE EXTENSION citext SCHEMA elsewhere;
CREATE EXTENSION isn SCHEMA elsewhere;
CREATE TABLE t (id int PRIMARY KEY, h elsewhere.hstore, l elsewhere.ltree, c elsewhere.citext, i elsewhere.isbn, la elsewhere.ltree[], ca elsewhere.citext[]);
SELECT slot_new();
INSERT INTO t VALUES (1, 'a=>1, b=>NULL, "c d"=>"x\"y"', 'Top.Science', 'CiText', '978-0-393-04002-9', '{Top,Top.Science}', '{A,b}'), (2, '', '', '', NULL, '{}', NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL);
SELECT * FROM fields_by('hstore.handling.mode', '{json,map}') WHERE field = 'h';
SELECT * FROM fields() WHERE field <> 'h';
SELECT slot_drop();
DROP TABLE t;
DROP EXTENSION hstore;
DROP EXTENSION ltree;
DROP EXTENSION citext;
DROP EXTENSION isn;
DROP SCHEMA elsewhere;

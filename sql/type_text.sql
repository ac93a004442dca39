-- Text types: field | schema | values of the rows. char(n) keeps its blanks, json and xml their text as it was written;
-- jsonb has the text that PostgreSQL gives it. All is UTF-8; characters beyond the first plane are escaped as two surrogates.
\t on
\pset format unaligned
CREATE TABLE t (id int PRIMARY KEY, c char(3), vc varchar(5), tx text NOT NULL, n name, q "char", u uuid, j json, jb jsonb, x xml, tsv tsvector, b bytea);
SELECT slot_new();
INSERT INTO t VALUES
    (1, 'ab', 'é', E'tab\tquote" back\\ newline\n bell\007', 'name', 'q', 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', '{"b" : 1, "a":[ ]}', '{"b" : 1, "a":[ ]}',
        '<a>1</a>', 'a fat cat', '\x00ff'),
    (2, '', '', '', '', '', NULL, 'null', 'null', NULL, '', ''),
    (3, NULL, NULL, '😀', NULL, NULL, NULL, '"\u00e9"', '"\u00e9"', NULL, NULL, NULL);
SELECT * FROM fields();
SELECT * FROM snapshot_fields('t');
SELECT slot_drop();
DROP TABLE t;

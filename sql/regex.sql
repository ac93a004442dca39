-- Java's regular expressions in lists: anchored, without the case of ASCII letters, and nothing read otherwise than Java reads it.
\t on
\pset format unaligned
\pset null (null)
CREATE TABLE abc (id int PRIMARY KEY);
CREATE TABLE "Straße" (id int PRIMARY KEY);
CREATE TABLE "a.b-c" (id int PRIMARY KEY);
CREATE TABLE x_1 (id int PRIMARY KEY);
CREATE FUNCTION matched(pattern text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(table_name, ' ' ORDER BY table_name COLLATE "C") FROM wal2debezium.tables('table.include.list', pattern)
    WHERE schema_name = 'public' AND captured
$$;
SELECT slot_new();
SELECT p, matched(p) FROM unnest(ARRAY[
    'public.abc', 'PUBLIC.ABC', 'abc', 'public.ab', 'public\.a.c', 'public[.]abc', '.*\.\w+', '.*\.[^_]+',
    'public\.(?:abc|x_1)', 'public\.(?i:X)_\d', 'public\.(?-i:X)_\d', 'public\.[A-C]{3}', 'public\.[a-b]+?c', 'public\.\p{Alpha}++', 'public\.\p{Upper}+',
    'public\.[\p{L}]+', 'public\.stra\u00dfe', 'public\.stra\x{DF}e', 'public\.STRAẞE', 'public\.\Qa.b-c\E', 'public\.a\.b\-c', 'public\.x\0137\x31',
    'public\.(?=x).*', 'public\.(?!x).*', 'public\.(?<n>a).*', '(?x) public \. a b c # comment', ' public.abc , public.x_1 ', 'public\.x_{1\,2}1'
]) AS p;
-- what would be read otherwise, or not at all, is refused by name
SELECT split_part(refusal('table.include.list', p), E'\n', 1) FROM unnest(ARRAY[
    '[a-z&&[^b]]', '[a[b]]', '[]a]', '\p{IsLatin}', '\p{javaLowerCase}', '\p{InGreek}', '\X', '\G', '\N{DIGIT ONE}', '\b{g}', '(?u)a', '(?m)a', '(?#c)', '(?P<n>a)',
    '(a)\1', '(?<n>a)\k<n>', 'a**', '*a', '{1}', 'a{,2}', '(a', 'a)', '[a', '[b-a]', '\p{', '\x4', '\08', '\ud83d', '(*UTF)', '\'
]) AS p;
-- why a pattern is wrong differs from one version of PCRE2 to the next
SELECT refusal('table.include.list', '(?<=a+)b') LIKE 'invalid regular expression "(?<=a+)b" in option "table.include.list": %';
-- a pattern cannot take the server's time
CREATE TABLE aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa (id int);
INSERT INTO aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa VALUES (1);
SELECT refusal('table.include.list', 'public\.(a+)+b');
-- message.key.columns names columns by regular expressions
INSERT INTO x_1 VALUES (1);
SELECT key FROM changes('table.include.list', 'public.x_1', 'message.key.columns', '(.*).X_[0-9]:i.');
SELECT slot_drop();
DROP FUNCTION matched;
DROP TABLE abc, "Straße", "a.b-c", x_1, aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa;

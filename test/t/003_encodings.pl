# Databases in other encodings: text leaves as UTF-8.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('encodings');
my %case = (
    LATIN1 => [ "\xc3\xa9t\xc3\xa9 \xc2\xa3", "caf\xc3\xa9" ],
    EUC_JP => [ "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e", "\xe8\xa1\xa8" ],
    UTF8 => [ "\xf0\x9f\x98\x80 \xe2\x82\xac", "\xc3\xbcber" ]);
for my $encoding (sort keys %case)
{
    my ($value, $table) = @{ $case{$encoding} };
    my $database = lc "db_$encoding";
    $node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
    local $ENV{PGCLIENTENCODING} = 'UTF8';
    $node->safe_psql($database, qq{
        CREATE TYPE mood AS ENUM ('$table');
        CREATE TABLE "$table" (id int PRIMARY KEY, v text DEFAULT '$value', m mood, a text[]);
        SELECT pg_create_logical_replication_slot('$database', 'wal2debezium');
        INSERT INTO "$table" VALUES (1, '$value', '$table', ARRAY['$value']);
        SELECT pg_logical_emit_message(true, '$table', 'x');
    });
    # bytes leave as hex, so that no client conversion comes between; format=json is text in the server's encoding,
    # frames are UTF-8
    (my $written = $value) =~ s/\xf0\x9f\x98\x80/\\uD83D\\uDE00/;
    my %data = (json => "convert(data, '$encoding', 'UTF8')", frames => 'data');
    for my $format (sort keys %data)
    {
        my $hex = $node->safe_psql($database, qq{
            SELECT string_agg(encode($data{$format}, 'hex'), '0a') FROM pg_logical_slot_peek_binary_changes('$database', NULL, NULL,
                'format', '$format', 'topic.prefix', 'app', 'topic.naming.strategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy')});
        my $bytes = pack 'H*', $hex;
        ok(index($bytes, qq("after":{"id":1,"v":"$written","m":"$table","a":["$written"]})) > 0, "$encoding, $format: values are UTF-8") or note($bytes);
        ok(index($bytes, qq("default":"$written")) > 0, "$encoding, $format: defaults are UTF-8");
        ok(index($bytes, qq("table":"$table")) > 0, "$encoding, $format: names are UTF-8");
        ok(index($bytes, qq("prefix":"$table")) > 0, "$encoding, $format: prefixes of messages are UTF-8");
    }
    my $listed = $node->psql($database, qq{
        SELECT count(*) FROM pg_logical_slot_peek_binary_changes('$database', NULL, NULL, 'topic.prefix', 'app', 'table.include.list', 'public.$table')});
    is($listed, 0, "$encoding: options are taken in the client's encoding");
}

# The same text in any encoding gives the same records: every type that holds text, names, labels, defaults, messages' prefixes.
sub records_in
{
    my ($encoding, $text) = @_;
    (my $database = lc "same_$encoding") .= length $text;
    $node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LC_COLLATE 'C' LC_CTYPE 'C'");
    local $ENV{PGCLIENTENCODING} = $encoding eq 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
    my $sql = q{
        CREATE EXTENSION hstore; CREATE EXTENSION citext; CREATE EXTENSION wal2debezium;
        CREATE SCHEMA "sX";
        CREATE TYPE "eX" AS ENUM ('X', 'b''X');
        CREATE DOMAIN "dX" AS text DEFAULT 'X';
        CREATE TYPE "cX" AS (a text, b int);
        CREATE TABLE "sX"."tX" ("kX" text PRIMARY KEY DEFAULT 'X', e "eX" DEFAULT 'b''X', ea "eX"[], v varchar(20) DEFAULT 'X''q', n name, ci citext,
            h hstore, j json, jb jsonb, x xml DEFAULT '<a>X</a>', ta text[], tv tsvector, d "dX", c "cX", r text, ja json[]);
        SELECT pg_create_logical_replication_slot('DB', 'wal2debezium');
        INSERT INTO "sX"."tX" VALUES ('X', 'X', ARRAY['X', NULL]::"eX"[], 'X', 'X', 'X', hstore('X', 'X'), '{"X":"X"}', '{"X":"X"}', '<a>X</a>', ARRAY['X'],
            'X'::tsvector, 'X', row('X', 1), 'X', ARRAY['{"X":1}']::json[]);
        UPDATE "sX"."tX" SET "kX" = 'XX';
        DELETE FROM "sX"."tX";
        SELECT pg_logical_emit_message(true, 'pX', 'm');
    };
    $sql =~ s/X(?!TENSION)/$text/g;
    $sql =~ s/DB/$database/;
    $node->safe_psql($database, $sql);
    my $data = $encoding =~ /SQL_ASCII|UTF8/ ? 'data' : "convert(data, '$encoding', 'UTF8')";
    my $bytes = pack 'H*', join '0a', split /\n/, $node->safe_psql($database, qq{
        SELECT encode($data, 'hex') FROM pg_logical_slot_peek_binary_changes('$database', NULL, NULL, 'topic.prefix', 'app', 'include.unknown.datatypes', 'true',
            'message.key.columns', 's$text.t$text:k$text,v', 'column.mask.with.3.chars', 's$text.t$text.r', 'datatype.propagate.source.type', '.*',
            'topic.naming.strategy', 'io.debezium.schema.SchemaUnicodeTopicNamingStrategy')});
    my $listed = $node->safe_psql($database, q{SELECT table_name, topic, key_columns FROM wal2debezium.tables('topic.prefix', 'app')});
    is($listed, "t$text|" . 'app.s' . '_' x length(decoded($text)) . '.t' . '_' x length(decoded($text)) . "|{k$text}", "$encoding: tables() lists them");
    $bytes =~ s/$database/db/g;
    $bytes =~ s/"(ts_ms|ts_us|ts_ns|txId|lsn)":\d+/"$1":0/g;
    $bytes =~ s/\\"\d+\\"/N/g;
    $bytes =~ s/"__debezium.context.runId":"[^"]*"//g;
    return $bytes;
}

sub decoded { my $text = shift; utf8::decode($text); return $text }

my %text = ("\xc3\xa9\xc2\xa3\xc3\xbc" => 'LATIN1', "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e" => 'EUC_JP');
for my $text (sort keys %text)
{
    my $expected = records_in('UTF8', $text);
    like($expected, qr/"k\Q$text\E":/, 'records name the key');
    for my $encoding ($text{$text}, 'SQL_ASCII')
    {
        ok(records_in($encoding, $text) eq $expected, "$encoding: the same records as in UTF8");
    }
}

# SQL_ASCII may hold bytes that are no text in any encoding.
$node->safe_psql('postgres', "CREATE DATABASE db_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'");
$node->safe_psql('db_ascii', q{
    CREATE TABLE t (id int PRIMARY KEY, v text);
    SELECT pg_create_logical_replication_slot('db_ascii', 'wal2debezium');
    INSERT INTO t VALUES (1, 'good'), (2, E'bad \xff');
});
my $decode = q{SELECT encode(data, 'hex') FROM pg_logical_slot_peek_binary_changes('db_ascii', NULL, NULL, 'topic.prefix', 'app', 'event.converting.failure.handling.mode', '%s')};
my $lines = join '', map { pack('H*', $_) . "\n" } split /\n/, $node->safe_psql('db_ascii', sprintf $decode, 'warn');
like($lines, qr/"after":\{"id":1,"v":"good"\}/, 'SQL_ASCII: valid text comes');
ok(utf8::decode(my $copy = $lines), 'SQL_ASCII: invalid bytes do not get into records');
my ($status, undef, $stderr) = $node->psql('db_ascii', sprintf $decode, 'fail');
isnt($status, 0, 'SQL_ASCII: invalid bytes are an error with mode fail');
like($stderr, qr/"v"/, 'SQL_ASCII: the error names the column');

done_testing();

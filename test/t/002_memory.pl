# Decoding that fails over and over leaves no memory behind, and decoding for long does not grow.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('memory');
$node->safe_psql('postgres', q{
    CREATE TABLE t (id int PRIMARY KEY, n numeric, v text);
    SELECT pg_create_logical_replication_slot('s', 'wal2debezium');
    INSERT INTO t SELECT g, 1, repeat('x', 1000) FROM generate_series(1, 1000) g;
    INSERT INTO t VALUES (0, 'NaN', '');
    CREATE FUNCTION fail_at(VARIADIC options text[]) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM count(*) FROM pg_logical_slot_peek_binary_changes('s', NULL, NULL, VARIADIC options);
        RETURN false;
    EXCEPTION WHEN OTHERS THEN
        RETURN true;
    END $$;
    CREATE FUNCTION memory() RETURNS bigint LANGUAGE sql AS 'SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts';
});

my %way = (
    'in the middle of a transaction' => q{'topic.prefix', 'app', 'event.converting.failure.handling.mode', 'fail'},
    'on a malformed option' => q{'topic.prefix', 'app', 'decimal.handling.mode', 'exact'},
    'on a malformed configuration' => q{'config', '{"topic.prefix": "app", "table.include.list": "("}'},
    'on a record that is too large' => q{'topic.prefix', 'app', 'max.record.bytes', '1024'},
    'nowhere' => q{'topic.prefix', 'app'});
for my $where (sort keys %way)
{
    my $expected = $where eq 'nowhere' ? 0 : 200;
    my $text = $node->safe_psql('postgres', qq{
        SELECT count(*) FROM generate_series(1, 20) g WHERE fail_at($way{$where});
        CREATE TEMPORARY TABLE before AS SELECT memory() AS bytes;
        SELECT count(*) FROM generate_series(1, 200) g WHERE fail_at($way{$where});
        SELECT memory() - bytes FROM before;
        SELECT count(*) FROM pg_backend_memory_contexts WHERE name ~* 'debezium|event|relation entr';
    });
    my (undef, $failed, $growth, $contexts) = split /\n/, $text;
    is($failed, $expected, "decoding fails $where");
    cmp_ok($growth, '<', 512 * 1024, "failing $where 200 times keeps no memory");
    cmp_ok($contexts, '<=', 2, "failing $where leaves no memory contexts");
}

# Per event memory is given back: a thousand times the rows need no more memory.
my $peak = sub {
    my ($rows) = @_;
    $node->safe_psql('postgres', "SELECT pg_create_logical_replication_slot('peak', 'wal2debezium')");
    $node->safe_psql('postgres', "TRUNCATE t; INSERT INTO t SELECT g, g, repeat('y', 200) FROM generate_series(1, $rows) g");
    my $text = $node->safe_psql('postgres', qq{
        COPY (SELECT count(*) FROM pg_logical_slot_peek_binary_changes('peak', NULL, 1, 'topic.prefix', 'app')) TO STDOUT;
        SELECT memory();
        SELECT pg_drop_replication_slot('peak');
    });
    return (split /\n/, $text)[1];
};
$peak->(10);
cmp_ok($peak->(20000) - $peak->(20), '<', 2 * 1024 * 1024, 'memory after decoding does not depend on the number of rows');

done_testing();

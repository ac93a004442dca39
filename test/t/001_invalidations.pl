# Caches that are thrown away at every turn change nothing in what is written.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('invalidations');
$node->safe_psql('postgres', q{
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE TABLE a (id int PRIMARY KEY, v text DEFAULT 'x', m mood, arr numeric(5, 1)[]);
    CREATE TABLE b (id int PRIMARY KEY, v text);
    CREATE TABLE parted (id int PRIMARY KEY) PARTITION BY LIST (id);
    SELECT pg_create_logical_replication_slot('quiet', 'wal2debezium'), pg_create_logical_replication_slot('storm', 'wal2debezium');
});

# Between any two changes the catalogue changes: in the same transaction, and in others.
my $storm = '';
for my $i (1 .. 60)
{
    $storm .= qq{
        BEGIN;
        INSERT INTO a VALUES ($i, 'v$i', 'ok', '{1.5,$i}');
        ANALYZE a;
        INSERT INTO b VALUES ($i, 'v$i');
        COMMENT ON TABLE a IS '$i';
        CREATE TABLE part_$i PARTITION OF parted FOR VALUES IN ($i);
        INSERT INTO parted VALUES ($i);
        UPDATE a SET v = 'again' WHERE id = $i;
        COMMIT;
        ALTER TABLE b ALTER v SET DEFAULT '$i';
        ANALYZE;
    };
}
$node->safe_psql('postgres', $storm);

my $options = q{'topic.prefix', 'app', 'internal.run.id', '00000000-0000-4000-8000-000000000000'};
sub decoded
{
    my ($slot, $setting) = @_;
    return $node->safe_psql('postgres', qq{$setting
        SELECT regexp_replace(convert_from(data, 'UTF8'), '"ts_(ms|us|ns)":\\d+', '', 'g')
        FROM pg_logical_slot_peek_binary_changes('$slot', NULL, NULL, $options)});
}

my $quiet = decoded('quiet', '');
my @lines = split /\n/, $quiet;
is(scalar(grep { /"topic"/ } @lines), 240, 'every change has its record');
is(decoded('quiet', ''), $quiet, 'a second reading writes the same');

# Servers built with assertions can throw caches away at every occasion.
my $allowed = $node->safe_psql('postgres', q{SELECT max_val::int FROM pg_settings WHERE name = 'debug_discard_caches'});
note("debug_discard_caches can be $allowed at most here");
is(decoded('storm', $allowed > 0 ? 'SET debug_discard_caches = 1;' : ''), $quiet, 'the same under debug_discard_caches, where the server has it');

# Where it does not: another session sends invalidations of everything while we decode.
my $finish = sql_in_background($node, "DO \$\$ BEGIN FOR i IN 1..100 LOOP EXECUTE 'COMMENT ON TABLE a IS ' || quote_literal(i::text); COMMIT; ANALYZE b; COMMIT; END LOOP; END \$\$;");
my $same = 1;
for (1 .. 5) { $same &&= decoded('quiet', '') eq $quiet }
$finish->();
ok($same, 'the same while another session sends invalidations');

done_testing();

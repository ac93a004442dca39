# The initial snapshot: marks, what follows it, what stops it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('relay_snapshot');
$node->safe_psql('postgres', q{
    CREATE TABLE a_one (id int PRIMARY KEY);
    CREATE TABLE b_many (id int PRIMARY KEY, v text);
    CREATE TABLE c_empty (id int PRIMARY KEY);
    CREATE TABLE d_one (id int PRIMARY KEY);
    CREATE TABLE e_empty (id int PRIMARY KEY);
    INSERT INTO a_one VALUES (1);
    INSERT INTO b_many SELECT g, repeat('x', 100) FROM generate_series(1, 2000) g;
    INSERT INTO d_one VALUES (1);
});

sub marks
{
    my ($out) = @_;
    my @marks = map { /"topic":"app\.public\.(\w+)".*?"snapshot":"(\w+)"/ ? "$1 $2" : () } split /\n/, $out;
    my @short;
    for my $mark (@marks)
    {
        push @short, $mark if !@short || $short[-1] ne $mark;
    }
    return (\@short, scalar @marks);
}

my $slot_count = q{SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'relay'};
my $config = relay_config($node, 'snapshot.mode' => 'initial');
my $relay = W2D::Relay->start('run', $config, '--sink', 'stdout');
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', 'INSERT INTO c_empty VALUES (1)');
wait_delivered($node, 'relay');
is($relay->stop, 0, 'the snapshot is followed by the stream');
my ($marks, $count) = marks($relay->out);
is_deeply($marks,
    [ 'a_one first', 'b_many first_in_data_collection', 'b_many true', 'b_many last_in_data_collection', 'd_one last', 'c_empty false' ],
    'marks');
is($count, 2003, 'every row once');

my ($status, $out) = relay_run('run', $config, '--sink', 'stdout', '--endpos', 'now');
is($status, 0, 'second start');
is($out, '', 'the slot is there: no second snapshot, nothing repeated');

# A snapshot cut by a signal leaves no slot, where no progress is kept.
$node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('relay')});
$node->safe_psql('postgres', q{INSERT INTO b_many SELECT g, repeat('x', 100) FROM generate_series(2001, 1500000) g});
$relay = W2D::Relay->start('run', $config, '--sink', 'stdout');
wait_for('the snapshot to begin', sub { length $relay->out > 0 });
is($relay->stop, 0, 'SIGTERM inside the snapshot: status 0');
is($node->safe_psql('postgres', $slot_count), '0', 'SIGTERM inside the snapshot: the slot is gone');

# Rights are checked before anything is read.
$node->safe_psql('postgres', q{CREATE ROLE reader LOGIN REPLICATION; GRANT USAGE ON SCHEMA wal2debezium TO reader; GRANT SELECT ON a_one TO reader});
($status, $out, my $log) = relay_run('run', relay_config($node, 'snapshot.mode' => 'initial', 'database.user' => 'reader'), '--sink', 'stdout');
is($status, 1, 'a table that may not be read: status 1');
is($out, '', 'nothing was read');
like($log, qr/role "reader" may not read table "public\.b_many".*GRANT SELECT ON "public"\."b_many" TO "reader"/, 'table and fix are named');
is($node->safe_psql('postgres', $slot_count), '0', 'and no slot is left');

done_testing();

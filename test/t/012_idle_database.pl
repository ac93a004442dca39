# The slot of an idle database follows the WAL that other databases write, without a heartbeat table.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('idle');
$node->safe_psql('postgres', 'CREATE DATABASE other');
$node->safe_psql('other', 'CREATE TABLE busy (id int, v text)');
my $relay = W2D::Relay->start('run', relay_config($node), '--sink', 'null');
$relay->wait_streaming($node, 'relay');
for my $round (1 .. 3)
{
    $node->safe_psql('other', "INSERT INTO busy SELECT g, repeat('x', 500) FROM generate_series(1, 20000) g");
    ok(eval { wait_delivered($node, 'relay', 30) }, "round $round: the slot follows") or diag($@);
}
$node->safe_psql('other', 'VACUUM FULL busy; CHECKPOINT');
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
wait_delivered($node, 'relay', 30);
my $retained = $node->safe_psql('postgres', q{SELECT pg_current_wal_lsn() - restart_lsn FROM pg_replication_slots WHERE slot_name = 'relay'});
cmp_ok($retained, '<', 40 * 1024 * 1024, 'hardly any WAL is retained');
is($relay->stop, 0, 'stops') or note($relay->log);
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace}), '0', 'no table was made');

done_testing();

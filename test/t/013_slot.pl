# The slot: made if missing, waited for if in use, refused if it is not ours, dropped at the end if asked.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('slot');
$node->safe_psql('postgres', 'CREATE TABLE t (id int PRIMARY KEY)');
my $config = relay_config($node);

my $first = W2D::Relay->start('run', $config, '--sink', 'stdout');
$first->wait_streaming($node, 'relay');
is($node->safe_psql('postgres', q{SELECT plugin FROM pg_replication_slots WHERE slot_name = 'relay'}), 'wal2debezium', 'the slot is made');

my $second = W2D::Relay->start('run', $config, '--sink', 'stdout');
wait_for('a word about the slot', sub { $second->log =~ /relay.*(active|in use)/i });
$node->safe_psql('postgres', 'INSERT INTO t VALUES (1)');
wait_delivered($node, 'relay');
is($second->status, undef, 'in use: the second relay waits');
is($second->out, '', 'in use: it gets nothing');
my $words = () = $second->log =~ /(active|in use)/gi;
cmp_ok($words, '<=', 3, 'in use: it says so once');
is($first->stop, 0, 'the first relay stops');
$second->wait_streaming($node, 'relay');
$node->safe_psql('postgres', 'INSERT INTO t VALUES (2)');
wait_delivered($node, 'relay');
like($second->out, qr/"after":\{"id":2\}/, 'the second relay goes on');
unlike($second->out, qr/"after":\{"id":1\}/, 'and repeats nothing');
is($second->stop, 0, 'the second relay stops');

$node->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('foreign_slot', 'test_decoding')});
my ($status, undef, $log) = relay_run('run', relay_config($node, 'slot.name' => 'foreign_slot'), '--sink', 'stdout');
isnt($status, 0, 'the slot of another plugin is refused');
like($log, qr/foreign_slot.*test_decoding|test_decoding.*foreign_slot/s, 'slot and plugin are named');

$node->safe_psql('postgres', 'CREATE DATABASE other');
($status, undef, $log) = relay_run('run', relay_config($node, 'database.dbname' => 'other'), '--sink', 'stdout');
isnt($status, 0, 'the slot of another database is refused');
like($log, qr/"relay".*"postgres"/s, 'slot and database are named');

my $dropping = W2D::Relay->start('run', relay_config($node, 'slot.name' => 'short', 'slot.drop.on.stop' => 'true'), '--sink', 'stdout');
$dropping->wait_streaming($node, 'short');
is($dropping->stop, 0, 'slot.drop.on.stop: stops');
is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'short'}), '0', 'slot.drop.on.stop: the slot is gone');

done_testing();

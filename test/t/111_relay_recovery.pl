# Lost connections, servers that stop, readers that do not read: nothing is lost, little is said, nothing is in the way.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $node = new_server('relay_recovery');
$node->safe_psql('postgres', 'CREATE TABLE t (id int PRIMARY KEY, v text)');
my $config = relay_config($node);

sub ids { return map { /"after":\{"id":(\d+)/ ? $1 : () } split /\n/, $_[0] }
sub fast_stop
{
    my $started = time;
    $node->stop('fast');
    return time - $started;
}

# A server that stops is not held up, and the stream goes on by itself.
my $relay = W2D::Relay->start('run', $config, '--sink', 'stdout');
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', 'INSERT INTO t SELECT g FROM generate_series(1, 100) g');
wait_delivered($node, 'relay');
cmp_ok(fast_stop(), '<', 5, 'a fast shutdown is fast');
sleep 1;
$node->start;
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', 'INSERT INTO t VALUES (101)');
wait_for('the row after the restart', sub { $relay->out =~ /"after":\{"id":101/ });
my $lines = () = $relay->log =~ /trying again/g;
cmp_ok($lines, '<=', 4, 'a line per change of state, not per attempt');

# A walsender killed inside a transaction: its delivered part is not repeated.
wait_delivered($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO t SELECT g, repeat('x', 200) FROM generate_series(1001, 200000) g});
wait_for('a part of the transaction', sub { $relay->out =~ /"after":\{"id":1001,/ });
$node->safe_psql('postgres', 'SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active');
wait_for('the rest', sub { $relay->out =~ /"after":\{"id":200000,/ });
is($relay->stop, 0, 'stops');
my @ids = grep { $_ > 1000 } ids($relay->out);
my %seen = map { $_ => 1 } @ids;
is(scalar keys %seen, 199000, 'nothing lost');
is(scalar @ids, 199000, 'nothing repeated');

# lsn.flush.mode=manual confirms nothing, and does not hold up a shutdown either.
$node->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('manual', 'wal2debezium')});
my $before = $node->safe_psql('postgres', q{SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'manual'});
my $manual = W2D::Relay->start('run', relay_config($node, 'slot.name' => 'manual', 'lsn.flush.mode' => 'manual'), '--sink', 'stdout');
$manual->wait_streaming($node, 'manual');
$node->safe_psql('postgres', 'DELETE FROM t WHERE id = 1');
wait_for('the record', sub { $manual->out =~ /"op":"d"/ });
sleep 0.5;
is($node->safe_psql('postgres', q{SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'manual'}), $before, 'manual: nothing is confirmed');
cmp_ok(fast_stop(), '<', 5, 'manual: a fast shutdown is fast');
$node->start;
is($manual->stop, 0, 'manual: stops');

# A reader that does not read: the walsender is let go, and all arrives later.
$node->safe_psql('postgres', q{UPDATE t SET v = repeat('y', 200) WHERE id BETWEEN 1001 AND 60000});
my $log = $node->basedir . '/blocked.log';
my $pid = open my $unread, '-|', "exec $ENV{W2D_TOP}/relay/wal2kafka run $config --sink stdout 2>$log" or die "fork: $!\n";
wait_for('the walsender to be let go', sub { -e $log && slurp_file($log) =~ /stdout is not available/ }, 30);
cmp_ok(fast_stop(), '<', 5, 'a reader that does not read: a fast shutdown is fast');
$node->start;
kill 'TERM', $pid;
my $stopped = time;
is(waitpid($pid, 0), $pid, 'and SIGTERM ends the relay');
cmp_ok(time - $stopped, '<', 15, 'within seconds');
is($? >> 8, 0, 'with status 0');
close $unread;

# endpos in the past ends at once.
my ($status) = relay_run('run', relay_config($node, 'slot.name' => 'short'), '--sink', 'null', '--endpos', '0/1');
is($status, 0, 'endpos that lies behind: nothing to do');

done_testing();

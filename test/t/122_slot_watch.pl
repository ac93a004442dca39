# Before it hurts: warnings about the slot, memory for decoding, and the watchdog.
use strict;
use warnings;
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('watch', max_slot_wal_keep_size => '64MB', max_wal_size => '64MB', logical_decoding_work_mem => '64kB');
$node->safe_psql('postgres', q{CREATE TABLE t (id int PRIMARY KEY, v text)});
my %often = ('slot.watch.interval.ms' => '200');
my $rows = q{INSERT INTO t SELECT g, repeat('x', 1000) FROM generate_series(%d, %d) g};

# spilling, and what helps
my $relay = W2D::Relay->start('run', relay_config($node, %often), '--sink', 'null');
$relay->wait_streaming($node, 'relay');
sleep 2; # it has looked once: what was spilled before is no news
$node->safe_psql('postgres', sprintf $rows, 1, 3000);
wait_delivered($node, 'relay');
wait_for('a word about spilling', sub { $relay->log =~ /decoding for slot "relay" spilled \d+ transactions .*server: 64kB\); logical\.decoding\.work\.mem/ }, 20) or note($relay->log);
pass('spilling is noticed');
is($relay->stop, 0, 'it stops');

my $spilled = $node->safe_psql('postgres', q{SELECT spill_bytes FROM pg_stat_replication_slots WHERE slot_name = 'relay'});
my $port = PostgreSQL::Test::Cluster::get_free_port();
$relay = W2D::Relay->start('run', relay_config($node, %often, 'logical.decoding.work.mem' => '256MB'), '--sink', 'null', '--http-listen', ":$port");
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', sprintf $rows, 3001, 6000);
wait_delivered($node, 'relay');
is($node->safe_psql('postgres', q{SELECT spill_bytes FROM pg_stat_replication_slots WHERE slot_name = 'relay'}), $spilled,
    'logical.decoding.work.mem: nothing is spilled');
wait_for('metrics of the slot', sub {
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port, Timeout => 5) or return;
    print $socket "GET /metrics HTTP/1.0\r\n\r\n";
    local $/;
    my $text = <$socket>;
    return $text =~ /^wal2kafka_slot_retained_bytes \d+/m && $text =~ /^wal2kafka_slot_safe_bytes \d+/m;
});
pass('metrics tell of the slot');
is($relay->stop, 0, 'it stops');

# a broker that is never there: the slot stands still
my @away = ('--sink', 'kafka', '-b', '127.0.0.1:1');
my $other = W2D::Relay->start('run', relay_config($node, %often, 'slot.name' => 'other', 'topic.prefix' => 'other'), '--sink', 'null');
$other->wait_streaming($node, 'other');
is($other->stop, 0, 'a slot');
$relay = W2D::Relay->start('run', relay_config($node, %often, 'slot.name' => 'other', 'watchdog.timeout.ms' => '3000'), @away);
for my $part (0 .. 9)
{
    $node->safe_psql('postgres', sprintf $rows, 10001 + 5000 * $part, 15000 + 5000 * $part);
    last if $relay->log =~ /loses its WAL/;
}
wait_for('a word about WAL', sub { $relay->log =~ /replication slot "other" loses its WAL (in about \d+ \w+ )?if it does not advance: \d+ MB are left of max_slot_wal_keep_size \(64 MB\), WAL grows by/ }, 20);
pass('WAL running out is said in time');
$node->safe_psql('postgres', sprintf $rows, 90001, 90100);
is($relay->wait_end(60), 1, 'watchdog: status 1');
like($relay->log, qr/watchdog: WAL grows, and nothing has moved for 3000 ms/, 'why');
like($relay->log, qr/watchdog: slot "other": .*confirmed \S+, restart \S+, server at/, 'the slot');
like($relay->log, qr/watchdog: relay: \{.*queue_records/, 'the relay');

# lag that grows
$relay = W2D::Relay->start('run', relay_config($node, 'slot.name' => 'behind', 'slot.watch.interval.ms' => '500', 'lsn.flush.mode' => 'manual'),
    '--sink', 'null');
$relay->wait_streaming($node, 'behind');
my $id = 100000;
for (1 .. 1500)
{
    last if $relay->log =~ /falls behind/;
    $node->safe_psql('postgres', sprintf $rows, $id + 1, $id + 200) if $_ <= 250;
    $id += 200;
    select undef, undef, undef, 0.02;
}
like($relay->log, qr/replication slot "behind" falls behind: \d+ MB of WAL are not confirmed, and more each time/, 'growing lag is noticed');

# another process holds the slot and confirms nothing
my $waiting = W2D::Relay->start('run', relay_config($node, %often, 'slot.name' => 'behind'), '--sink', 'null');
my $pid = $node->safe_psql('postgres', q{SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'behind'});
wait_for('a word about the holder', sub {
    $node->safe_psql('postgres', sprintf $rows, $id + 1, $id + 1);
    $id++;
    $waiting->log =~ /replication slot "behind" is held by process $pid \(.*\), which confirms nothing while WAL grows; .*pg_terminate_backend\($pid\)/;
});
pass('a stuck holder of the slot is named, with the way out');
is($relay->stop, 0, 'the holder stops');
is($waiting->stop, 0, 'the other one, too');

# options
for my $case (['logical.decoding.work.mem' => '1 -c x=y'], ['logical.decoding.work.mem' => '64 MB'], ['watchdog.timeout.ms' => '5000'], ['slot.watch.interval.ms' => '-1'])
{
    my ($status, undef, $log) = relay_run('run', relay_config($node, @$case), '--sink', 'null', '--endpos', 'now');
    is($status, 2, "$case->[0]=$case->[1] is refused");
    like($log, qr/\Q$case->[0]\E/, 'by name');
}
done_testing();

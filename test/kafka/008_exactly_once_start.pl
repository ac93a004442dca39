# Exactly once, what a start finds: snapshots that were cut, progress that is gone, slots that were moved or made anew.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $node = new_server('start');
my $prefix = "start$$";
my %exactly_once = ('exactly.once.support' => 'required', 'topic.prefix' => $prefix, 'progress.topic' => "$prefix-progress");

sub kafka_admin
{
    my ($code) = @_;
    system($ENV{PYTHON}, '-c', "from confluent_kafka.admin import AdminClient; a = AdminClient({'bootstrap.servers': '" . kafka_servers()
        . "'}); $code") == 0 or die "kafka: $code\n";
}

sub runs
{
    my ($config, @options) = @_;
    my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers(), @options);
    $relay->wait_streaming($node, 'relay');
    return $relay;
}

sub refuses
{
    my ($config, $name, @patterns) = @_;
    my ($status, undef, $log) = relay_run('run', $config, '-b', kafka_servers());
    is($status, 3, "$name: refused") or note($log);
    like($log, $_, "$name: says why and what to do") for @patterns;
}

# A snapshot killed again and again is seen once, in one transaction of Kafka or several: what was open is taken back.
$node->safe_psql('postgres', q{CREATE TABLE rows (id int PRIMARY KEY, n int, filler text);
    INSERT INTO rows SELECT g, 1, repeat('x', 200) FROM generate_series(1, 150000) g});
my $config = relay_config($node, %exactly_once, 'snapshot.mode' => 'initial');
my $watch = W2D::committed_report(kafka_servers(), "$prefix.public.rows");
my $cut = 0;
for my $kill (1 .. 3)
{
    my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
    wait_for('the snapshot to begin', sub { $relay->log =~ /snapshot of 1 tables/ || defined $relay->status });
    sleep 0.05 * $kill;
    $relay->kill9;
    $cut++ if $relay->log !~ /is delivered/;
}
cmp_ok($cut, '>', 0, 'snapshot: killed before its end');
my $relay = runs($config);
$node->safe_psql('postgres', 'UPDATE rows SET n = 2 WHERE id <= 10');
wait_delivered($node, 'relay');
is($relay->stop, 0, 'stops') or note($relay->log);
my $report = $watch->();
is("$report->{records} $report->{keys} $report->{gaps} $report->{repeated}", '150010 150000 0 0',
    'snapshot: every row once, then the changes');

# The slot was advanced by somebody: those changes are gone.
$node->safe_psql('postgres', 'UPDATE rows SET n = 3 WHERE id <= 10');
my $lsn = wal_end($node);
$node->safe_psql('postgres', "SELECT pg_replication_slot_advance('relay', '$lsn')");
refuses($config, 'slot advanced', qr/confirmed up to \S+, but only changes up to \S+ \(committed \d{4}-.* UTC\) were delivered/, qr/--accept-gap/);
$relay = runs($config, '--accept-gap');
like($relay->log, qr/changes between \S+ and \S+ are gone from the slot, which is accepted/, 'slot advanced: accepted');
$node->safe_psql('postgres', 'UPDATE rows SET n = 4 WHERE id <= 10');
wait_delivered($node, 'relay');
is($relay->stop, 0, 'stops') or note($relay->log);
$relay = runs($config);
is($relay->stop, 0, 'slot advanced: accepted once, the next start needs no option') or note($relay->log);

# The progress topic was deleted.
kafka_admin("[f.result() for f in a.delete_topics(['$prefix-progress']).values()]");
sleep 1;
refuses($config, 'progress deleted', qr/nothing is stored of what was delivered/, qr/--start-at slot/);
$relay = runs(relay_config($node, %exactly_once), '--start-at', 'slot');
is($relay->stop, 0, 'progress deleted: accepted') or note($relay->log);

# The slot was dropped.
$node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('relay')});
refuses($config, 'slot dropped', qr/does not exist, but changes up to/, qr/when_needed.*--accept-gap/);
$relay = runs($config, '--accept-gap');
is($relay->stop, 0, 'slot dropped: accepted') or note($relay->log);

# Progress of another server under the same names.
my $other = new_server('other');
$other->safe_psql('postgres', 'CREATE TABLE rows (id int PRIMARY KEY, n int)');
my ($status, undef, $log) = relay_run('run', relay_config($other, %exactly_once), '-b', kafka_servers());
is($status, 3, 'other server: refused') or note($log);
like($log, qr/another server \(system identifier\).*--accept-new-system/, 'other server: says so');
($status, undef, $log) = relay_run('run', relay_config($other, %exactly_once), '-b', kafka_servers(), '--accept-new-system', '--endpos', 'now');
is($status, 0, 'other server: accepted') or note($log);

# A transaction that is in by halves, and other options.
$config = relay_config($node, %exactly_once, 'producer.override.transaction.timeout.ms' => '1000');
$node->safe_psql('postgres', q{INSERT INTO rows SELECT g, 1, repeat('x', 300) FROM generate_series(200001, 1200000) g});
my $before = W2D::committed_end(kafka_servers(), "$prefix.public.rows");
$relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
wait_for('the first part', sub { W2D::committed_end(kafka_servers(), "$prefix.public.rows") > $before });
$relay->kill9;
refuses(relay_config($node, %exactly_once, 'tombstones.on.delete' => 'false'), 'options changed in a part',
    qr/records of the transaction that commits at \S+ are delivered, under other options/, qr/exactly\.once\.support=requested/);
$relay = runs($config);
wait_delivered($node, 'relay');
is($relay->stop, 0, 'stops') or note($relay->log);

# What has no meaning exactly once is refused.
for ([ '--sink' => 'stdout' ], [ '--set' => 'snapshot.mode=always' ])
{
    ($status, undef, $log) = relay_run('run', $config, '-b', kafka_servers(), @$_);
    is($status, 2, "@$_: bad configuration") or note($log);
    like($log, qr/exactly\.once\.support/, "@$_: names the option");
}

done_testing();

# Exactly once: relays killed at random moments, a zombie, two at once: each change is there once, in order, and no
# transaction was ever to be seen in part.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $seed = $ENV{SEED} // int(time);
my $kills = $ENV{KILLS} // 20;
srand($seed);
note("SEED=$seed KILLS=$kills");

my $node = new_server('once');
# other tests have written to this broker, for other servers of the same names
my $prefix = "once$$";
my %exactly_once = ('exactly.once.support' => 'required', 'topic.prefix' => $prefix, 'progress.topic' => "$prefix-progress");
my $relay;

sub relay_runs
{
    my ($config, @options) = @_;
    my $started = W2D::Relay->start('run', $config, '-b', kafka_servers(), @options);
    $started->wait_streaming($node, 'relay');
    return $started;
}

sub all_once
{
    my ($table, $watch, $name) = @_;
    wait_delivered($node, 'relay', 120);
    my $report = $watch->();
    my ($lowest, $highest, $sum) = split /\|/, $node->safe_psql('postgres', "SELECT min(n), max(n), sum(n) FROM $table");
    note("$name: ", join(' ', map { "$_=$report->{$_}" } sort keys %$report));
    is($report->{gaps}, 0, "$name: nothing is left out");
    is($report->{repeated}, 0, "$name: nothing is repeated");
    is("$report->{records} $report->{lowest} $report->{highest}", "$sum $lowest $highest", "$name: everything is there");
    is($report->{torn}, 0, "$name: no transaction could be seen in part");
    cmp_ok($report->{ends}, '>', 5, "$name: and it was looked at while it grew");
}

my $config = relay_config($node, %exactly_once);
counter_table($node, 'killed', 200);
$relay = relay_runs($config);
my $watch = W2D::committed_report(kafka_servers(), "$prefix.public.killed");
for my $kill (1 .. $kills)
{
    my $finish = sql_in_background($node, 'CALL killed_rounds(40, 20)');
    sleep rand(0.8);
    $relay->kill9;
    $relay = relay_runs($config);
    $finish->();
}
all_once('killed', $watch, "$kills kills");
is($relay->stop, 0, 'stops') or note($relay->log);
my $before = W2D::committed_end(kafka_servers(), "$prefix.public.killed");
$relay = relay_runs($config);
wait_delivered($node, 'relay');
is(W2D::committed_end(kafka_servers(), "$prefix.public.killed"), $before, 'a clean stop and start repeats nothing');

# A relay that sleeps while another takes its place wakes up, and may not write.
counter_table($node, 'zombie', 200);
$watch = W2D::committed_report(kafka_servers(), "$prefix.public.zombie");
my $finish = sql_in_background($node, 'CALL zombie_rounds(300, 20)');
sleep 0.5;
$relay->signal('STOP');
my $successor = relay_runs($config, '--takeover');
# the walsender that streams may still be the sleeper's
ok(wait_for('the slot to be taken over', sub { $successor->log =~ /taking replication slot "relay" over from PID/ }),
    'zombie: its slot is taken over');
sleep 0.3;
$relay->signal('CONT');
$finish->();
all_once('zombie', $watch, 'zombie');
is($relay->status, undef, 'zombie: it waits for its turn') or note($relay->log);
like($relay->log, qr/is in use by PID/, 'zombie: and says so');

# Two at once: one waits, and does not disturb the other.
counter_table($node, 'two', 200);
$watch = W2D::committed_report(kafka_servers(), "$prefix.public.two");
counter_rounds($node, 'two', 100, 20);
wait_delivered($node, 'relay');
unlike($successor->log, qr/fenced|trying again/i, 'two at once: the one that waits does not fence the other');
$successor->kill9;
counter_rounds($node, 'two', 100, 20);
$relay->wait_streaming($node, 'relay');
all_once('two', $watch, 'two at once');
is($relay->stop, 0, 'stops') or note($relay->log);

# A transaction that takes longer than a third of transaction.timeout.ms is committed in parts.
$node->safe_psql('postgres', 'CREATE TABLE huge (id int PRIMARY KEY, n int, filler text)');
$node->safe_psql('postgres', q{INSERT INTO huge SELECT g, 1, repeat('x', 300) FROM generate_series(1, 1000000) g});
$config = relay_config($node, %exactly_once, 'producer.override.transaction.timeout.ms' => '1000');
$watch = W2D::committed_report(kafka_servers(), "$prefix.public.huge");
$relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
wait_for('the first part', sub { W2D::committed_end(kafka_servers(), "$prefix.public.huge") > 0 });
$relay->kill9;
my $part = W2D::committed_end(kafka_servers(), "$prefix.public.huge");
cmp_ok($part, '<', 1000000, "huge: a part of the transaction is committed ($part)");
$relay = relay_runs($config);
wait_delivered($node, 'relay');
my $report = $watch->();
is("$report->{records} $report->{gaps} $report->{repeated}", '1000000 0 0', 'huge: the rest follows, nothing is repeated');
is($relay->stop, 0, 'stops') or note($relay->log);

done_testing();

# A relay looks at slot and server, and then another one is at work until the first has its turn to write: what it saw
# before is old, and must not be taken for a server restored from an older copy.
use strict;
use warnings;
use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('news');
my $prefix = "news$$";
my $config = relay_config($node, 'exactly.once.support' => 'required', 'topic.prefix' => $prefix, 'progress.topic' => "$prefix-progress",
    'snapshot.mode' => 'no_data');
my $opened = tempdir(CLEANUP => 1) . '/opened';
my $watch = W2D::committed_report(kafka_servers(), "$prefix.public.news");

sub first_one
{
    my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
    $relay->wait_streaming($node, 'relay');
    counter_rounds($node, 'news', @_);
    wait_delivered($node, 'relay');
    return $relay;
}

counter_table($node, 'news', 10);
my $first = first_one(3, 5);
is($first->stop, 0, 'the first stops') or note($first->log);

# The second reaches PostgreSQL at once, and Kafka only when the gate is opened.
my $python = q{
import os, re, sys, time
sys.path.insert(0, os.environ["W2D_TOP"] + "/test/chaos")
from lib.proxy import Proxy
proxy = Proxy(int(sys.argv[1]))
proxy.freeze()
print(proxy.port, flush=True)
while not os.path.exists(sys.argv[2]):
    time.sleep(0.05)
proxy.thaw()
time.sleep(600)
};
# a test that dies must not wait for it
my $gate_pid;
END { local $?; kill 'KILL', $gate_pid if $gate_pid }
$gate_pid = open my $gate, '-|', $ENV{PYTHON}, '-c', $python, kafka_servers() =~ /(\d+)$/, $opened or die "no gate: $!\n";
chomp(my $port = <$gate>);
my $second = W2D::Relay->start('run', $config, '-b', "127.0.0.1:$port", '-d', 'application_name=second');
wait_for('the second to have looked at the slot',
    sub { $node->safe_psql('postgres', q{SELECT count(*) FROM pg_stat_activity WHERE application_name = 'second' AND state = 'idle'
        AND query LIKE '%pg_replication_slots%'}) > 0 });

$first = first_one(30, 5);
$first->kill9;
append_to_file($opened, '');
$second->wait_streaming($node, 'relay');
counter_rounds($node, 'news', 3, 5);
wait_delivered($node, 'relay');
is($second->status, undef, 'the second goes on where the first was') or note($second->log);
unlike($second->log, qr/older copy/, 'and takes nobody for an older copy');
my $report = $watch->();
is("$report->{records} $report->{gaps} $report->{repeated}", '360 0 0', 'everything is there once');
is($second->stop, 0, 'stops') or note($second->log);
kill 'KILL', $gate_pid;
close $gate;
done_testing();

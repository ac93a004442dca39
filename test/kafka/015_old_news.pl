# A relay looks at slot and server, and then another one is at work until the first has its turn to write: what it saw
# before is old, and must not be taken for a server restored from an older copy.  And progress that is hidden behind
# somebody else's open transaction: what can be seen is old, and nothing may begin there.
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
# a test that dies must not wait for them
my ($gate_pid, $writer_pid);
END { local $?; kill 'KILL', grep { $_ } $gate_pid, $writer_pid }
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
kill 'KILL', $gate_pid;
close $gate;
$gate_pid = undef;

# Somebody else's transaction is open in the progress topic, while ours end behind it.
my $ended = tempdir(CLEANUP => 1) . '/ended';
$python = q{
import os, sys, time
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": sys.argv[1], "transactional.id": sys.argv[2], "transaction.timeout.ms": 600000})
producer.init_transactions(60)
producer.begin_transaction()
producer.produce(sys.argv[2], b"{}", b"somebody else's")
producer.flush(60)
print("open", flush=True)
while not os.path.exists(sys.argv[3]):
    time.sleep(0.05)
producer.abort_transaction(60)
print("ended", flush=True)
};
$writer_pid = open my $writer, '-|', $ENV{PYTHON}, '-c', $python, kafka_servers(), "$prefix-progress", $ended or die "no writer: $!\n";
is(scalar <$writer>, "open\n", 'a transaction is open');
counter_rounds($node, 'news', 3, 5);
wait_delivered($node, 'relay');
$second->kill9;
my $third = W2D::Relay->start('run', $config, '-b', kafka_servers());
wait_for('the relay to say what it waits for', sub { $third->log =~ /a transaction that began at offset \d+ has not ended/ }, 120);
is($third->status, undef, 'the third waits');
unlike($third->log, qr/streaming from replication slot/, 'and begins nowhere');
append_to_file($ended, '');
is(scalar <$writer>, "ended\n", 'the transaction is taken back');
close $writer;
$writer_pid = undef;
$third->wait_streaming($node, 'relay');
counter_rounds($node, 'news', 3, 5);
wait_delivered($node, 'relay');
my $report = $watch->();
is("$report->{records} $report->{gaps} $report->{repeated}", '420 0 0', 'everything is there once');
is($third->stop, 0, 'stops') or note($third->log);
done_testing();

# Records that cannot be delivered: stopped at, dropped, or parked in the dead letter topic.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('dead_letters');
my $servers = kafka_servers();
my $prefix = "dead$$";
my $dead = "$prefix-letters";
$node->safe_psql('postgres', q{
    CREATE EXTENSION wal2debezium;
    CREATE TABLE t (id int PRIMARY KEY, v text);
    ALTER TABLE t ALTER v SET STORAGE EXTERNAL;
});

my %settings = (
    'topic.prefix' => $prefix,
    'name' => 'shop',
    'producer.override.max.request.size' => '3000000',
    'producer.override.compression.type' => 'none',
    'errors.tolerance' => 'all',
    'errors.deadletterqueue.topic.name' => $dead,
    'errors.deadletterqueue.topic.replication.factor' => '1',
    'errors.deadletterqueue.context.headers.enable' => 'true');

# Lines "key|value size|header=value,..." of a topic from its beginning
sub topic_lines
{
    my ($topic) = @_;
    my $text = `kcat -b $servers -C -t $topic -o beginning -e -q -f '%k|%S|%h\\n' 2>/dev/null`;
    return split /\n/, $text;
}

# plugin: the record is larger than max.record.bytes; broker: the topic takes less than the producer
my $relay = W2D::Relay->start('run', relay_config($node, %settings), '-b', $servers);
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{
    INSERT INTO t VALUES (1, 'fine');
    BEGIN; INSERT INTO t VALUES (2, repeat('x', 4000000)); INSERT INTO t VALUES (3, 'fine, too'); COMMIT;
});
wait_delivered($node, 'relay');
my $lsn_of_plugin = qr/__connect\.errors\.offset=[1-9]\d+/;
my @lines = topic_lines($dead);
is(scalar @lines, 1, 'too large for the plugin: parked');
like($lines[0], qr/^\{"id":2\}\|-?[01]?\|/, 'its key, no value') or note(substr($lines[0], 0, 500));
like($lines[0], qr/__connect\.errors\.\Q$_\E/, $_)
    for "topic=$prefix.public.t", 'connector.name=shop', 'task.id=0', 'stage=KAFKA_PRODUCE', 'class.name=org.apache.kafka.connect',
    'exception.class.name=org.apache.kafka.common.errors.RecordTooLargeException', 'exception.message=record for topic';
like($lines[0], $lsn_of_plugin, 'offset: the LSN');
is(scalar(grep { /"id":[13]/ } topic_lines("$prefix.public.t")), 2, 'the others arrive');
like($relay->log, qr/parked a record for topic "$prefix\.public\.t" at LSN \S+ \(key \{"id":2\}\) is too large/, 'the log names topic, LSN and key');

$node->safe_psql('postgres', q{INSERT INTO t VALUES (4, repeat('y', 2000000))});
wait_delivered($node, 'relay');
@lines = topic_lines($dead);
is(scalar @lines, 2, 'too large for the broker: parked');
like($lines[1], qr/^\{"id":4\}\|-?[01]?\|/, 'the dead letter topic takes it without its value');
like($lines[1], qr/exception\.message=Kafka does not take a record for topic "$prefix\.public\.t" \(key of 8 bytes \{"id":4\}/, 'and says why');
$node->safe_psql('postgres', q{INSERT INTO t VALUES (5, 'after')});
wait_delivered($node, 'relay');
ok((grep { /"id":5/ } topic_lines("$prefix.public.t")), 'the stream goes on');
is($relay->stop, 0, 'it stops');

# what the broker refuses for a topic, whole
system("$ENV{PYTHON} -c 'from confluent_kafka.admin import *; a=AdminClient({\"bootstrap.servers\":\"$servers\"}); f=a.create_topics([NewTopic(\"$prefix.public.small\",1,1,config={\"max.message.bytes\":\"300\"})]); [x.result() for x in f.values()]'") == 0 or die 'create topic';
$node->safe_psql('postgres', q{CREATE TABLE small (id int PRIMARY KEY, v text)});
$relay = W2D::Relay->start('run', relay_config($node, %settings, 'errors.log.enable' => 'true', 'errors.log.include.messages' => 'true',
    'producer.override.batch.size' => '1', 'slot.name' => 'relay'), '-b', $servers);
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO small VALUES (1, repeat('z', 800))});
wait_delivered($node, 'relay');
@lines = topic_lines($dead);
is(scalar @lines, 3, 'too large for its topic: parked');
like($lines[2], qr/^\{"id":1\}\|[1-9]\d{2,}\|.*__debezium\.context|^\{"id":1\}\|[1-9]\d{2,}\|.*__connect/, 'whole, with its own headers');
like($relay->log, qr/record parked: .*small.*; its value: \{.*zzzz/, 'errors.log.include.messages: the value is logged');
is($relay->stop, 0, 'it stops');

# none stops and names it; all without a topic drops
$node->safe_psql('postgres', q{INSERT INTO t VALUES (6, repeat('x', 4000000))});
my ($status, undef, $log) = relay_run('run', relay_config($node, %settings, 'errors.tolerance' => 'none'), '-b', $servers);
is($status, 1, 'errors.tolerance=none: it fails');
like($log, qr/record for topic "$prefix\.public\.t" at LSN \S+ \(key \{"id":6\}\) is too large: .*3000000/, 'topic, LSN, key and limit are named');
like($log, qr/option "errors\.deadletterqueue\.topic\.name" has no effect/, 'a dead letter topic without tolerance has no effect');
($status, undef, $log) = relay_run('run', relay_config($node, %settings, 'errors.deadletterqueue.topic.name' => undef), '-b', $servers, '--endpos', 'now');
is($status, 0, 'errors.tolerance=all without a topic: it goes on');
like($log, qr/dropped a record for topic.*\{"id":6\}/, 'and says what it drops');
is(scalar topic_lines($dead), 3, 'nothing was parked meanwhile');

# other sinks have a dead letter topic, too
$node->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('out', 'wal2debezium'); INSERT INTO t VALUES (7, repeat('x', 4000000))});
(undef, my $out) = relay_run('run', relay_config($node, %settings, 'slot.name' => 'out', 'max.record.bytes' => '3000000'), '--sink', 'stdout', '--endpos', 'now');
like($out, qr/^\{"topic":"$dead","key":\{"id":7\},"value":null,"headers":\{"__connect\.errors\.topic":"$prefix\.public\.t"/m, 'stdout: a line of the dead letter topic');

done_testing();

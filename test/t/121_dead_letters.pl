# Records that cannot be delivered: stopped at, dropped, or parked in the dead letter topic.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;
use W2DTopic;

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
    my ($topic, $isolation) = (@_, 'read_committed');
    my $text = `kcat -b $servers -C -t $topic -o beginning -e -q -X isolation.level=$isolation -f '%k|%S|%h\\n' 2>/dev/null`;
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

# exactly once: a record refused is let go in the transaction that it belongs to, and its neighbours come once
$prefix = "deadonce$$";
$dead = "$prefix-letters";
my %once = (%settings, 'topic.prefix' => $prefix, 'slot.name' => 'once', 'exactly.once.support' => 'required',
    'errors.deadletterqueue.topic.name' => $dead, 'table.include.list' => 'public\.poisoned');
$node->safe_psql('postgres', q{
    CREATE TABLE poisoned (id int PRIMARY KEY, v text);
    ALTER TABLE poisoned ALTER v SET STORAGE EXTERNAL;
    CREATE PROCEDURE poison(first int, plugin int, broker int) LANGUAGE sql AS $$
        INSERT INTO poisoned SELECT g, repeat('x', CASE g WHEN plugin THEN 4000000 WHEN broker THEN 2000000 ELSE 100 END)
        FROM generate_series(first, first + 4999) g $$});
$relay = W2D::Relay->start('run', relay_config($node, %once), '-b', $servers);
$relay->wait_streaming($node, 'once');
$node->safe_psql('postgres', 'CALL poison(1, 700, 3000)');
wait_delivered($node, 'once');
my @ids = sort { $a <=> $b } map { /^\{"id":(\d+)\}/ } topic_lines("$prefix.public.poisoned");
is(scalar @ids, 4998, 'exactly once, all: the neighbours of records that plugin and brokers refuse arrive once');
is(scalar(grep { $_ == 700 || $_ == 3000 } @ids), 0, 'these do not');
is(join(' ', sort map { /^\{"id":(\d+)\}/ } topic_lines($dead)), '3000 700', 'they are parked once');
like($relay->log, qr/could not deliver a record to topic "$prefix\.public\.poisoned" \(key of 11 bytes \{"id":3000\}, value of 2000\d+ bytes, source LSN .*trying again/,
    'the log says why the transaction begins again') or note($relay->log);
cmp_ok(scalar topic_lines($dead, 'read_uncommitted'), '>=', 3, 'the dead letter of the transaction that failed was taken back with it');
is($relay->stop, 0, 'it stops');
$relay = W2D::Relay->start('run', relay_config($node, %once, 'errors.tolerance' => 'none'), '-b', $servers);
$relay->wait_streaming($node, 'once');
$node->safe_psql('postgres', 'CALL poison(10001, 0, 11000)');
is($relay->wait_end(60), 1, 'exactly once, none: status 1');
like($relay->log, qr/error +Kafka does not take a record for topic "$prefix\.public\.poisoned" \(key of 12 bytes \{"id":11000\}, value of 2000\d+ bytes, source LSN [0-9A-F]+\/[^)]*\): .*too large/,
    'the last line names topic, key, size and LSN') or note($relay->log);
is(scalar topic_lines("$prefix.public.poisoned"), 4998, 'nothing of its transaction is seen');
system("$ENV{PYTHON} -c 'from confluent_kafka.admin import *; a=AdminClient({\"bootstrap.servers\":\"$servers\"}); [f.result() for f in a.alter_configs([ConfigResource(\"topic\", \"$prefix.public.poisoned\", set_config={\"max.message.bytes\": \"8000000\"})]).values()]'") == 0 or die 'alter topic';
($status, undef, $log) = relay_run('run', relay_config($node, %once, 'errors.tolerance' => 'none', 'producer.override.max.request.size' => '8000000'), '-b', $servers, '--endpos', 'now');
is($status, 0, 'put right: status 0') or note($log);
is(scalar topic_lines("$prefix.public.poisoned"), 9998, 'all of it arrives once');

# brokers judge a batch: where it is not known which of its records is meant, none is let go
topic_create("$prefix.public.keyless", 'cleanup.policy=compact');
$node->safe_psql('postgres', 'CREATE TABLE keyless (v text)');
$relay = W2D::Relay->start('run', relay_config($node, %once, 'slot.name' => 'batch', 'table.include.list' => 'public\.keyless'), '-b', $servers);
$relay->wait_streaming($node, 'batch');
$node->safe_psql('postgres', 'INSERT INTO keyless SELECT g FROM generate_series(1, 500) g');
is($relay->wait_end(90), 1, 'exactly once, all: a batch that is refused: status 1');
like($relay->log, qr/A compacted topic takes no records without key\. .* went with \d+ others.*rdkafka\.batch\.num\.messages=1/, 'the last line says what to do') or note($relay->log);

done_testing();

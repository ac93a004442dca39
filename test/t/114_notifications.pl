# Notifications of initial snapshots: which, in what order, when none is taken, when it fails; channels that are not there.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;
use W2DTopic;

my $node = new_server('notifications');
$node->safe_psql('postgres', q{
    CREATE TABLE a (id int PRIMARY KEY);
    CREATE TABLE b (id int PRIMARY KEY);
    INSERT INTO a SELECT generate_series(1, 3);
});
my @to_topic = ('notification.enabled.channels' => 'sink', 'notification.sink.topic.name' => 'app.notes');

sub run_once
{
    my (@options) = @_;
    my ($status, $out, $log) = relay_run('run', relay_config($node, 'snapshot.mode' => 'initial', @options), '--sink', 'stdout', '--endpos', 'now');
    my @lines = split /\n/, $out;
    return ($status, [ notification_types(grep { /"topic":"app\.notes"/ } @lines) ], $log, \@lines);
}

sub drop { $node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('relay')}) }

my ($status, $types, $log, $lines) = run_once(@to_topic, 'notification.enabled.channels' => 'sink, log');
is($status, 0, 'a snapshot') or note($log);
my @course = ('STARTED', 'DATA_COLLECTIONS_RESOLVED', 'IN_PROGRESS public.a', 'TABLE_SCAN_COMPLETED public.a SUCCEEDED',
    'IN_PROGRESS public.b', 'TABLE_SCAN_COMPLETED public.b SUCCEEDED', 'COMPLETED');
is_deeply($types, \@course, 'its course');
is(scalar(() = $log =~ /\[Notification Service\]/g), 7, 'and in the log') or note($log);
like($log, qr/\[Notification Service\]  \{id='[0-9a-f-]{36}', aggregateType='Initial Snapshot', type='STARTED', additionalData=\{connector_name=app\}, timestamp=\d+\}/, 'in the words of Debezium');
my ($completed) = grep { $lines->[$_] =~ /"type":"COMPLETED"/ } 0 .. $#$lines;
my @rows = grep { $lines->[$_] =~ /"op":"r"/ } 0 .. $#$lines;
is(scalar @rows, 3, 'three rows');
cmp_ok($completed, '>', $rows[-1], 'COMPLETED comes after the last row');

($status, $types, $log) = run_once(@to_topic);
is_deeply($types, ['SKIPPED'], 'the next start takes none') or note($log);
unlike($log, qr/Notification Service/, 'nothing in the log without the channel');

drop();
($status, $types) = run_once(@to_topic, 'snapshot.max.threads' => '2', 'snapshot.include.collection.list' => 'public.a');
is_deeply($types, [ 'STARTED', 'DATA_COLLECTIONS_RESOLVED', 'IN_PROGRESS public.a', 'TABLE_CHUNK_IN_PROGRESS public.a',
    'TABLE_CHUNK_COMPLETED public.a SUCCEEDED', 'TABLE_SCAN_COMPLETED public.a SUCCEEDED', 'COMPLETED' ], 'several connections tell of parts');

drop();
($status, $types) = run_once(@to_topic, 'snapshot.mode' => 'initial_only');
is_deeply($types, \@course, 'initial_only: COMPLETED is delivered before the end');

# A snapshot that fails is told of, though the relay ends.
$node->safe_psql('postgres', q{CREATE ROLE reader LOGIN REPLICATION; GRANT USAGE ON SCHEMA wal2debezium TO reader; GRANT SELECT ON a TO reader});
($status, $types, $log) = run_once(@to_topic, 'database.user' => 'reader', 'slot.name' => 'second');
is($status, 1, 'a table that may not be read') or note($log);
is_deeply($types, [ 'STARTED', 'ABORTED' ], 'started and aborted');

# One that is cut by a stop, too.
$node->safe_psql('postgres', q{INSERT INTO b SELECT generate_series(1, 1000000)});
my $relay = W2D::Relay->start('run', relay_config($node, 'snapshot.mode' => 'initial', 'slot.name' => 'third', @to_topic), '--sink', 'stdout');
wait_for('rows of b', sub { $relay->out =~ /"topic":"app\.public\.b"/ });
is($relay->stop, 0, 'SIGTERM in the middle');
is((notification_types(split /\n/, $relay->out))[-1], 'ABORTED', 'the last word is ABORTED');

# What cannot be had is refused by its name.
my @to_kafka = ('signal.enabled.channels' => 'kafka', 'signal.kafka.bootstrap.servers' => '127.0.0.1:1');
for my $case (
    [ 'jmx', qr/cannot use value "jmx" of option "notification\.enabled\.channels".*JVM/, 'notification.enabled.channels' => 'log,jmx' ],
    [ 'unknown channel', qr/cannot use value "mail" of option "notification\.enabled\.channels".*sink and log/, 'notification.enabled.channels' => 'mail' ],
    [ 'no topic', qr/option "notification\.sink\.topic\.name" is missing/, 'notification.enabled.channels' => 'sink' ],
    [ 'not a topic', qr/cannot use value "a b" of option "notification\.sink\.topic\.name"/, @to_topic, 'notification.sink.topic.name' => 'a b' ],
    [ 'http', qr/cannot use value "http" of option "notification\.enabled\.channels".*sink or log/, 'notification.enabled.channels' => 'http' ],
    [ 'its address', qr/"notification\.http\.url".*channel http is not built/, 'notification.http.url' => 'http://x' ],
    [ 'signals by file', qr/cannot use value "file" of option "signal\.enabled\.channels".*not built/, 'signal.enabled.channels' => 'source,file' ],
    [ 'the file', qr/"signal\.file".*channel file is not built/, 'signal.file' => 'x' ],
    [ 'signals by Java', qr/cannot use value "in-process" of option "signal\.enabled\.channels".*JVM/, 'signal.enabled.channels' => 'in-process' ],
    [ 'unknown signals', qr/cannot use value "smoke" of option "signal\.enabled\.channels".*source and kafka/, 'signal.enabled.channels' => 'smoke' ],
    [ 'no brokers of signals', qr/option "signal\.kafka\.bootstrap\.servers" is missing/, 'signal.enabled.channels' => 'kafka' ],
    [ 'a setting of producers', qr/unrecognized consumer setting "acks" in option "signal\.consumer\.acks"/, @to_kafka, 'signal.consumer.acks' => 'all' ],
    [ 'a bad value', qr/invalid value "x" for option "signal\.consumer\.fetch\.min\.bytes"/, @to_kafka, 'signal.consumer.fetch.min.bytes' => 'x' ],
    [ 'a deserializer', qr/option "signal\.consumer\.value\.deserializer".*signals are text/, @to_kafka, 'signal.consumer.value.deserializer' => 'x.Y' ],
    [ 'an unknown option', qr/"signal\.kafka\.key"/, @to_kafka, 'signal.kafka.key' => 'x' ],
    [ 'ByteArrayConverter', qr/cannot write notifications/, @to_topic, 'value.converter' => 'io.debezium.converters.BinaryDataConverter' ],
  )
{
    my ($what, $words, @options) = @$case;
    ($status, undef, $log) = run_once(@options);
    is($status, 2, "$what: refused") or note($log);
    like($log, $words, "$what: named");
}
($status, undef, $log) = run_once('notification.sink.topic.name' => 'x', 'snapshot.mode' => 'no_data');
like($log, qr/option "notification\.sink\.topic\.name" has no effect/, 'a topic without the channel has no effect, and it says so');
($status, undef, $log) = run_once('snapshot.mode' => 'no_data', 'signal.kafka.topic' => 'x', 'signal.synchronous.batch.size' => '5');
is($status, 0, 'options of a channel that is not enabled') or note($log);
like($log, qr/option "$_" has no effect/, "$_ has no effect") for qw(signal.kafka.topic signal.synchronous.batch.size);
($status, undef, $log) = run_once('snapshot.mode' => 'no_data', @to_kafka, 'signal.consumer.enable.auto.commit' => 'false',
    'signal.consumer.sasl.jaas.config' => 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="hidden-word";');
is($status, 0, 'settings of the consumer') or note($log);
like($log, qr/option "signal\.consumer\.enable\.auto\.commit" has no effect: the offset of a signal is committed when it is handled/, 'one without effect says so');
unlike($log, qr/hidden-word/, 'no password is shown');

done_testing();

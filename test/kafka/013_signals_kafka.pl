# Signals of a Kafka topic: a topic made later, other keys, broken ones, a relay that is away, killed, or exactly once; brokers
# that are away; a message without a transaction while a snapshot runs read only.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;
use W2DTopic;

my $node = new_server('signals');
$node->safe_psql('postgres', q{
    CREATE EXTENSION wal2debezium;
    CREATE TABLE t (id int PRIMARY KEY, v int);
    INSERT INTO t SELECT g, g FROM generate_series(1, 5) g;
    CREATE TABLE big (id int PRIMARY KEY);
    INSERT INTO big SELECT generate_series(1, 3000);
});

sub config
{
    my ($name, %more) = @_;
    return relay_config($node, 'topic.prefix' => $name, 'slot.name' => $name, 'signal.enabled.channels' => 'kafka',
        'signal.kafka.bootstrap.servers' => kafka_servers(), 'signal.kafka.groupId' => $name, 'signal.poll.interval.ms' => '100',
        'incremental.snapshot.chunk.size' => '100', 'notification.enabled.channels' => 'sink',
        'notification.sink.topic.name' => "$name.notes", %more);
}

sub begin
{
    my ($name, %more) = @_;
    my $relay = W2D::Relay->start('run', config($name, %more), '-b', kafka_servers());
    $relay->wait_streaming($node, $name);
    return $relay;
}

sub execute { my ($id, $table) = @_; return qq({"id": "$id", "type": "execute-snapshot", "data": {"data-collections": ["public.$table"]}}) }

# How many notifications of that type there are for a signal.
sub told
{
    my ($name, $id, $type) = @_;
    return scalar grep { /"id":"$id","type":"$type"/ } topic_values("$name.notes");
}

sub wait_completed { my ($name, $id) = @_; return wait_for("the snapshot of $id", sub { told($name, $id, 'COMPLETED') > 0 }, 120) }

# Keys of the rows that were read, and how many.
sub rows_read
{
    my ($topic) = @_;
    my @ids = map { /"after":\{"id":(\d+).*"op":"r"/ ? $1 : () } topic_values($topic);
    my %ids = map { $_ => 1 } @ids;
    return (scalar @ids, scalar keys %ids);
}

# The topic is made while the relay waits for it.
my $relay = begin('sig');
topic_send('sig-signal', 'sig', execute('first', 't'));
wait_completed('sig', 'first');
is_deeply([ rows_read('sig.public.t') ], [ 5, 5 ], 'a signal reads the table, by a topic made later');

# What is no signal for us is passed over, and says so.
topic_send('sig-signal', 'other', execute('others', 't'));
topic_send('sig-signal', 'sig', '{"id": "broken", "type": ');
topic_send('sig-signal', 'sig', '{"id": "strange", "type": "make-coffee", "data": {}}');
topic_send('sig-signal', 'sig', execute('second', 't'));
wait_completed('sig', 'second');
is_deeply([ rows_read('sig.public.t') ], [ 10, 5 ], 'the next signal works');
is(told('sig', 'others', 'STARTED'), 0, 'a signal with another key is not for us');
like($relay->log, qr/not for this connector: its key is "other"/, 'and is logged');
like($relay->log, qr/make-coffee/, 'so is an unrecognized type') or note($relay->log);
is($relay->stop, 0, 'stopped');

# A signal waits for the relay, and is taken once.
topic_send('sig-signal', 'sig', execute('away', 't'));
$relay = begin('sig');
wait_completed('sig', 'away');
is_deeply([ rows_read('sig.public.t') ], [ 15, 5 ], 'a signal sent while the relay was away');
is($relay->stop, 0, 'stopped again');
$relay = begin('sig');
topic_send('sig-signal', 'sig', execute('last', 't'));
wait_completed('sig', 'last');
is_deeply([ map { told('sig', $_, 'STARTED') } qw(first second away last) ], [ 1, 1, 1, 1 ], 'no signal is taken again');
is($relay->stop, 0, 'stopped a third time');

# Killed in the middle, in both modes: the snapshot is finished, and the rows are complete.
for my $mode ('requested', 'required')
{
    my $name = "sig_$mode";
    my %more = ('exactly.once.support' => $mode, 'incremental.snapshot.chunk.size' => '20');
    $relay = begin($name, %more);
    topic_send("$name-signal", $name, execute('killed', 'big'));
    wait_for('some rows', sub { (eval { (rows_read("$name.public.big"))[0] } // 0) > 100 });
    $relay->kill9;
    $relay = begin($name, %more);
    wait_completed($name, 'killed');
    my ($rows, $keys) = rows_read("$name.public.big");
    is($keys, 3000, "$mode: every row, though the relay was killed");
    is($rows, 3000, "$mode: and none twice") if $mode eq 'required';
    is($relay->stop, 0, "$mode: stopped") or note($relay->log);
}

# A message without a transaction is no matter for a snapshot that only reads.
$relay = begin('sig_readonly', 'read.only' => 'true', 'heartbeat.interval.ms' => '100', 'incremental.snapshot.chunk.size' => '200');
topic_send('sig_readonly-signal', 'sig_readonly', execute('reading', 'big'));
my $messages = 0;
wait_for('the snapshot that only reads', sub {
    $node->safe_psql('postgres', q{SELECT pg_logical_emit_message(false, 'hello', 'x')});
    $messages++;
    return told('sig_readonly', 'reading', 'COMPLETED') > 0;
}, 120);
is_deeply([ rows_read('sig_readonly.public.big') ], [ 3000, 3000 ], "read.only, $messages messages in between");
is($relay->stop, 0, 'stopped') or note($relay->log);

# Brokers of signals that are away do not matter to the stream.
my $dead = PostgreSQL::Test::Cluster::get_free_port();
$relay = begin('sig_dead', 'signal.kafka.bootstrap.servers' => "127.0.0.1:$dead");
wait_for('a word about the brokers', sub { $relay->log =~ /could not read signals from topic "sig_dead-signal"/ });
$node->safe_psql('postgres', 'INSERT INTO t VALUES (6, 6)');
wait_delivered($node, 'sig_dead');
pass('the stream goes on without the brokers of signals');
is(scalar(() = $relay->log =~ /could not read signals/g), 1, 'one line says so') or note($relay->log);
is($relay->stop, 0, 'and the stop is clean');

done_testing();

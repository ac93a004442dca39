# Two brokers, in both promises: the leader of everything killed, the coordinator of the transactions among it; too few
# replicas in sync; leaders that move among living brokers; an unclean election, which loses what was acknowledged; a
# topic deleted that brokers do not make again by themselves.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use W2D;
use W2DFaults;

# A controller of their own, so that each can be killed; everything prefers the second.
$ENV{W2D_KAFKA_HEAP} = '200m';
$ENV{W2D_KAFKA_TIER} = 1;
my $controller = W2D::Kafka->start(
    'process.roles' => 'controller',
    'node.id' => '3',
    'controller.quorum.voters' => '3@127.0.0.1:@PORT@',
    'listeners' => 'CONTROLLER://127.0.0.1:@PORT@',
    'advertised.listeners' => 'CONTROLLER://127.0.0.1:@PORT@',
    'auto.create.topics.enable' => 'false',
    'leader.imbalance.check.interval.seconds' => '1');
my %broker = (
    'process.roles' => 'broker',
    'controller.quorum.voters' => $controller->setting('controller.quorum.voters'),
    'listeners' => 'PLAINTEXT://127.0.0.1:@PORT@',
    'auto.create.topics.enable' => 'false',
    'transaction.state.log.replication.factor' => '2',
    'transaction.state.log.num.partitions' => '1',
    'broker.heartbeat.interval.ms' => '500',
    'broker.session.timeout.ms' => '4000');
my $first = W2D::Kafka->start(%broker, 'node.id' => '1');
my $second = W2D::Kafka->start(%broker, 'node.id' => '2');
my $servers = join ',', $first->servers, $second->servers;
my $node = new_server('brokers');
my $pair = W2DFaults->new($node, 'counted', servers => $servers, direct => $servers,
    config => {
        'topic.creation.default.partitions' => '1',
        'topic.creation.default.replication.factor' => '1',
        'rdkafka.topic.metadata.propagation.max.ms' => '5000',
        'rdkafka.topic.metadata.refresh.interval.ms' => '2000' },
    once => { 'producer.override.transaction.timeout.ms' => '15000' });
my ($least, $once) = $pair->modes;
my @data = map { $pair->topic($_) } $pair->modes;
my @progress = map { $pair->progress($_) } $pair->modes;
my $transactions = '__transaction_state';

my %settings = (
    (map { $_ => {} } @data),
    (map { $_ => { 'cleanup.policy' => 'compact' } } @progress, $transactions));
my $everything = join ', ', map { "\"$_\"" } sort keys %settings;

sub python_settings
{
    my ($topic) = @_;
    my $hash = $settings{$topic};
    return '{' . join(', ', map { qq("$_": "$hash->{$_}") } sort keys %$hash) . '}';
}

# Topics that prefer the second broker.
sub make_topics
{
    my $topics = join ', ', map { qq{NewTopic("$_", num_partitions=1, replica_assignment=[[2, 1]], config=} . python_settings($_) . ')' }
      sort keys %settings;
    kafka_admin($servers, "[f.result() for f in a.create_topics([$topics], operation_timeout=30).values()]");
}

sub set_on
{
    my ($name, $value, @topics) = @_;
    $settings{$_}{$name} = $value for @topics;
    my $resources = join ', ', map { qq{ConfigResource("topic", "$_", set_config=} . python_settings($_) . ')' } @topics;
    kafka_admin($servers, "[f.result() for f in a.alter_configs([$resources]).values()]");
}

# The leaders of those topics, each once; and the fewest replicas in sync.
sub leaders_of
{
    my (@topics) = @_;
    my $names = join ', ', map { "\"$_\"" } @topics;
    my $said = kafka_admin($servers, qq{t = a.list_topics(timeout=30).topics
print(*sorted(set(t[n].partitions[0].leader for n in [$names])), "/", min(len(t[n].partitions[0].isrs) for n in [$names]))});
    chomp $said;
    return $said;
}

# Who coordinates the transactions of our producer, asked of the first broker (FindCoordinator, version 1).
my $system = $node->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()');
my $id = 'wal2kafka-' . $pair->prefix($once) . '-' . $pair->slot($once) . "-postgres-$system";

sub coordinator
{
    my $said = kafka_admin($servers, qq{import socket, struct
host, port = "@{[$first->servers]}".split(":")
s = socket.create_connection((host, int(port)), timeout=30)
name = b"$id"
body = struct.pack(">hhih", 10, 1, 7, -1) + struct.pack(">h", len(name)) + name + b"\\x01"
s.sendall(struct.pack(">i", len(body)) + body)
f = s.makefile("rb")
answer = f.read(struct.unpack(">i", f.read(4))[0])
code, length = struct.unpack(">hh", answer[8:12])
print(code or struct.unpack(">i", answer[12 + max(length, 0):][:4])[0])});
    return $said + 0;
}

sub everything_led_by
{
    my ($leader, $in_sync) = @_;
    wait_for("broker $leader to lead everything", sub { leaders_of(keys %settings) eq "$leader / $in_sync" }, 120);
}

make_topics();
$pair->start;
$pair->write;
$pair->wait_all;

my $what = 'leader and coordinator killed';
everything_led_by(2, 2);
is(coordinator(), 2, "$what: the second broker coordinates our transactions");
my $finish = sql_in_background($node, 'CALL counted_rounds(30, 5)');
$second->kill9;
$finish->();
$pair->write;
$pair->wait_all;
everything_led_by(1, 1);
is(coordinator(), 1, "$what: now it is the first");
$pair->went_on($what);
$pair->complete($what);

$what = 'not enough replicas in sync';
set_on('min.insync.replicas', 2, @data);
$pair->listen;
$pair->write;
my $written = wal_end($node);
for my $mode ($pair->modes)
{
    my $topic = $pair->topic($mode);
    wait_for("$mode to say so", sub { $pair->heard($mode) =~ /Kafka is not available, closed the connection/ }, 120);
    like($pair->heard($mode), qr/of the 2 replicas of topic "\Q$topic\E" partition 0 only 1 in sync, and min\.insync\.replicas asks for 2/,
        "$what, $mode: says what is missing");
}
is($node->safe_psql('postgres', "SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn >= '$written'"), 0,
    "$what: nothing is confirmed");
$second->again;
$pair->wait_all;
$pair->went_on($what);
$pair->complete($what);

# Which the controller does by itself, once the one they prefer is in sync again.
$what = 'leaders and coordinator move';
set_on('min.insync.replicas', 1, @data);
for (1 .. 30)
{
    $pair->write;
    last if leaders_of(keys %settings) eq '2 / 2';
}
everything_led_by(2, 2);
is(coordinator(), 2, "$what: the second broker coordinates again");
$pair->write;
$pair->wait_all;
$pair->went_on($what);
$pair->complete($what);

# While the first is away the second acknowledges alone; then it is lost, and the first comes back with what it has.
$what = 'unclean election';
set_on('unclean.leader.election.enable', 'true', keys %settings);
is($pair->relay($least)->stop, 0, "$what: stops, $least"); # so that the first has its exact position, too
$first->stop;
$pair->start;
$pair->write;
$pair->wait_all;
is($pair->relay($least)->stop, 0, "$what: stops, $least"); # one that runs knows what it has confirmed
everything_led_by(2, 1);
my $before = W2D::committed_end($second->servers, $pair->topic($once));
$second->kill9;
$first->again;
everything_led_by(1, 1);
cmp_ok(W2D::committed_end($first->servers, $pair->topic($once)), '<', $before, "$what: Kafka has lost what it had acknowledged");
$pair->write;
$pair->launch;
$pair->ended($what, 3, qr/replication slot "counted_\w+" is confirmed up to [^ ]+, but only changes up to/, qr/--accept-gap/);
$pair->start('--accept-gap');
$pair->write;
$pair->wait_all;
$pair->went_on($what);

$what = 'topic deleted, which brokers do not make again';
kafka_admin($servers, '[f.result() for f in a.delete_topics(["' . join('", "', @data) . '"], operation_timeout=20).values()]');
$pair->write(20);
$pair->ended($what, 1, sub { my ($self, $mode) = @_; my $topic = $self->topic($mode); qr/topic "\Q$topic\E"/ });
$pair->start; # which makes it again, by topic.creation
$pair->write;
$pair->wait_all;
$pair->complete($what, '--cut');
$pair->stop;
done_testing();

# What brokers refuse in mid stream: rights withdrawn, topics deleted, records too large, producers fenced, a disk that is
# full. Waiting where waiting helps, else status 1 with the name of the thing; and once it is put right nothing is missing.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;
use W2DFaults;

# The tests speak to PLAINTEXT, as a super user; the relays to USER, as somebody who needs rights.
my $port = PostgreSQL::Test::Cluster::get_free_port();
my $kafka = W2D::Kafka->start(
    'listeners' => "PLAINTEXT://127.0.0.1:\@PORT@,CONTROLLER://127.0.0.1:\@CONTROLLER@,USER://127.0.0.1:$port",
    'advertised.listeners' => "PLAINTEXT://127.0.0.1:\@PORT@,USER://127.0.0.1:$port",
    'listener.security.protocol.map' => 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,USER:SASL_PLAINTEXT',
    'listener.name.user.sasl.enabled.mechanisms' => 'PLAIN',
    'listener.name.user.plain.sasl.jaas.config' =>
      'org.apache.kafka.common.security.plain.PlainLoginModule required user_relay="secret";',
    'authorizer.class.name' => 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users' => 'User:ANONYMOUS',
    'transaction.abort.timed.out.transaction.cleanup.interval.ms' => '500');
my $direct = $kafka->servers;
my $node = new_server('refuses');
my %user = (
    'producer.override.security.protocol' => 'SASL_PLAINTEXT',
    'producer.override.sasl.mechanism' => 'PLAIN',
    'producer.override.sasl.jaas.config' =>
      'org.apache.kafka.common.security.plain.PlainLoginModule required username="relay" password="secret";');

my $pair = W2DFaults->new($node, 'counted', servers => "127.0.0.1:$port", direct => $direct, config => \%user,
    once => { 'producer.override.transaction.timeout.ms' => '3000' });
my ($least, $once) = $pair->modes;
my @everything = (
    [qw(topic counted-* write describe create)],
    map({ [ 'topic', $pair->progress($_), 'read' ] } $pair->modes),
    [qw(transactional_id wal2kafka-* write describe)]);
$kafka->acl('allow', 'relay', @$_) for @everything;

# These rights are enough: no group, nothing on the cluster.
$pair->start;
$pair->write;
$pair->wait_all;
pass('the rights of docs/security.md are enough');

# After it was put right: those that ended begin again, and nothing is missing.
sub put_right
{
    my ($what, @options) = @_;
    $pair->start;
    $pair->write;
    $pair->wait_all;
    $pair->complete($what, @options);
}

for my $support ('requested', 'required')
{
    my ($status, undef, $log) = relay_run('run', relay_config($node, %user, 'slot.name' => 'wrong', 'topic.prefix' => 'wrong',
            'exactly.once.support' => $support, 'producer.override.sasl.jaas.config' =>
              'org.apache.kafka.common.security.plain.PlainLoginModule required username="relay" password="not-that";'),
        '-b', "127.0.0.1:$port");
    is($status, 1, "wrong password, $support: status 1");
    like($log, qr/error +.*Authentication failed.*security/, "wrong password, $support: says so") or note($log);
    unlike($log, qr/not-that/, "wrong password, $support: does not tell it");
}

my $fault = 'right to write withdrawn';
my $topic_named = sub { my ($self, $mode) = @_; my $topic = $self->topic($mode); qr/topic "\Q$topic\E"/ };
my $progress_named = sub { my ($self, $mode) = @_; my $topic = $self->progress($mode); qr/topic "\Q$topic\E"/ };
# in this order: progress may be written in between
$kafka->acl(qw(allow relay topic), $pair->progress($_), 'write') for $pair->modes;
$kafka->acl(qw(withdraw relay topic counted-* write));
$pair->write;
$pair->ended($fault, 1, $topic_named, qr/authoriz/i, qr/[Aa]llow the principal/);
$kafka->acl(qw(allow relay topic counted-* write));
put_right($fault);

$fault = 'right to write progress withdrawn';
$kafka->acl(qw(withdraw relay topic counted-* write));
$kafka->acl(qw(withdraw relay topic), $pair->progress($_), 'write') for $pair->modes;
$kafka->acl(qw(allow relay topic), $pair->topic($_), 'write') for $pair->modes;
$pair->write;
sleep 5; # progress is written so often, at least once
$pair->write;
$pair->ended($fault, 1, $progress_named, qr/authoriz/i, qr/[Aa]llow the principal/);
$kafka->acl(qw(allow relay topic counted-* write));
put_right($fault);

$fault = 'right to the transactional id withdrawn';
$kafka->acl(qw(withdraw relay transactional_id wal2kafka-* write describe));
$pair->write;
$pair->one_ended($once, $fault, 1, qr/wal2kafka-counted-eo/, qr/authoriz/i, qr/[Aa]llow the principal/);
is($pair->relay($least)->status, undef, "$fault, $least: does not matter");
$kafka->acl(qw(allow relay transactional_id wal2kafka-* write describe));
put_right($fault);

$fault = 'right to read progress withdrawn';
$pair->stop;
$kafka->acl(qw(withdraw relay topic), $pair->progress($_), 'read') for $pair->modes;
$pair->launch;
$pair->ended($fault, 1, $progress_named, qr/authoriz/i, qr/[Aa]llow the principal/);
$kafka->acl(qw(allow relay topic), $pair->progress($_), 'read') for $pair->modes;
put_right($fault);

$fault = 'record too large for the brokers';
sub limit
{
    my ($bytes) = @_;
    kafka_admin($direct, '[f.result() for f in a.alter_configs([ConfigResource("topic", "' . $pair->topic($_)
        . qq{", set_config={"max.message.bytes": "$bytes"})]).values()]}) for $pair->modes;
}
limit(100);
$node->safe_psql('postgres', 'UPDATE counted SET n = n + 1 WHERE id = 7');
$pair->ended($fault, 1, $topic_named, qr/key of \d+ bytes.*"id":7.*value of \d+ bytes.*source LSN/, qr/max\.message\.bytes/);
limit(1000000);
$node->safe_psql('postgres', 'UPDATE counted SET n = n + 1 WHERE id <> 7');
put_right($fault);

$fault = 'producer fenced by another of its name';
my $system = $node->safe_psql('postgres', 'SELECT system_identifier FROM pg_control_system()');
my $id = 'wal2kafka-' . $pair->prefix($once) . '-' . $pair->slot($once) . "-postgres-$system";
for my $round (1 .. 3)
{
    my $finish = sql_in_background($node, 'CALL counted_rounds(20, 5)');
    system($ENV{PYTHON}, '-c', "import confluent_kafka as k; k.Producer({'bootstrap.servers': '$direct', 'transactional.id': '$id'}).init_transactions(30)") == 0
      or die "cannot fence\n";
    $finish->();
    $pair->write;
}
$pair->wait_all;
$pair->went_on($fault);
like($pair->relay($once)->log, qr/fenced/i, "$fault, $once: says it");
$pair->complete($fault);

$fault = 'transaction that times out';
$pair->stop;
$pair->start;
for my $round (1 .. 5)
{
    my $before = W2D::committed_end($direct, $pair->topic($once));
    my $finish = sql_in_background($node, 'CALL counted_rounds(40, 5)');
    wait_for('records', sub { W2D::committed_end($direct, $pair->topic($once)) > $before });
    $pair->relay($once)->signal('STOP');
    sleep 5;
    $pair->relay($once)->signal('CONT');
    $finish->();
    $pair->write;
    $pair->wait_all;
    # one was open when it froze
    last if $pair->relay($once)->log =~ /(?:epoch|fenced|timed out|mapping)[^\n]*trying again/i;
}
$pair->went_on($fault);
like($pair->relay($once)->log, qr/(?:epoch|fenced|timed out|mapping)[^\n]*trying again/i, "$fault, $once: says it") or note($pair->relay($once)->log);
$pair->complete($fault);

$fault = 'topic deleted';
kafka_admin($direct, '[f.result() for f in a.delete_topics(["' . join('", "', map { $pair->topic($_) } $pair->modes) . '"], operation_timeout=20).values()]');
$pair->write(20);
sleep 5;
put_right($fault, '--cut');
$pair->went_on($fault);

$fault = 'disk of the broker full';
system('prlimit', '--pid', $kafka->pid, '--fsize=4096') == 0 or die "prlimit\n";
$pair->write(20);
wait_for('the broker to give up', sub { $kafka->ended }, 60);
$kafka->again;
put_right($fault, '--cut');
$pair->went_on($fault);
$pair->stop;
done_testing();

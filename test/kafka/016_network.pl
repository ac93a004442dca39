# The network to PostgreSQL and to Kafka, in both promises: cut, lost on either side only, silent, slow.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;
use W2DFaults;

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $to_kafka = W2D::Proxy->start($port);
my $kafka = W2D::Kafka->start(
    'listeners' => "PLAINTEXT://127.0.0.1:\@PORT@,CONTROLLER://127.0.0.1:\@CONTROLLER@,FAR://127.0.0.1:$port",
    'advertised.listeners' => "PLAINTEXT://127.0.0.1:\@PORT@,FAR://127.0.0.1:" . $to_kafka->port,
    'listener.security.protocol.map' => 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,FAR:PLAINTEXT',
    'inter.broker.listener.name' => 'PLAINTEXT');
my $node = new_server('network', listen_addresses => '127.0.0.1', wal_sender_timeout => '3s');
my $to_server = W2D::Proxy->start($node->port);
my $pair = W2DFaults->new($node, 'counted',
    servers => '127.0.0.1:' . $to_kafka->port,
    direct => $kafka->servers,
    config => {
        'database.hostname' => '127.0.0.1',
        'database.port' => $to_server->port,
        'rdkafka.socket.timeout.ms' => '5000' });

# A fault strikes while changes flow; afterwards everything arrives.
sub strike
{
    my ($what, $pattern, $fault) = @_;
    $pair->listen;
    my $finish = sql_in_background($node, 'CALL counted_rounds(20, 5)');
    $fault->();
    $finish->();
    $pair->write;
    $pair->wait_all;
    $pair->complete($what);
    $pair->went_on($what, $pattern);
}

$pair->start;
strike('connections cut', qr/trying again/, sub {
    for (1 .. 4)
    {
        sleep 0.3;
        $to_server->act('cut');
        $to_kafka->act('cut');
    }
});
strike('server does not know that the connection is gone', qr/trying again/, sub { sleep 0.3; $to_server->act('orphan', 'client') });
strike('brokers do not know that the connection is gone', undef, sub { sleep 0.3; $to_kafka->act('orphan', 'client') });
strike('relay does not know that the connection to the brokers is gone', undef, sub { sleep 0.3; $to_kafka->act('orphan', 'server') });
strike('server silent', undef, sub {
    sleep 0.3;
    $to_server->act('freeze');
    sleep 5; # longer than wal_sender_timeout
    $to_server->act('thaw');
});
strike('brokers silent', qr/Kafka is away|is not available|[Tt]imed out/, sub {
    sleep 0.3;
    $to_kafka->act('freeze');
    $pair->write(1);
    sleep 13; # after ten the walsender is let go
    $to_kafka->act('thaw');
});
strike('slow', undef, sub {
    $_->act('slow', 50000) for $to_server, $to_kafka;
    sleep 5;
    $_->act('slow', 0) for $to_server, $to_kafka;
});
$pair->stop;
done_testing();

# SIGTERM with Kafka: everything is delivered and confirmed, the next start repeats nothing.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $node = new_server('go');
counter_table($node, 'go', 200);
my $config = relay_config($node);
my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
my $finish = sql_in_background($node, "CALL go_rounds(300, 20)");
for (1 .. 6)
{
    sleep 0.2;
    my $started = time;
    is($relay->stop, 0, 'SIGTERM in mid stream: status 0') or note($relay->log);
    cmp_ok(time - $started, '<', 5, 'within seconds');
    $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
    $relay->wait_streaming($node, 'relay');
}
$finish->();
wait_delivered($node, 'relay');
is($relay->stop, 0, 'stops') or note($relay->log);
is_deeply(topic_report(kafka_servers(), 'app.public.go'),
    { records => 60000, keys => 200, gaps => 0, repeated => 0, lowest => 300, highest => 300 }, 'every change is there once, in order');

done_testing();

# 1,000,000 changes through to Kafka, counted per key and in order.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('million');
counter_table($node, 'million', 1000);
my $relay = W2D::Relay->start('run', relay_config($node, 'topic.creation.default.partitions' => '4', 'topic.creation.default.replication.factor' => '1'),
    '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
counter_rounds($node, 'million', 1000, 500);
wait_delivered($node, 'relay', 300);
is($relay->stop, 0, 'stops') or note($relay->log);
my $report = topic_report(kafka_servers(), 'app.public.million');
is_deeply($report, { records => 1000000, keys => 1000, gaps => 0, repeated => 0, lowest => 1000, highest => 1000 },
    'every change is there once, in the order of its key');

done_testing();

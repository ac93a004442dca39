# Notifications beside a real Kafka: in the transaction of an exactly-once snapshot, at a topic that refuses them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;
use W2DTopic;

my $node = new_server('notes');
$node->safe_psql('postgres', q{CREATE TABLE a (id int PRIMARY KEY); INSERT INTO a SELECT generate_series(1, 50)});
my @kafka = ('-b', kafka_servers(), '--endpos', 'now');
my @course = ('STARTED', 'DATA_COLLECTIONS_RESOLVED', 'IN_PROGRESS public.a', 'TABLE_SCAN_COMPLETED public.a SUCCEEDED', 'COMPLETED');

# A run with a prefix, slot and notification topic of its own.
sub run_as
{
    my ($name, @options) = @_;
    return relay_run('run', relay_config($node, 'topic.prefix' => $name, 'slot.name' => $name, 'snapshot.mode' => 'initial',
        'notification.enabled.channels' => 'sink', 'notification.sink.topic.name' => "$name.notes", @options), @kafka);
}

for my $mode ('requested', 'required')
{
    my $name = "notes_$mode";
    my ($status, undef, $log) = run_as($name, 'exactly.once.support' => $mode);
    is($status, 0, "exactly.once.support=$mode") or note($log);
    is_deeply([ notification_types(topic_values("$name.notes")) ], \@course, 'the course of the snapshot');
    $node->safe_psql('postgres', 'UPDATE a SET id = id WHERE id = 1'); # so that there is something to stream
    ($status, undef, $log) = run_as($name, 'exactly.once.support' => $mode);
    is($status, 0, 'a second start') or note($log);
    is_deeply([ notification_types(topic_values("$name.notes")) ], [ @course, 'SKIPPED' ], 'takes none');
}

# A topic too narrow for a notification: as with a data record, errors.tolerance decides.
topic_create('notes_narrow.notes', 'max.message.bytes=10');
my ($status, undef, $log) = run_as('notes_narrow');
is($status, 1, 'a topic that takes no notification ends the relay') or note($log);
like($log, qr/topic "notes_narrow\.notes"/, 'which names the topic');
# with batches of one the broker's answer concerns one record
($status, undef, $log) = run_as('notes_narrow', 'errors.tolerance' => 'all', 'producer.override.batch.size' => '1');
is($status, 0, 'unless errors are tolerated') or note($log);
like($log, qr/notes_narrow\.notes/, 'then it says what is dropped');
my %rows = map { /"after":\{"id":(\d+)\}/ ? ($1 => 1) : () } topic_values('notes_narrow.public.a');
is(scalar keys %rows, 50, 'and the rows are there');

done_testing();

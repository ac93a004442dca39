# A topic of the tests' broker: see kafka_topic.py.
package W2DTopic;

use strict;
use warnings;
use Exporter 'import';
use W2D;

our @EXPORT = qw(topic_create topic_delete topic_send topic_values notification_types);

sub call
{
    my ($action, @arguments) = @_;
    open my $said, '-|', $ENV{PYTHON}, "$ENV{W2D_TOP}/test/lib/kafka_topic.py", kafka_servers(), $action, @arguments or die "kafka_topic.py: $!\n";
    my @lines = <$said>;
    close $said or die "could not $action @arguments\n";
    chomp @lines;
    return @lines;
}

sub topic_create { return call('create', @_) }
sub topic_delete { return call('delete', @_) }
sub topic_send { return call('send', @_) }
sub topic_values { return call('values', @_) }

# Type of each notification among lines of JSON, with the table and status if it has them.
sub notification_types
{
    return map {
        my ($type) = /"type":"(\w+)"/;
        my ($table) = /"(?:current_collection_in_progress|scanned_collection)":"([^"]*)"/;
        my ($status) = /"status":"(\w+)"/;
        join ' ', grep { defined } $type, $table, $status;
    } grep { /"aggregate_type"/ } @_;
}

1;

# snapshot.mode=when_needed and initial_only beside stored progress.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('modes');
$node->safe_psql('postgres', q{CREATE TABLE modes (id int PRIMARY KEY); INSERT INTO modes VALUES (1)});
my @kafka = ('-b', kafka_servers());

# Runs up to now; records delivered, and the log.
sub run_mode
{
    my ($mode, @more) = @_;
    my ($status, $out, $log) = relay_run('run', relay_config($node, 'topic.prefix' => 'modes', 'snapshot.mode' => $mode, @more), @kafka, '--endpos', 'now');
    my ($count) = $log =~ /stopped at \S+, (\d+) records delivered/;
    return ($status, $count // 'none', $log);
}

my $drop = q{SELECT pg_drop_replication_slot('relay')};
my ($status, $count, $log) = run_mode('when_needed');
is("$status $count", '0 1', 'when_needed: the first start reads the table') or note($log);
$node->safe_psql('postgres', 'INSERT INTO modes VALUES (2)');
($status, $count, $log) = run_mode('when_needed');
is("$status $count", '0 1', 'the second streams') or note($log);
$node->safe_psql('postgres', $drop);
$node->safe_psql('postgres', 'INSERT INTO modes VALUES (3)');
($status, $count, $log) = run_mode('initial');
is($status, 3, 'initial refuses to go on without the slot');
like($log, qr/set snapshot\.mode to when_needed/, 'and says what to do');
($status, $count, $log) = run_mode('when_needed');
is("$status $count", '0 3', 'when_needed reads the table again') or note($log);
like($log, qr/does not exist any more, changes after \S+ are gone/, 'with a warning');

my @only = ('topic.prefix' => 'modes_only', 'slot.name' => 'only');
($status, $count, $log) = run_mode('initial_only', @only);
is("$status $count", '0 3', 'initial_only') or note($log);
($status, $count, $log) = run_mode('initial_only', @only);
is("$status $count", '0 0', 'initial_only again: nothing is repeated') or note($log);
like($log, qr/nothing left to do/, 'and it says so');

done_testing();

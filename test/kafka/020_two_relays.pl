# At least once, a relay that was frozen while another one read from its slot: it goes on behind what that one has
# delivered, and does not take it for somebody who has moved the slot.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;

my $node = new_server('two_relays');
my $prefix = "two$$";
my $config = relay_config($node, 'topic.prefix' => $prefix, 'progress.topic' => "$prefix-progress",
    'table.include.list' => 'public\.counted');
my @run = ('run', $config, '-b', kafka_servers());
counter_table($node, 'counted', 100);

sub write_and_wait { counter_rounds($node, 'counted', $_[0], 10); wait_delivered($node, 'relay') }

# The slot of a frozen relay is free once its walsender is gone.
sub freeze
{
    my ($relay) = @_;
    $relay->signal('STOP');
    $node->safe_psql('postgres', q{SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active_pid IS NOT NULL});
    wait_for('the end of its walsender', sub {
        $node->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots WHERE active_pid IS NOT NULL') eq '0' });
}

my $first = W2D::Relay->start(@run);
$first->wait_streaming($node, 'relay');
write_and_wait(3);
sleep 6; # quiet, so its limit is what it has delivered
for my $end ('stops', 'is killed')
{
    freeze($first);
    my $second = W2D::Relay->start(@run);
    $second->wait_streaming($node, 'relay');
    my $before = $node->safe_psql('postgres', 'SELECT confirmed_flush_lsn FROM pg_replication_slots');
    $node->safe_psql('postgres', q{CREATE TABLE IF NOT EXISTS filler (t text); INSERT INTO filler SELECT repeat('x', 1000) FROM generate_series(1, 2000)});
    write_and_wait(3);
    cmp_ok($node->safe_psql('postgres', "SELECT confirmed_flush_lsn - '$before' FROM pg_replication_slots"), '>', 1000000,
        "the second has moved the slot, then $end");
    if ($end eq 'stops') { is($second->stop, 0, 'the second stops') or note($second->log) }
    else { $second->kill9 }
    counter_rounds($node, 'counted', 1, 10);
    $first->signal('CONT');
    eval { $first->wait_streaming($node, 'relay') } or note($first->log);
    is($first->status, undef, "the second $end: the first goes on") or last;
    like($first->log, qr/reading again what is stored/, 'behind what the second has stored');
    write_and_wait(2);
}
is($first->stop, 0, 'it stops') or note($first->log);
my $report = topic_report(kafka_servers(), "$prefix.public.counted");
note(join(' ', map { "$_=$report->{$_}" } sort keys %$report));
is("$report->{keys} $report->{lowest} $report->{highest} $report->{gaps}",
    $node->safe_psql('postgres', q{SELECT count(*) || ' ' || min(n) || ' ' || max(n) || ' 0' FROM counted}), 'all is there, nothing is left out');
my $last = W2D::Relay->start(@run);
$last->wait_streaming($node, 'relay');
is($last->stop, 0, 'the next process starts on that, too') or note($last->log);
done_testing();

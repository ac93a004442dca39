# Kafka goes away and comes back: the relay waits, says so once, lets the server shut down, and goes on by itself.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $kafka = W2D::Kafka->start;
my $node = new_server('away');
counter_table($node, 'away', 100);
my $relay = W2D::Relay->start('run', relay_config($node), '-b', $kafka->servers);
$relay->wait_streaming($node, 'relay');
counter_rounds($node, 'away', 5, 10);
wait_delivered($node, 'relay');

$kafka->stop;
counter_rounds($node, 'away', 20, 10);
my $confirmed = q{SELECT confirmed_flush_lsn FROM pg_replication_slots WHERE slot_name = 'relay'};
sleep 3;
my $before = $node->safe_psql('postgres', $confirmed);
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
sleep 13;
is($node->safe_psql('postgres', $confirmed), $before, 'away: nothing is confirmed');
is($relay->status, undef, 'away: the relay waits') or note($relay->log);
my $words = () = $relay->log =~ /(?:kafka|broker)[^\n]*(?:away|unreachable|not available|cannot be reached|down|lost)/gi;
cmp_ok($words, '>=', 1, 'away: it says so') or note($relay->log);
cmp_ok($words, '<=', 4, 'away: it does not say so over and over') or note($relay->log);

my $started = time;
$node->stop('fast');
cmp_ok(time - $started, '<', 15, 'away: the server shuts down fast');
$node->start;
counter_rounds($node, 'away', 5, 10);

$kafka->again;
wait_delivered($node, 'relay', 90);
my $report = topic_report($kafka->servers, 'app.public.away');
is($report->{gaps}, 0, 'back: order is kept, nothing is left out');
is("$report->{keys} $report->{lowest} $report->{highest}", '100 30 30', 'back: everything has arrived');
is($relay->stop, 0, 'stops') or note($relay->log);

# Away from the start: it waits for Kafka as well, and a stop is not held up.
$kafka->stop;
$relay = W2D::Relay->start('run', relay_config($node), '-b', $kafka->servers);
sleep 2;
is($relay->status, undef, 'away at start: it waits') or note($relay->log);
$started = time;
is($relay->stop, 0, 'away at start: stops') or note($relay->log);
cmp_ok(time - $started, '<', 10, 'away at start: stops within seconds');

done_testing();

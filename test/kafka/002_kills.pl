# kill -9 of the relay, the walsender, the server and the broker in mid stream: nothing is lost, order is kept.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;

my $kafka = W2D::Kafka->start;
my $node = new_server('kills', 'wal_receiver_timeout' => '10s');
my $config = relay_config($node);
my $relay;

sub relay_runs
{
    $relay = W2D::Relay->start('run', $config, '-b', $kafka->servers);
    $relay->wait_streaming($node, 'relay');
}

# Changes go on in the background while the code runs; afterwards everything must have arrived.
sub survives
{
    my ($name, $code) = @_;
    (my $table = $name) =~ s/\W/_/g;
    counter_table($node, $table, 200);
        my $finish = sql_in_background($node, "CALL ${table}_rounds(500, 20)");
    sleep 0.3;
    $code->();
    $finish->();
    my $rounds = $node->safe_psql('postgres', "SELECT min(n) FROM $table");
    my $total = $node->safe_psql('postgres', "SELECT sum(n) FROM $table");
    my $highest = $node->safe_psql('postgres', "SELECT max(n) FROM $table");
    wait_delivered($node, 'relay', 120);
    is($relay->status, undef, "$name: the relay runs") or note($relay->log);
    my $report = topic_report($kafka->servers, "app.public.$table");
    is($report->{gaps}, 0, "$name: order is kept, nothing is left out");
    is("$report->{keys} $report->{lowest} $report->{highest}", "200 $rounds $highest", "$name: everything has arrived");
    note("$name: $total changes, $report->{records} records, $report->{repeated} repeated");
}

relay_runs();
survives('relay killed', sub {
    for (1 .. 3) { $relay->kill9; relay_runs(); sleep 0.2 }
});
survives('walsender killed', sub {
    for (1 .. 3)
    {
        my $pid = $node->safe_psql('postgres', q{SELECT active_pid FROM pg_replication_slots WHERE slot_name = 'relay'});
        $node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)") if $pid;
        sleep 0.5;
    }
    $relay->wait_streaming($node, 'relay');
});
survives('server killed', sub {
    $node->kill9;
    # its orphans hold the shared memory for a while
    my $folder = $node->data_dir;
    wait_for('the orphans to end', sub { !grep { (readlink($_) // '') eq $folder } glob '/proc/[0-9]*/cwd' });
    # a zombie that nobody reaps (a container without init) would pass for a running server
    unlink "$folder/postmaster.pid", $node->host . '/.s.PGSQL.' . $node->port . '.lock';
    $node->start;
    $relay->wait_streaming($node, 'relay');
});
survives('broker killed', sub {
    $kafka->kill9;
    sleep 1;
    $kafka->again;
});
is($relay->stop, 0, 'stops') or note($relay->log);

done_testing();

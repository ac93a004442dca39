# PostgreSQL 17 and later: slot.failover through real promotions.  The slot is copied to a standby, the primary is killed
# while changes flow, the standby promoted; the relays, which know both servers, go on there: nothing lost, and exactly
# once nothing repeated.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;
use W2DFaults;

my $node = new_server('first', listen_addresses => '127.0.0.1', wal_keep_size => '256MB');
plan skip_all => 'slots do not survive a failover before PostgreSQL 17' if $node->safe_psql('postgres', 'SHOW server_version_num') < 170000;
$node->safe_psql('postgres', q{SELECT pg_create_physical_replication_slot('standby')});
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('second');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "$_\n") for "listen_addresses = '127.0.0.1'", 'hot_standby_feedback = on', 'sync_replication_slots = on',
    q{primary_slot_name = 'standby'}, "primary_conninfo = '" . $node->connstr . " dbname=postgres'";
$standby->start;
# no logical slot runs ahead of the standby: what it had not got would be lost with the primary, but delivered
$node->safe_psql('postgres', q{ALTER SYSTEM SET synchronized_standby_slots = 'standby'});
$node->reload;

my @servers = ('-d', 'host=127.0.0.1,127.0.0.1 port=' . $node->port . ',' . $standby->port . ' dbname=postgres target_session_attrs=read-write');
my $pair = W2DFaults->new($node, 'counted', servers => kafka_servers(),
    config => { 'slot.failover' => 'true', 'database.hostname' => undef, 'database.port' => undef, 'database.user' => undef, 'database.dbname' => undef });
$pair->start(@servers);
is($node->safe_psql('postgres', 'SELECT bool_and(failover) FROM pg_replication_slots WHERE slot_type = $$logical$$'), 't', 'the slots are made to survive');

# A copy is of use once the primary's slot has moved beyond what the standby had when it was made.
$pair->write(2);
$pair->wait_all;
wait_for('the slots on the standby', sub {
    $node->safe_psql('postgres', 'SELECT pg_log_standby_snapshot()');
    $pair->write(1);
    sleep 1;
    $standby->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots WHERE synced AND NOT temporary AND invalidation_reason IS NULL') == 2;
}, 240);

# Killed while changes flow: what the standby has got of them is what there is.
my $writer = sql_in_background($node, 'CALL counted_rounds(500, 10)');
wait_for('changes', sub { $node->safe_psql('postgres', 'SELECT min(n) FROM counted') > 10 });
$pair->listen;
$node->stop('immediate');
$writer->();
$standby->promote;
$node = $pair->{node} = $standby;
$pair->{relays}{$_}->wait_streaming($node, $pair->slot($_)) for $pair->modes;
$pair->write;
$pair->wait_all;
my $what = 'standby with the slots promoted';
is($node->safe_psql('postgres', 'SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)'), '00000002', "$what: another timeline");
$pair->went_on($what, qr/trying again/);
$pair->complete($what);
for my $mode ($pair->modes)
{
    my $same = $node->safe_psql('postgres', 'SELECT string_agg(id || $$=$$ || n, $$ $$ ORDER BY id) FROM counted');
    is($pair->replayed($mode), $same, "$what, $mode: the topic has the rows of the new primary");
}
$pair->stop;
$pair->start(@servers);
$pair->write(1);
$pair->wait_all;
$pair->complete("$what, a start later");
$pair->stop;

done_testing();

# Real servers that come back with another history, in both promises: timelines, older copies, a promoted standby. And
# slots that somebody moved, made anew, or that lost their WAL. What is refused says why, and the option accepts it.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;
use W2DFaults;

my $node = new_server('history', listen_addresses => '127.0.0.1', wal_keep_size => '256MB', restart_after_crash => 'on');
my $proxy = W2D::Proxy->start($node->port);
my $pair = W2DFaults->new($node, 'counted', servers => kafka_servers(),
    config => { 'database.hostname' => '127.0.0.1', 'database.port' => $proxy->port });
my ($least, $once) = $pair->modes;

# The server begins again from a copy of its files.
sub copy_of { my ($name) = @_; my $to = $node->basedir . "/$name"; system('cp', '-a', $node->data_dir, $to) == 0 or die "cp\n"; return $to }
sub begin_from
{
    my ($copy, $recover) = @_;
    system('rm', '-rf', $node->data_dir) == 0 && system('cp', '-a', $copy, $node->data_dir) == 0 or die "cp\n";
    recover() if $recover;
    $node->start;
}

# As after a recovery from an archive: all WAL that is there, then another timeline.
sub recover
{
    $node->append_conf('postgresql.conf', "restore_command = 'false'\n");
    append_to_file($node->data_dir . '/recovery.signal', '');
}
sub promoted { wait_for('the end of recovery', sub { $node->safe_psql('postgres', 'SELECT pg_is_in_recovery()') eq 'f' }) }

sub refuses
{
    my ($what, @patterns) = @_;
    $pair->launch;
    $pair->ended($what, 3, @patterns);
}

# Once with the option; then without. What was delivered before it is of another history, so only what follows is looked at.
sub accepts
{
    my ($what, $words, @options) = @_;
    my %before = map { $_ => W2D::committed_end(kafka_servers(), $pair->topic($_)) } $pair->modes;
    $pair->start(@options);
    $pair->went_on($what, $words);
    $pair->write(2);
    $pair->wait_all;
    $pair->stop;
    $pair->start;
    $pair->write(1);
    $pair->wait_all;
    my $same = $node->safe_psql('postgres', 'SELECT string_agg(id || $$=$$ || n, $$ $$ ORDER BY id) FROM counted');
    is($pair->replayed($_), $same, "$what, $_: accepted, and in the end the topic has the rows of the table") for $pair->modes;
    $pair->stop;
}

# An old copy, and what was delivered since.
$pair->start;
$pair->write;
$pair->wait_all;
$pair->stop;
$node->stop;
my $old = copy_of('old');
$node->start;
$pair->start;
$pair->write;
$pair->wait_all;

# Another timeline behind everything delivered: they go on, without being asked.
my $what = 'timeline changed behind what was delivered';
$pair->listen;
$node->stop('fast');
my $new = copy_of('new');
recover();
$node->start;
promoted();
$pair->write;
$pair->wait_all(60);
$pair->went_on($what, qr/trying again/);
is($node->safe_psql('postgres', 'SELECT timeline_id FROM pg_control_checkpoint()'), 2, "$what: it has");
$pair->complete($what);
$pair->stop;
$pair->start;
$pair->write;
$pair->wait_all;
$pair->complete("$what, a start later");
$pair->stop;
$node->stop;

# An older copy, of an older timeline than progress has.
$what = 'older copy of an older timeline';
begin_from($new);
$pair->launch;
$pair->one_ended($once, $what, 3, qr/timeline 2 was left at .*changes up to \S+ were delivered/, qr/--start-at slot/);
wait_for('a warning', sub { $pair->relay($least)->log =~ /timeline changed from 2 to 1 at an unknown position/ });
pass("$what, $least: warns and goes on from the slot");
$pair->accept_only($once, '--start-at', 'slot');
accepts($what, undef);

# An older copy, of the same timeline: its WAL ends before what was delivered.
$what = 'older copy';
$node->stop;
begin_from($old);
refuses($what, qr/changes up to \S+ were delivered, but the server's WAL ends at \S+: it was restored from an older copy/, qr/--start-at slot/);

# The same, and its WAL has grown again: LSNs say nothing, the last transaction does.
$what = 'older copy that has grown';
$node->safe_psql('postgres', q{CREATE TABLE more AS SELECT g, repeat('x', 1000) FROM generate_series(1, 3000) g});
refuses($what, qr/the last of them by transaction \d+.*, but this server has not committed that one/, qr/--start-at slot/);
accepts($what, qr/is accepted/, '--start-at', 'slot');

# Recovered from an older copy, on a timeline of its own, and grown.
$what = 'recovery to the past';
$node->stop;
begin_from($old, 1);
promoted();
$node->safe_psql('postgres', q{CREATE TABLE more AS SELECT g, repeat('x', 1000) FROM generate_series(1, 5000) g});
$pair->launch;
$pair->one_ended($once, $what, 3, qr/timeline 1 was left at \S+, but changes up to \S+/, qr/--start-at slot/);
wait_for('a warning', sub { $pair->relay($least)->log =~ /timeline 1 was left at \S+, changes up to \S+ were delivered/ });
pass("$what, $least: warns and goes on from the slot");
$pair->accept_only($once, '--start-at', 'slot');
accepts($what, undef);

# A slot that somebody made anew, or moved, while nobody looked.
$what = 'slot made anew';
$node->safe_psql('postgres', "SELECT pg_drop_replication_slot('" . $pair->slot($_) . "')") for $pair->modes;
$pair->write;
$node->safe_psql('postgres', "SELECT pg_create_logical_replication_slot('" . $pair->slot($_) . "', 'wal2debezium')") for $pair->modes;
refuses($what, qr/is confirmed up to \S+, but only changes up to \S+ .*were delivered/, qr/--accept-gap/);
accepts($what, qr/are gone from the slot, which is accepted/, '--accept-gap');

$what = 'slot advanced after a stop';
$pair->write(1);
$node->safe_psql('postgres', "SELECT pg_replication_slot_advance('" . $pair->slot($_) . "', pg_current_wal_lsn())") for $pair->modes;
refuses($what, qr/is confirmed up to \S+, but only changes up to \S+ .*were delivered/, qr/--accept-gap/);
accepts($what, qr/are gone from the slot, which is accepted/, '--accept-gap');

# A kill leaves the slot beyond stored progress, which is nobody's doing; a small gap may then be taken for it, a large not.
$what = 'slot advanced after a kill';
for my $round (1 .. 3)
{
    $pair->start;
    $pair->write(1);
    $pair->wait_all;
    $pair->write(1);
    $pair->relay($_)->kill9 for $pair->modes;
}
$node->safe_psql('postgres', q{CREATE TABLE gap AS SELECT g, repeat('x', 1000) FROM generate_series(1, 2000) g});
$node->safe_psql('postgres', "SELECT pg_replication_slot_advance('" . $pair->slot($_) . "', pg_current_wal_lsn())") for $pair->modes;
refuses($what, qr/is confirmed up to \S+, but only changes up to \S+.* were delivered/, qr/--accept-gap/);
accepts($what, qr/are gone from the slot, which is accepted/, '--accept-gap');

# A slot that lost its WAL.
$what = 'slot lost';
$node->safe_psql('postgres', 'ALTER SYSTEM SET max_slot_wal_keep_size = 1');
$node->safe_psql('postgres', 'ALTER SYSTEM SET wal_keep_size = 0');
$node->reload;
for (1 .. 3) { $node->safe_psql('postgres', "SELECT pg_switch_wal()"); $node->safe_psql('postgres', 'CREATE TABLE IF NOT EXISTS fill (n int); INSERT INTO fill VALUES (1); CHECKPOINT') }
is($node->safe_psql('postgres', q{SELECT string_agg(DISTINCT wal_status, ',') FROM pg_replication_slots}), 'lost', "$what: it is");
refuses($what, qr/replication slot "\w+" is lost: the server has removed WAL that was not delivered/, qr/when_needed.*--accept-gap/);
$node->safe_psql('postgres', 'ALTER SYSTEM RESET max_slot_wal_keep_size');
$node->reload;
accepts($what, qr/which is accepted: going on with a new one/, '--accept-gap');

# Promotion of a standby under the relays' eyes: before 17 it has none of the slots.
$what = 'standby promoted';
$node->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($node, 'base', has_streaming => 1);
$standby->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'\n");
$standby->start;
$pair->start;
$pair->write;
$pair->wait_all;
$node->wait_for_catchup($standby);
$node->stop('immediate');
$proxy->act('lead_to', $standby->port);
$proxy->act('cut');
$standby->promote;
$pair->ended($what, 3, qr/replication slot "\w+" does not exist, but changes up to \S+.* were delivered from it/, qr/when_needed.*--accept-gap/);
$node = $pair->{node} = $standby;
accepts($what, qr/which is accepted: going on with a new one/, '--accept-gap');

done_testing();

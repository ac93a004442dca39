# snapshot.mode and replica.identity.autoset.values, where no progress is kept.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('relay_snapshot_modes');
$node->safe_psql('postgres', q{
    CREATE TABLE a (id int PRIMARY KEY, v text);
    INSERT INTO a VALUES (1, 'x'), (2, 'x');
});

# op and key of each record
sub ops
{
    my ($out) = @_;
    return join ' ', map { /"key":\{"id":(\d+)\}.*"op":"(\w)"/ ? "$2$1" : () } split /\n/, $out;
}

sub slots { return $node->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots') }

sub identities
{
    return $node->safe_psql('postgres',
        q{SELECT string_agg(relname::text || relreplident::text, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace});
}

# initial_only reads the tables and ends.
my ($status, $out, $log) = relay_run('run', relay_config($node, 'snapshot.mode' => 'initial_only'), '--sink', 'stdout');
is($status, 0, 'initial_only ends with status 0') or note($log);
is(ops($out), 'r1 r2', 'with all rows');
is(slots(), '0', 'and no slot that would keep WAL');

# always: at each start, and the stream goes on from the snapshot.
my $config = relay_config($node, 'snapshot.mode' => 'always');
my $relay = W2D::Relay->start('run', $config, '--sink', 'stdout');
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO a VALUES (3, 'x')});
wait_delivered($node, 'relay');
is($relay->stop, 0, 'always');
is(ops($relay->out), 'r1 r2 c3', 'always: rows, then changes');
$node->safe_psql('postgres', q{INSERT INTO a VALUES (4, 'x')});
$relay = W2D::Relay->start('run', $config, '--sink', 'stdout');
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO a VALUES (5, 'x')});
wait_delivered($node, 'relay');

# A lost connection is no start.
$node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_replication});
wait_for('the relay to notice', sub { $relay->log =~ /trying again/ });
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO a VALUES (6, 'x')});
wait_delivered($node, 'relay');
is($relay->stop, 0, 'stops');
is(ops($relay->out), 'r1 r2 r3 r4 c5 c6', 'always: what came while it was away is in the rows, and only there');

# Replica identities.
$node->safe_psql('postgres', q{
    CREATE TABLE b (id int PRIMARY KEY, v text NOT NULL);
    CREATE UNIQUE INDEX "B_v" ON b (v);
    CREATE TABLE c (id int PRIMARY KEY, v text NOT NULL);
    CREATE UNIQUE INDEX c_v ON c (v);
    CREATE TABLE d (id int PRIMARY KEY);
    CREATE TABLE e (id int PRIMARY KEY);
});
my @autoset = ('replica.identity.autoset.values' => 'public.[ae]:FULL, public.b:index B_v,public.c:INDEX C_V,public\\.(d|e):nothing',
    'table.exclude.list' => 'public.d');
($status, $out, $log) = relay_run('run', relay_config($node, @autoset), '--sink', 'stdout', '--endpos', 'now');
is($status, 0, 'autoset') or note($log);
is(identities(), 'af bi ci dd ed', 'identities: a table not captured, and one that two rules match, are left alone');
like($log, qr/several rules .* match table public\.e/, 'the latter is said');
($status, $out, $log) = relay_run('run', relay_config($node, @autoset), '--sink', 'stdout', '--endpos', 'now');
unlike($log, qr/replica identity of table/, 'a second start finds nothing to do');
($status, $out, $log) = relay_run('run', relay_config($node, 'replica.identity.autoset.values' => 'public.a:INDEX nowhere'), '--sink', 'stdout', '--endpos', 'now');
is($status, 0, 'an index that is not there does not stop the stream');
like($log, qr/could not set replica identity USING INDEX nowhere of table public\.a: .*does not exist/, 'and is said');
($status, $out, $log) = relay_run('run', relay_config($node, @autoset, 'read.only' => 'true'), '--sink', 'stdout');
is($status, 2, 'read.only forbids it');

done_testing();

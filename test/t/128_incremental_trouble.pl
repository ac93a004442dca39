# Incremental snapshots while the server makes trouble: a table that is rewritten meanwhile, statements that are cancelled,
# logins that are refused, a synchronous standby that is away, rows that are too big for memory, a hostile condition.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('trouble');
$node->safe_psql('postgres', q{
    CREATE EXTENSION wal2debezium;
    CREATE ROLE reader LOGIN REPLICATION;
    CREATE TABLE released (name text);
    CREATE PROCEDURE hold(lock_name text) LANGUAGE plpgsql AS $$
    BEGIN
        WHILE NOT EXISTS (SELECT FROM released WHERE name = lock_name) LOOP PERFORM pg_sleep(0.02); END LOOP;
    END $$;
    CREATE TABLE gate (id int PRIMARY KEY);
    INSERT INTO gate VALUES (1);
    CREATE TABLE rewritten (id int PRIMARY KEY, v int);
    CREATE TABLE cancelled (id int PRIMARY KEY, v int);
    CREATE TABLE refused (id int PRIMARY KEY, v int);
    CREATE TABLE once_more (id int PRIMARY KEY, v int);
    CREATE TABLE waiting (id int PRIMARY KEY, v int);
    CREATE TABLE hostile (id int PRIMARY KEY, v int);
    CREATE TABLE big (id int PRIMARY KEY, v text);
    INSERT INTO rewritten SELECT g, g FROM generate_series(1, 50) g;
    INSERT INTO cancelled SELECT g, g FROM generate_series(1, 50) g;
    INSERT INTO refused SELECT g, g FROM generate_series(1, 50) g;
    INSERT INTO once_more SELECT g, g FROM generate_series(1, 50) g;
    INSERT INTO waiting SELECT g, g FROM generate_series(1, 50) g;
    INSERT INTO hostile SELECT g, g FROM generate_series(1, 50) g;
    INSERT INTO big SELECT g, repeat('x', 1000000) FROM generate_series(1, 90) g;
    GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;
});
my $relay = W2D::Relay->start('run', relay_config($node, 'database.user' => 'reader', 'incremental.snapshot.chunk.size' => 100), '--sink', 'stdout');
$relay->wait_streaming($node, 'relay');

sub execute
{
    my ($table, $more) = @_;
    $more //= '';
    $node->safe_psql('postgres', qq(SET synchronous_commit = local; SELECT wal2debezium.signal('relay', 'execute-snapshot', '{"data-collections": ["public.$table"]$more}')));
}

sub wait_snapshot
{
    my ($table) = @_;
    my $ended = qr/snapshot of table "public\.$table" (?:is delivered|ends).*incremental snapshot is delivered/s;
    eval { wait_for('the incremental snapshot', sub { $relay->log =~ $ended }, 120) } or BAIL_OUT($@ . $relay->log);
}

# How often each row of a table was read: "number of rows x times".
sub reads
{
    my ($table) = @_;
    my (%rows, %times);
    open my $in, '<', "$relay->{dir}/out" or die "$!\n";
    while (my $line = <$in>)
    {
        $rows{$1}++ if $line =~ /"topic":"app\.public\.$table"/ && $line =~ /"op":"r"/ && $line =~ /"after":\{"id":(\d+),/;
    }
    close $in;
    $times{$_}++ for values %rows;
    return join ' ', map { "$times{$_} x $_" } sort keys %times;
}

# A statement whose transaction lasts until the code that is returned is called; $is_held finds its lock.
sub hold
{
    my ($name, $sql, $is_held) = @_;
    my $finish = sql_in_background($node, "BEGIN; $sql; CALL hold('$name'); COMMIT");
    wait_for("the lock of $name", sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE granted AND $is_held") > 0 });
    return sub { $node->safe_psql('postgres', "INSERT INTO released VALUES ('$name')"); $finish->() };
}

# The process that waits for a lock on the table.
sub waiter
{
    my ($table) = @_;
    my $pid;
    wait_for("a reader to wait for table $table", sub {
        $pid = $node->safe_psql('postgres', "SELECT max(pid) FROM pg_locks WHERE relation = 'public.$table'::regclass AND NOT granted") });
    return $pid;
}

# The snapshot is under way, and comes to a table that the statement has locked: its process, and what ends the transaction.
sub come_to_locked
{
    my ($table, $sql) = @_;
    my $open = hold("gate of $table", 'SELECT pg_advisory_xact_lock(7)', "locktype = 'advisory' AND mode = 'ExclusiveLock'");
    execute('gate", "public.' . $table, ', "additional-conditions": [{"data-collection": "public.gate", "filter": "(SELECT true FROM pg_advisory_xact_lock_shared(7))"}]');
    wait_for('the reader at the gate', sub { $node->safe_psql('postgres', "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") > 0 });
    my $release = hold($table, $sql, "relation = 'public.$table'::regclass AND mode = 'AccessExclusiveLock'");
    $open->();
    return (waiter($table), $release);
}

# ---- rewritten: the transaction that rewrites is seen by no snapshot that is taken before its end ----
my ($pid, $release) = come_to_locked('rewritten', 'ALTER TABLE rewritten ALTER v TYPE bigint');
$release->();
wait_snapshot('rewritten');
is(reads('rewritten'), '50 x 1', 'of a table that is rewritten meanwhile all rows arrive') or diag($relay->log);

# ---- cancelled ----
($pid, $release) = come_to_locked('cancelled', 'LOCK TABLE cancelled');
$node->safe_psql('postgres', "SELECT pg_cancel_backend($pid)");
wait_for('a word of it', sub { $relay->log =~ /the incremental snapshot waits: .*cancel/ });
$release->();
wait_snapshot('cancelled');
is(reads('cancelled'), '50 x 1', 'a table is not given up for a cancelled statement') or diag($relay->log);

# ---- refused: the connection is ended, and no other may be made for a while ----
($pid, $release) = come_to_locked('refused', 'LOCK TABLE refused');
$node->safe_psql('postgres', "ALTER ROLE reader NOLOGIN");
$node->safe_psql('postgres', "SELECT pg_terminate_backend($pid)");
$release->();
execute('once_more');
wait_for('a word of it', sub { $relay->log =~ /a signal waits: .*not permitted to log in/ });
$node->safe_psql('postgres', "ALTER ROLE reader LOGIN");
wait_snapshot('refused');
is(reads('refused'), '50 x 1', 'a table is not given up for a login refused') or diag($relay->log);
wait_snapshot('once_more');
is(reads('once_more'), '50 x 1', 'nor is a signal') or diag($relay->log);
unlike($relay->log, qr/ended with an error|cannot be executed/, 'nothing was given up');

# ---- waiting: what the snapshot writes waits for no standby ----
$node->safe_psql('postgres', "ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
wait_for('the setting', sub { $node->safe_psql('postgres', 'SHOW synchronous_standby_names') eq 'nobody' });
execute('waiting');
wait_snapshot('waiting');
is(reads('waiting'), '50 x 1', 'a synchronous standby that is away does not stop it') or diag($relay->log);
$node->safe_psql('postgres', "SET synchronous_commit = local; ALTER SYSTEM RESET synchronous_standby_names");
$node->safe_psql('postgres', 'SELECT pg_reload_conf()');
wait_for('the setting', sub { $node->safe_psql('postgres', 'SHOW synchronous_standby_names') eq '' });

# ---- hostile: a condition brings no statements of its own ----
$node->safe_psql('postgres', 'GRANT CREATE ON SCHEMA public TO reader');
execute('hostile', ', "additional-conditions": [{"data-collection": "public.hostile", "filter": "true); COMMIT; CREATE TABLE made_by_condition (); COMMIT; SELECT (1"}]');
wait_snapshot('hostile');
like($relay->log, qr/incremental snapshot of table "public.hostile" ends: .*multiple commands/, 'a condition with statements is refused') or diag($relay->log);
is($node->safe_psql('postgres', "SELECT to_regclass('made_by_condition') IS NULL"), 't', 'and they are not run');

# ---- big: a chunk of 90 MB ----
my $before = $relay->peak_memory;
execute('big');
wait_snapshot('big');
is(reads('big'), '90 x 1', 'rows that do not fit into memory at once') or diag($relay->log);
note("peak memory $before kB, then " . $relay->peak_memory . ' kB');

is($relay->stop, 0, 'stops') or diag($relay->log);
done_testing();

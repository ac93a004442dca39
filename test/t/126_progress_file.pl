# Progress of sinks without a broker: a start knows what the one before it did; records that come again are recognised;
# a reader of a file with a place of its own; disks that are full.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;

srand($ENV{SEED} // 126);

my $node = new_server('progress_file');
my $dir = $node->basedir;
$node->safe_psql('postgres', q{
    CREATE TABLE filled (id int PRIMARY KEY, v text);
    INSERT INTO filled SELECT g, repeat('x', 300) FROM generate_series(1, 80000) g;
    CREATE TABLE c (id int PRIMARY KEY, n int NOT NULL);
    CREATE PROCEDURE work(count int, pause float) LANGUAGE plpgsql AS $$
    BEGIN
        FOR n IN 1..count LOOP
            INSERT INTO c SELECT g, 1 FROM generate_series(1, 10) g ON CONFLICT (id) DO UPDATE SET n = c.n + 1;
            COMMIT;
            PERFORM pg_sleep(pause);
        END LOOP;
    END $$});

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return scalar(<$in>) // '' }

# Lets a process write files of at most that many bytes; -1: any.
sub limit_files
{
    my ($pid, $bytes) = @_;
    system($ENV{PYTHON}, '-c', 'import resource, sys; pid, size = map(int, sys.argv[1:]); '
        . 'resource.prlimit(pid, resource.RLIMIT_FSIZE, (size if size >= 0 else resource.RLIM_INFINITY, resource.RLIM_INFINITY))',
        $pid, $bytes) == 0 or die "could not set a limit\n";
}

# --- a snapshot to stdout that is killed: the next start knows

my $kept = "$dir/stdout.progress";
my $config = relay_config($node, 'slot.name' => 'a', 'snapshot.mode' => 'initial', 'position.headers.enable' => 'true',
    'table.include.list' => 'public\.filled,public\.c');
my @run = ('run', $config, '--sink', 'stdout', '--progress-file', $kept);
my @outputs;
my $went_on = 0;
for (1 .. 4)
{
    my $relay = W2D::Relay->start(@run);
    wait_for('a plan of the snapshot', sub { slurp($kept) =~ /"state":"(planned|done)"/ || defined $relay->status });
    sleep rand(0.2) if $_ > 2;
    $relay->kill9;
    $went_on++ if $relay->log =~ /it goes on with what is missing|it begins again/;
    push @outputs, $relay->out;
}
like(slurp($kept), qr/"snapshot":\{"state":"(planned|done)"/, 'the snapshot is known');
my $relay = W2D::Relay->start(@run);
$relay->wait_streaming($node, 'a');
push @outputs, $relay->out;
$went_on++ if $relay->log =~ /it goes on with what is missing|it begins again/;
cmp_ok($went_on, '>=', 1, 'a start that found a snapshot cut went on with it');
my %rows = map { $_ => 1 } map { /"after":\{"id":(\d+),"v"/ ? $1 : () } map { split /\n/ } @outputs;
is(scalar keys %rows, 80000, 'no row is left out');

# --- killed in the stream: nothing is lost, and what comes again is recognised

@outputs = ();
my $finish = sql_in_background($node, 'CALL work(400, 0.005)');
for (1 .. 6)
{
    sleep 0.1 + rand(0.4);
    $relay->kill9;
    push @outputs, $relay->out;
    $relay = W2D::Relay->start(@run);
}
$finish->();
$relay->wait_streaming($node, 'a');
wait_delivered($node, 'a');
is($relay->stop, 0, 'stopped: status 0') or note($relay->log);
push @outputs, $relay->out;
my (@last, %n);
my ($again, $wrong) = (0, 0);
@last = (0, 0);
for (map { split /\n/ } @outputs)
{
    next unless /"after":\{"id":(\d+),"n":(\d+)\}/;
    my ($id, $n) = ($1, $2);
    my ($lsn, $index) = /"__wal2debezium.commit.lsn":"(\d+)","__wal2debezium.index":"(\d+)"/ or $wrong++;
    if ($lsn < $last[0] || ($lsn == $last[0] && $index <= $last[1] && $last[0])) { $again++; next }
    @last = ($lsn, $index);
    $wrong++ unless $n == ($n{$id} // 0) + 1;
    $n{$id} = $n;
}
note("$again records came again");
is($wrong, 0, 'without those that come again each change is there once, in order');
is(join(',', map { $n{$_} // 0 } 1 .. 10), join(',', (400) x 10), 'to the last one');

$relay = W2D::Relay->start(@run);
$relay->wait_streaming($node, 'a');
$node->safe_psql('postgres', 'CALL work(1, 0)');
wait_delivered($node, 'a');
is($relay->stop, 0, 'stopped again: status 0');
is(scalar(() = $relay->out =~ /"after"/g), 10, 'after a clean stop nothing comes again');
my ($status, undef, $log) = relay_run('run', relay_config($node, 'slot.name' => 'b'), '--sink', 'null', '--progress-file', $kept);
is($status, 3, 'another slot: status 3');
like($log, qr/keeps the progress of another relay/, 'says why');

# --- a reader of a file, killed as often as the relay: it counts every change once

my $out = "$dir/records.jsonl";
my $database = "$dir/rows.sqlite";
my @follow = ($ENV{PYTHON}, "$ENV{W2D_TOP}/examples/follow_file.py", $out, $database);
$node->safe_psql('postgres', 'TRUNCATE c');
@run = ('run', relay_config($node, 'slot.name' => 'e', 'table.include.list' => 'public\.c', 'exactly.once.support' => 'required',
        'snapshot.mode' => 'initial'), '--sink', "file:$out");
$relay = W2D::Relay->start(@run);
$relay->wait_streaming($node, 'e');
$finish = sql_in_background($node, 'CALL work(300, 0.005)');
for my $n (1 .. 8)
{
    defined(my $pid = fork) or die "fork: $!\n";
    if ($pid == 0) { exec @follow or POSIX::_exit(127) }
    sleep 0.2 + rand(0.4);
    kill 'KILL', $pid;
    waitpid $pid, 0;
    next if $n % 2;
    $relay->kill9;
    $relay = W2D::Relay->start(@run);
}
$finish->();
$relay->wait_streaming($node, 'e');
wait_delivered($node, 'e');
is(system(@follow, '--once'), 0, 'the reader reads the rest');
my $counted = `$ENV{PYTHON} -c 'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("SELECT count(*), min(changes), max(changes), min(value), max(value) FROM row").fetchone())' $database`;
like($counted, qr/^\(10, 300, 300, /, 'each change was applied once') or note($counted);

# --- a file system that is full: waits, goes on, nothing lost and nothing torn

for my $support ('required', 'requested')
{
    my $slot = "full_$support";
    my $file = "$dir/$slot.jsonl";
    my $full = W2D::Relay->start('run', relay_config($node, 'slot.name' => $slot, 'table.include.list' => 'public\.c',
            'exactly.once.support' => $support), '--sink', "file:$file");
    $full->wait_streaming($node, $slot);
    $node->safe_psql('postgres', 'CALL work(5, 0)');
    wait_delivered($node, $slot);
    limit_files($full->{pid}, (-s $file) + 700);
    $node->safe_psql('postgres', 'CALL work(20, 0)');
    my $target = wal_end($node);
    wait_for("$support: the relay to say so", sub { $full->log =~ /\Q$slot\E.*; trying again/ });
    my $behind = $node->safe_psql('postgres', "SELECT confirmed_flush_lsn < '$target' FROM pg_replication_slots WHERE slot_name = '$slot'");
    is($behind, 't', "$support: what is not in the file is not confirmed");
    ok(!defined $full->status, "$support: it waits");
    wait_for("$support: the walsender to be let go", sub { $full->log =~ /closed the connection to PostgreSQL until it is/ });
    sleep 2;
    is(scalar(() = $full->log =~ /streaming from replication slot/g), 1, "$support: nothing is read again while there is no room");
    limit_files($full->{pid}, -1);
    wait_delivered($node, $slot);
    is($full->stop, 0, "$support: there is room, it goes on: status 0") or note($full->log);
    my @lines = split /^/, slurp($file);
    is(scalar @lines, 250, "$support: every change is there once");
    is(scalar(grep { !/\A\{.*\}\n\z/ } @lines), 0, "$support: no line is torn");
}

# --- a log that cannot be written changes nothing

my $quiet = "$dir/quiet.jsonl";
$config = relay_config($node, 'slot.name' => 'quiet', 'table.include.list' => 'public\.c', 'snapshot.mode' => 'initial');
is(system("'$ENV{W2D_TOP}/relay/wal2kafka' run '$config' --sink 'file:$quiet' --endpos now 2>/dev/full") >> 8, 0,
    'a log on a full disk: status 0');
is(scalar(() = slurp($quiet) =~ /"op":"r"/g), 10, 'and all rows are delivered');

done_testing();

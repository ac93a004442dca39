# Exactly once into a file: a relay killed again and again leaves each line there once, whole, in the order of commits;
# what does not fit is refused.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;

my $rounds = $ENV{ROUNDS} || 20;
my $snapshot_rounds = 8;
srand($ENV{SEED} // 125);

my $node = new_server('file_exactly_once');
$node->safe_psql('postgres', q{
    CREATE TABLE filled (id int PRIMARY KEY, v text);
    INSERT INTO filled SELECT g, repeat('x', 200) FROM generate_series(1, 60000) g;
    CREATE TABLE c (tx int, i int, PRIMARY KEY (tx, i));
    CREATE SEQUENCE transactions;
    CREATE PROCEDURE work(count int) LANGUAGE plpgsql AS $$
    DECLARE
        tx int;
    BEGIN
        FOR n IN 1..count LOOP
            tx := nextval('transactions');
            INSERT INTO c SELECT tx, g FROM generate_series(1, CASE WHEN n % 50 = 0 THEN 3000 ELSE 1 + n % 7 END) g;
            COMMIT;
            PERFORM pg_sleep(0.004);
        END LOOP;
    END $$});
my $out = $node->basedir . '/records.jsonl';
my $config = relay_config($node, 'exactly.once.support' => 'required', 'snapshot.mode' => 'initial',
    'topic.prefix' => 'app');
my @run = ('run', $config, '--sink', "file:$out");

sub slurp { open my $in, '<', $_[0] or return ''; local $/; return scalar(<$in>) // '' }
sub spit { my ($path, $text) = @_; open my $file, '>', $path or die "$path: $!\n"; print $file $text; close $file }

# What the committed part of the file holds: rows of the snapshot, changes, how many of both come again or are torn, and
# changes out of order or of another place in their transaction.
sub report
{
    my ($path) = (@_, $out);
    my %seen = (snapshot => 0, changes => 0, repeated => 0, torn => 0, disorder => 0, other => 0);
    my ($last_tx, $last_i) = (0, 0);
    my %rows;
    open my $in, '<', $path or return \%seen;
    while (my $line = <$in>)
    {
        if ($line !~ /\A\{.*\}\n\z/) { $seen{torn}++ }
        elsif ($line =~ /"after":\{"id":(\d+),.*"op":"r"/) { $seen{snapshot}++; $seen{repeated}++ if $rows{$1}++ }
        elsif ($line =~ /"after":\{"tx":(\d+),"i":(\d+)\}.*"op":"c"/)
        {
            $seen{changes}++;
            $seen{disorder}++ unless $1 == $last_tx ? $2 == $last_i + 1 : $1 == $last_tx + 1 && $2 == 1;
            ($last_tx, $last_i) = ($1, $2);
        }
        else { $seen{other}++ }
    }
    return \%seen;
}

# --- killed in the snapshot

my ($kills, $cuts) = (0, 0);
for my $n (1 .. $snapshot_rounds)
{
    my $relay = W2D::Relay->start(@run);
    sleep 0.05 + rand(0.25);
    last if defined $relay->status;
    $relay->kill9;
    $kills++;
    $cuts++ if $relay->log =~ /cut \d+ bytes that were not committed/;
}
my $relay = W2D::Relay->start(@run);
$relay->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
is($relay->stop, 0, 'after the snapshot: status 0') or note($relay->log);
my $seen = report();
is($seen->{snapshot}, 60000, "each row of the snapshot is there, after $kills kills");
is($seen->{repeated} + $seen->{torn} + $seen->{other}, 0, 'once, and whole');

# --- killed in the snapshot, between two of the parts that it is committed in

my $parts = $node->basedir . '/parts.jsonl';
my @parts_run = ('run', relay_config($node, 'exactly.once.support' => 'required', 'snapshot.mode' => 'initial', 'slot.name' => 'parts',
        'table.include.list' => 'public\.filled'), '--sink', "file:$parts");
my ($between, $went_on) = (0, 0);
my @lengths = (0);
for my $n (1 .. 4)
{
    my $relay = W2D::Relay->start(@parts_run);
    wait_for('lines of the snapshot', sub {
        die 'the relay ended: ' . $relay->log if defined $relay->status;
        $relay->log =~ /snapshot of 1 tables at \S+ (?:begins|goes on)/ && (-s $parts) > $lengths[-1];
    });
    # a part ends when it is a second old
    $relay->signal('STOP');
    sleep 1.2;
    $relay->signal('CONT');
    wait_for('a part to be committed', sub {
        my ($length) = slurp("$parts.progress") =~ /"length":(\d+)/;
        return 1 if slurp("$parts.progress") =~ /"state":"done"/;
        push @lengths, $length if ($length // 0) > $lengths[-1];
        return $length && $length == $lengths[-1] && @lengths > $n;
    });
    $went_on++ if $relay->log =~ /goes on with what is missing/;
    $relay->kill9;
    last if slurp("$parts.progress") =~ /"state":"done"/;
    $between++;
}
$relay = W2D::Relay->start(@parts_run);
$relay->wait_streaming($node, 'parts');
is($relay->stop, 0, 'after parts of a snapshot: status 0') or note($relay->log);
cmp_ok($between, '>=', 1, 'it was killed between two parts');
$went_on++ if $relay->log =~ /goes on with what is missing/;
cmp_ok($went_on, '>=', 1, 'and went on behind the last of them');
note("killed behind parts of $between snapshots, which ended at @lengths bytes");
$seen = report($parts);
is($seen->{snapshot}, 60000, 'each row is there');
is($seen->{repeated} + $seen->{torn} + $seen->{other}, 0, 'once, and whole');
$node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('parts')});

# --- killed in the stream

my $finish = sql_in_background($node, 'CALL work(' . 60 * $rounds . ')');
for my $n (1 .. $rounds)
{
    $relay = W2D::Relay->start(@run);
    sleep rand(0.6);
    $relay->signal('TERM') if $n % 10 == 0;
    die "the relay ended with status " . $relay->status . ":\n" . $relay->log if defined $relay->status && $relay->status;
    $relay->kill9;
    $kills++;
    $cuts++ if $relay->log =~ /cut \d+ bytes that were not committed/;
}
note("$kills kills, of which at least $cuts left something to be cut off");
$finish->();
$relay = W2D::Relay->start(@run);
$relay->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
is($relay->stop, 0, 'after the last kill: status 0') or note($relay->log);
$seen = report();
is($seen->{changes}, $node->safe_psql('postgres', 'SELECT count(*) FROM c'), "every change is there, after $kills kills");
is($seen->{disorder}, 0, 'none comes again, none is out of order');
is($seen->{torn} + $seen->{other} + $seen->{repeated}, 0, 'no line is torn');
is($seen->{snapshot}, 60000, 'the snapshot is still there once');
like(slurp("$out.progress"), qr/"length":${\ -s $out },/, 'progress speaks of the whole file');

# --- what does not fit

my $lines = slurp($out);
my $progress = slurp("$out.progress");
my $changes = $seen->{changes};

# Runs to the end, with that in the files: status and log.
sub try_with
{
    my ($lines, $progress, @more) = @_;
    defined $lines ? spit($out, $lines) : unlink $out;
    defined $progress ? spit("$out.progress", $progress) : unlink "$out.progress";
    my ($status, undef, $log) = relay_run(@run, '--endpos', 'now', @more);
    return ($status, $log);
}

sub refused
{
    my ($name, $wanted, $lines, $progress, @more) = @_;
    my ($status, $log) = try_with($lines, $progress, @more);
    is($status, 3, "$name: status 3") or note($log);
    like($log, $wanted, "$name: says why and what to do");
    is(slurp($out), $lines // '', "$name: the file is as it was") if defined $lines;
}

$node->safe_psql('postgres', 'CALL work(1)');
refused('a file that is shorter', qr/holds \d+ bytes, but its progress speaks of \d+.*--accept-gap/,
    substr($lines, 0, 5000), $progress);
refused('a file that is gone', qr/holds 0 bytes, but its progress.*--accept-gap/, undef, $progress);
(my $other = $lines) =~ s/.\}\n\z/9}\n/;
refused('another file', qr/is not the one that its progress speaks of.*--accept-gap/, $other, $progress);
refused('no progress', qr/but "\Q$out\E.progress" says nothing of them.*--start-at slot/, $lines, undef);
refused('progress that is cut', qr/does not hold progress of wal2kafka/, $lines, substr($progress, 0, 100));
(my $others = $progress) =~ s/"app","relay"/"app","other"/g;
refused('progress of another slot', qr/keeps the progress of another relay, \["app","other",/, $lines, $others);
(my $system = $progress) =~ s/("app","relay",)"\d+"/$1"1"/g;
refused('progress of another system', qr/another server.*--accept-new-system/s, $lines, $system);

my ($status, $log) = try_with($lines . '{"torn', $progress);
is($status, 0, 'lines that were not committed: status 0') or note($log);
like($log, qr/cut 6 bytes that were not committed/, 'they are cut off');
$changes += 2;
is(report()->{changes}, $changes, 'and what is committed since follows');
is(report()->{torn} + report()->{disorder}, 0, 'all of it whole');

$node->safe_psql('postgres', 'CALL work(1)');
rename $out, "$out.1" or die;
($status, $log) = try_with(undef, slurp("$out.progress"), '--accept-gap');
is($status, 0, 'rotated, which is accepted: status 0') or note($log);
is(report()->{changes}, 2, 'the new file has what came since');
($status, $log) = relay_run(@run, '--endpos', 'now');
is($status, 0, 'the next start needs no acceptance');

# --- two relays, one file

$relay = W2D::Relay->start(@run);
$relay->wait_streaming($node, 'relay');
my $second = W2D::Relay->start('run', relay_config($node, 'slot.name' => 'second'), '--sink', "file:$out", '--progress-file',
    "$out.second");
wait_for('the second relay to say so', sub { $second->log =~ /\Q$out\E" is in use by another process; trying again/ });
is($second->stop, 0, 'it waits, and can be stopped');
my $third = W2D::Relay->start('run', relay_config($node, 'slot.name' => 'third'), '--sink', 'null', '--progress-file',
    "$out.progress");
wait_for('the third relay to say so', sub { $third->log =~ /progress file .* is in use by another process; trying again/ });
is($third->stop, 0, 'nor does one share its progress');
is($relay->stop, 0, 'the first one is not disturbed') or note($relay->log);

($status, undef, $log) = relay_run('run', $config, '--sink', 'file:/dev/null');
is($status, 2, 'a device: status 2');
like($log, qr/is not a regular file: nothing can be taken back/, 'says why');
($status, my $said) = relay_run('status', $config, '--sink', "file:$out");
like($said, qr/^progress .*"end_lsn"/m, 'status shows the progress') or note($status);

done_testing();

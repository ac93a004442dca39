# Initial snapshots killed again and again, the relay and the backends that read for it, with writers at full speed: they
# go on with what is missing, and the topics replayed by key equal the tables; exactly once no row comes twice.
# SNAPSHOT_KILLS=100 MODES=exactly-once SEED=1: more of it (make chaos-snapshots).
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $wanted = $ENV{SNAPSHOT_KILLS} || 4;
my $threads = $ENV{SNAPSHOT_THREADS} || 2;
my $rows = $ENV{SNAPSHOT_ROWS} || 150000;
my $seed = $ENV{SEED} // 20;
my $patience = 600;
srand($seed);
my $node = new_server('snapshot_kills', 'autovacuum_naptime' => '1s', 'max_wal_size' => '4GB', 'max_replication_slots' => '100',
    'restart_after_crash' => 'on');

# moved: rows that move; wide: unchanged TOAST values that only the snapshot shows; rewritten: another file in mid snapshot
$node->safe_psql('postgres', qq{
    CREATE TABLE stop (id int PRIMARY KEY);
    CREATE PROCEDURE prepare() LANGUAGE plpgsql AS \$\$
    BEGIN
        DROP TABLE IF EXISTS moved, wide, rewritten;
        TRUNCATE stop;
        CREATE TABLE moved (id int PRIMARY KEY, n int NOT NULL, v text);
        INSERT INTO moved SELECT g, 0, repeat('x', 20 + g % 50) FROM generate_series(1, $rows) g;
        CREATE INDEX ON moved (n);
        CREATE TABLE wide (id int PRIMARY KEY, n int NOT NULL, body text);
        ALTER TABLE wide ALTER body SET STORAGE EXTERNAL;
        INSERT INTO wide SELECT g, 0, repeat(md5(g::text), 80) FROM generate_series(1, $rows / 20) g;
        CREATE INDEX ON wide (n);
        CREATE TABLE rewritten (id int PRIMARY KEY, n int NOT NULL);
        INSERT INTO rewritten SELECT g, 0 FROM generate_series(1, $rows) g;
    END \$\$;
    CREATE PROCEDURE writes(seed float) LANGUAGE plpgsql AS \$\$
    DECLARE
        k int;
        fresh int;
    BEGIN
        PERFORM setseed(seed);
        SELECT greatest(max(id), 1000000) + 100000 INTO fresh FROM moved;
        fresh := fresh + (seed * 10)::int * 1000000;
        WHILE NOT EXISTS (SELECT FROM stop) LOOP
            k := 1 + random() * $rows;
            UPDATE moved SET n = n + 1 WHERE id BETWEEN k AND k + 20;
            UPDATE wide SET n = n + 1 WHERE id = 1 + (random() * $rows / 20)::int;
            IF random() < 0.1 THEN UPDATE wide SET body = repeat(md5(random()::text), 90) WHERE id = 1 + (random() * $rows / 20)::int; END IF;
            DELETE FROM moved WHERE id = 1 + (random() * $rows)::int;
            BEGIN
                INSERT INTO moved VALUES (fresh, 1, 'fresh') ON CONFLICT DO NOTHING;
                UPDATE moved SET n = n + 1 WHERE id = fresh - 5;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
            UPDATE moved SET id = -id WHERE id = 1 + (random() * $rows)::int;
            UPDATE rewritten SET n = n + 1 WHERE id = 1 + (random() * $rows)::int;
            fresh := fresh + 1;
            COMMIT;
        END LOOP;
    END \$\$});

my @writers;
sub start_writers { @writers = map { sql_in_background($node, "CALL writes(" . (0.1 * $_ + rand(0.05)) . ')') } 1 .. 2 }
sub end_writers { $_->() for @writers; @writers = () }

# SIGKILL for one of the backends that read: the server ends all others and recovers. False: none reads.
sub kill_backend
{
    my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE query LIKE '%snapshot_blocks%'
        AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1});
    return 0 if !$pid || !kill 'KILL', $pid;
    end_writers();
    wait_for('the server to recover', sub { system('pg_isready', '-q', '-h', $node->host, '-p', $node->port) == 0 }, $patience);
    start_writers();
    return 1;
}

# How often a snapshot has begun or gone on in a relay's life.
sub begun { return scalar(() = $_[0]->log =~ /snapshot of \d+ tables at \S+ (?:begins|goes on)/g) }
sub streams { return $_[0]->log =~ /streaming from replication slot/ }
sub resumed { return scalar(() = $_[0]->log =~ /snapshot of \d+ tables at \S+ goes on/g) }

# Whoever waits for a snapshot to be at work meets one that is over, too.
sub wait_at_work
{
    my ($relay, $before) = @_;
    wait_for('a snapshot at work', sub { streams($relay) || defined $relay->status || begun($relay) > $before }, $patience);
    die "the relay ended:\n" . $relay->log if defined $relay->status;
    return !streams($relay);
}

# Rows of a table that are not in its topic, rows of the topic that are not in the table, and what replay_topic says.
sub compare_table
{
    my ($prefix, $table, @columns) = @_;
    my $list = join ', ', map { $_ eq 'v' || $_ eq 'body' ? "CASE WHEN length($_) > 40 THEN md5($_) ELSE $_ END" : $_ } @columns;
    my @expected = split /\n/, $node->safe_psql('postgres', "SELECT $list FROM $table ORDER BY id");
    my @actual = split /\n/, `$ENV{PYTHON} $ENV{W2D_TOP}/test/lib/replay_topic.py $ENV{BOOTSTRAP_SERVERS} $prefix.public.$table @columns`;
    my $said = pop(@actual) // 'nothing';
    my %actual = map { $_ => 1 } @actual;
    my %expected = map { $_ => 1 } @expected;
    my @missing = grep { !$actual{$_} } @expected;
    my @surplus = grep { !$expected{$_} } @actual;
    note("$prefix.$table: $said; missing: @missing[0 .. ($#missing > 4 ? 4 : $#missing)]; surplus: @surplus[0 .. ($#surplus > 4 ? 4 : $#surplus)]");
    return (scalar(@missing), scalar(@surplus), $said =~ /repeated=(\d+)/ ? $1 : 'not read');
}

# One snapshot under at most so many kills. Returns how many there were.
sub take_snapshot
{
    my ($mode, $number, $limit) = @_;
    my $once = $mode eq 'exactly-once';
    my $prefix = 'kills' . $$ . ($once ? 'once' : 'least') . $number;
    my $config = relay_config($node, 'topic.prefix' => $prefix, 'slot.name' => $prefix, 'snapshot.mode' => 'initial',
        'snapshot.max.threads' => $threads, 'producer.override.compression.type' => 'none', 'progress.topic' => "$prefix-progress",
        'table.include.list' => 'public.moved,public.wide,public.rewritten', ($once ? ('exactly.once.support' => 'required') : ()));
    my @command = ('run', $config, '-b', kafka_servers());
    my ($kills, $backends, $resumed, $before) = (0, 0, 0, 0);

    $node->safe_psql('postgres', 'CALL prepare()');
    start_writers();
    my $relay = W2D::Relay->start(@command);
    # a snapshot that is cut before anything of it is delivered begins again: longer and longer until one goes on
    while (wait_at_work($relay, $before) && ($kills < $limit || ($resumed + resumed($relay) == 0 && $kills < $limit + 20)))
    {
        $before = begun($relay);
        sleep rand(($once ? 2.5 : 1.5) + ($resumed + resumed($relay) == 0 ? $kills : $kills / 8));
        last if streams($relay);
        if (rand() < 0.75)
        {
            $relay->kill9;
            $kills++;
            $resumed += resumed($relay);
            # exactly once that table could not be read again without repeating rows
            $node->safe_psql('postgres', 'VACUUM FULL rewritten') if !$once && $kills == 2;
            $node->safe_psql('postgres', 'VACUUM FREEZE moved') if !$once && $kills == 4;
            $relay = W2D::Relay->start(@command);
            $before = 0;
        }
        elsif (kill_backend())
        {
            $kills++;
            $backends++;
        }
        else
        {
            $before = 0;
        }
    }
    wait_for('the snapshot to end', sub { streams($relay) || defined $relay->status }, $patience);
    $node->safe_psql('postgres', 'INSERT INTO stop VALUES (1)');
    end_writers();
    wait_delivered($node, $prefix, $patience);
    $resumed += resumed($relay);
    my $status = $relay->stop(60);
    my $log = $relay->log;
    my @moved = compare_table($prefix, 'moved', qw(id n v));
    my @wide = compare_table($prefix, 'wide', qw(id n body));
    my @rewritten = compare_table($prefix, 'rewritten', qw(id n));
    is("$status; @moved[0, 1]; @wide[0, 1]; @rewritten[0, 1]", '0; 0 0; 0 0; 0 0',
        "$mode, snapshot $number: $kills kills ($backends of backends), went on $resumed times; topics equal tables") or note($log);
    is($rewritten[2], 0, "$mode, snapshot $number: no row was read twice") or note($log) if $once;
    $node->safe_psql('postgres', "SELECT pg_drop_replication_slot('$prefix')");
    return ($kills, $resumed);
}

for my $mode (split ' ', $ENV{MODES} || 'at-least-once exactly-once')
{
    my ($kills, $resumed, $number) = (0, 0, 0);
    while ($kills < $wanted)
    {
        my ($more, $went_on) = take_snapshot($mode, ++$number, $wanted - $kills);
        ($kills, $resumed) = ($kills + $more, $resumed + $went_on);
        last if $number >= $wanted;    # a machine so fast that snapshots end before they are killed
    }
    note("$mode, SEED=$seed: $kills kills in $number snapshots, which went on $resumed times");
    ok($resumed > 0, "$mode: snapshots went on");
}

done_testing();

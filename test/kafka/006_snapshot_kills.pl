# An initial snapshot killed again and again, with writers at full speed: it goes on with what is missing, and the
# topics replayed by key equal the tables.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;

my $rounds = $ENV{SNAPSHOT_KILLS} || 6;
my $threads = $ENV{SNAPSHOT_THREADS} || 2;
my $rows = $ENV{SNAPSHOT_ROWS} || 150000;
my $prefix = 'kills' . $$;
srand($ENV{SEED} // 20);
my $node = new_server('snapshot_kills', 'autovacuum_naptime' => '1s', 'max_wal_size' => '4GB');
# plain: rows that move; wide: unchanged TOAST values that only the snapshot shows; rewritten: another file in mid snapshot
$node->safe_psql('postgres', qq{
    CREATE TABLE plain (id int PRIMARY KEY, n int NOT NULL, v text);
    INSERT INTO plain SELECT g, 0, repeat('x', 20 + g % 50) FROM generate_series(1, $rows) g;
    CREATE INDEX ON plain (n);
    CREATE TABLE wide (id int PRIMARY KEY, n int NOT NULL, body text);
    ALTER TABLE wide ALTER body SET STORAGE EXTERNAL;
    INSERT INTO wide SELECT g, 0, repeat(md5(g::text), 80) FROM generate_series(1, $rows / 20) g;
    CREATE INDEX ON wide (n);
    CREATE TABLE rewritten (id int PRIMARY KEY, n int NOT NULL);
    INSERT INTO rewritten SELECT g, 0 FROM generate_series(1, $rows / 5) g;
    CREATE TABLE stop (id int PRIMARY KEY);
    CREATE PROCEDURE writes(seed float) LANGUAGE plpgsql AS \$\$
    DECLARE
        k int;
        fresh int := 1000000 + (seed * 1000)::int * 100000;
    BEGIN
        PERFORM setseed(seed);
        WHILE NOT EXISTS (SELECT FROM stop) LOOP
            k := 1 + random() * $rows;
            UPDATE plain SET n = n + 1 WHERE id BETWEEN k AND k + 20;
            UPDATE wide SET n = n + 1 WHERE id = 1 + (random() * $rows / 20)::int;
            IF random() < 0.1 THEN UPDATE wide SET body = repeat(md5(random()::text), 90) WHERE id = 1 + (random() * $rows / 20)::int; END IF;
            DELETE FROM plain WHERE id = 1 + (random() * $rows)::int;
            BEGIN
                INSERT INTO plain VALUES (fresh, 1, 'fresh') ON CONFLICT DO NOTHING;
                UPDATE plain SET n = n + 1 WHERE id = fresh - 5;
            EXCEPTION WHEN OTHERS THEN NULL;
            END;
            UPDATE plain SET id = -id WHERE id = 1 + (random() * $rows)::int;
            UPDATE rewritten SET n = n + 1 WHERE id = 1 + (random() * $rows / 5)::int;
            fresh := fresh + 1;
            COMMIT;
        END LOOP;
    END \$\$});

my $config = relay_config($node, 'topic.prefix' => $prefix, 'snapshot.mode' => 'initial', 'snapshot.max.threads' => $threads,
    'producer.override.compression.type' => 'none', 'table.include.list' => 'public.plain,public.wide,public.rewritten');
my @command = ('run', $config, '-b', kafka_servers());

# Ends one of the relay's own connections.
sub end_backend
{
    $node->safe_psql('postgres', q{SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%snapshot_blocks%'
        AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1});
}

my @writers = map { sql_in_background($node, "CALL writes(0.$_)") } 1 .. 2;
my ($resumed, $log) = (0, '');
for my $round (1 .. $rounds)
{
    my $relay = W2D::Relay->start(@command);
    sleep 0.4 + rand(1.2);
    end_backend() if $round % 3 == 0;
    sleep rand(0.3);
    $node->safe_psql('postgres', 'VACUUM FULL rewritten') if $round == 2;
    $node->safe_psql('postgres', 'VACUUM FREEZE plain') if $round == 4;
    $relay->kill9;
    $log = $relay->log;
    note($log);
    $resumed++ if $log =~ /goes on with what is missing/;
    last if $log =~ /streaming from replication slot/;
}
my ($status, $said) = relay_run('status', $config, '-b', kafka_servers());
like($said, qr/^snapshot +\d tables not yet delivered/m, 'status tells of it') if $log !~ /streaming from replication slot/;
my $relay = W2D::Relay->start(@command);
$relay->wait_streaming($node, 'relay');
note($relay->log);
$resumed++ if $relay->log =~ /goes on with what is missing/;
$node->safe_psql('postgres', 'INSERT INTO stop VALUES (1)');
$_->() for @writers;
wait_delivered($node, 'relay');
is($relay->stop, 0, 'the snapshot comes to its end, and the stream') or note($relay->log);
ok($resumed > 0, "the snapshot went on $resumed times");

sub compare_table
{
    my ($table, @columns) = @_;
    my $list = join ', ', map { $_ eq 'v' || $_ eq 'body' ? "CASE WHEN length($_) > 40 THEN md5($_) ELSE $_ END" : $_ } @columns;
    my @expected = split /\n/, $node->safe_psql('postgres', "SELECT $list FROM $table ORDER BY id");
    my @actual = split /\n/, `$ENV{PYTHON} $ENV{W2D_TOP}/test/lib/replay_topic.py $ENV{BOOTSTRAP_SERVERS} $prefix.public.$table @columns`;
    note("$table: " . pop @actual);
    my %actual = map { $_ => 1 } @actual;
    my %expected = map { $_ => 1 } @expected;
    my @missing = grep { !$actual{$_} } @expected;
    my @surplus = grep { !$expected{$_} } @actual;
    is("@missing[0 .. ($#missing > 4 ? 4 : $#missing)]", '', "$table: every row is there") or note(scalar(@missing) . ' are not');
    is("@surplus[0 .. ($#surplus > 4 ? 4 : $#surplus)]", '', "$table: no other row is") or note(scalar(@surplus) . ' are');
}
compare_table('plain', qw(id n v));
compare_table('wide', qw(id n body));
compare_table('rewritten', qw(id n));

done_testing();

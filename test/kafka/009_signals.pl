# Incremental snapshots of a table that is written all the time, the relay killed meanwhile: afterwards the topic replayed
# by key equals the table. Also stop, pause, resume, a blocking snapshot, read.only, and what is refused.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep time);
use W2D;

my $node = new_server('signals');
$node->safe_psql('postgres', q{
    CREATE EXTENSION wal2debezium;
    CREATE SEQUENCE place;
    CREATE PROCEDURE make(name text, count int) LANGUAGE plpgsql AS $$
    BEGIN
        EXECUTE format('CREATE TABLE %I (id int PRIMARY KEY, v text, n bigint NOT NULL)', name);
        EXECUTE format('INSERT INTO %I SELECT g, ''old '' || g, 0 FROM generate_series(1, %s) g', name, count);
    END $$;
    -- inserts, updates, deletes and changes of keys, all over the table
    CREATE PROCEDURE work(name text, seconds float) LANGUAGE plpgsql AS $$
    DECLARE until timestamptz := clock_timestamp() + seconds * interval '1 second';
    BEGIN
        WHILE clock_timestamp() < until LOOP
            EXECUTE format('INSERT INTO %I SELECT 1000000 + nextval(''place''), ''new'', 1 FROM generate_series(1, 3)', name);
            EXECUTE format('UPDATE %I SET v = ''changed'', n = nextval(''place'') WHERE id = ANY (ARRAY(SELECT (random() * 8000)::int FROM generate_series(1, 10)))', name);
            COMMIT;
            EXECUTE format('DELETE FROM %I WHERE id = ANY (ARRAY(SELECT (random() * 8000)::int FROM generate_series(1, 2)))', name);
            EXECUTE format('INSERT INTO %I SELECT i, ''again'', nextval(''place'') FROM (SELECT (random() * 8000)::int AS i FROM generate_series(1, 2)) s ON CONFLICT DO NOTHING', name);
            EXECUTE format('UPDATE %I SET id = 2000000 + nextval(''place''), n = nextval(''place'') WHERE id = (random() * 8000)::int', name);
            COMMIT;
        END LOOP;
    END $$;
});

sub signal
{
    my ($type, $data, $slot) = @_;
    return $node->safe_psql('postgres', sprintf("SELECT wal2debezium.signal('%s', '%s', '%s')", $slot // 'relay', $type, $data));
}

# Rows, and what replay_topic.py says of the topic.
sub replay
{
    my ($prefix, $table) = @_;
    my @actual = split /\n/, `$ENV{PYTHON} $ENV{W2D_TOP}/test/lib/replay_topic.py $ENV{BOOTSTRAP_SERVERS} $prefix.public.$table id v n`;
    die "could not replay topic $prefix.public.$table\n" if $?;
    return (\@actual, { pop(@actual) =~ /(\w+)=(\d+)/g });
}

sub equals_table
{
    my ($prefix, $table, $name) = @_;
    my ($actual, $facts) = replay($prefix, $table);
    my @expected = split /\n/, $node->safe_psql('postgres', "SELECT id, v, n FROM $table ORDER BY id");
    my %seen;
    $seen{$_} |= 1 for @expected;
    $seen{$_} |= 2 for @$actual;
    my @wrong = sort grep { $seen{$_} != 3 } keys %seen;
    is(scalar(@wrong), 0, "$name: the topic equals the table")
      or diag(scalar(@expected) . ' rows, ' . scalar(@$actual) . " replayed; table 1, topic 2: @{[map { \"$_ ($seen{$_})\" } @wrong[0 .. ($#wrong < 9 ? $#wrong : 9)]]}");
    return $facts;
}

sub config_of
{
    my ($prefix, %more) = @_;
    return relay_config($node, 'topic.prefix' => $prefix, 'slot.name' => 'relay', 'progress.topic' => "$prefix-progress",
        'incremental.snapshot.chunk.size' => 100, %more);
}

sub drop_slot { $node->safe_psql('postgres', "SELECT pg_drop_replication_slot('relay')") }

# ---- killed, with writers ----
for my $mode ('requested', 'required')
{
    my $prefix = "signals_$mode$$";
    my $table = "items_$mode";
    $node->safe_psql('postgres', "CALL make('$table', 8000)");
    my $config = config_of($prefix, 'exactly.once.support' => $mode, 'incremental.snapshot.chunk.size' => 10, 'table.include.list' => "public.$table");
    my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
    $relay->wait_streaming($node, 'relay');
    my $finish = sql_in_background($node, "CALL work('$table', 20)");
    my $log = '';
    signal('execute-snapshot', qq({"data-collections": ["public.$table"]}));
    my $kills = 0;
    wait_for('the begin', sub { $relay->log =~ /incremental snapshot of table "public.$table" begins/ });
    for (1 .. 5)
    {
        sleep $kills == 0 ? rand 0.3 : 0.3 + rand 1.5;
        last if $relay->log =~ /incremental snapshot is delivered/;
        $relay->kill9;
        $log .= $relay->log;
        $kills++;
        $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
    }
    eval { wait_for('the incremental snapshot', sub { $relay->log =~ /incremental snapshot is delivered/ || defined $relay->status }, 180) }
      or BAIL_OUT("$@" . $log . $relay->log);
    $log .= $relay->log;
    $finish->();
    wait_delivered($node, 'relay');
    is($relay->stop, 0, "$mode: stops") or diag($relay->log);
    cmp_ok($kills, '>', 0, "$mode: it was killed meanwhile ($kills times)");
    my $facts = equals_table($prefix, $table, $mode);
    cmp_ok($facts->{reads}, '>', 4000, "$mode: the table was read");
    is($facts->{repeated}, 0, "$mode: no row was read twice") if $mode eq 'required';
    drop_slot();
}

# ---- pause, resume, stop; a signal that is not genuine; a filter that fails ----
my $prefix = "signals_stop$$";
$node->safe_psql('postgres', "CALL make('a', 3000); CALL make('b', 3000); CREATE TABLE keyless (x int)");
my $config = config_of($prefix, 'incremental.snapshot.chunk.size' => 10, 'table.include.list' => 'public.a,public.b,public.keyless');
my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
signal('execute-snapshot', '{"data-collections": ["public.[ab]"]}');
wait_for('the begin', sub { $relay->log =~ /snapshot of table "public.a" begins/ });
signal('pause-snapshot', '{}');
wait_for('the pause', sub { $relay->log =~ /incremental snapshot pauses/ });
unlike($relay->log, qr/incremental snapshot is delivered/, 'paused in its middle');
is($relay->stop, 0, 'stops while paused');
my ($status, $out) = relay_run('status', $config, '-b', kafka_servers());
like($out, qr/^incremental +2 tables left, public\.a at work: \d+ rows, paused$/m, 'status says where it stands');
$relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
like($relay->log, qr/incremental snapshot goes on: 2 tables are left/, 'a restart knows what is left');
signal('stop-snapshot', '{"data-collections": ["public.b"]}');
wait_for('the stop', sub { $relay->log =~ /"public.b" is stopped by a signal/ });
signal('resume-snapshot', '{}');
wait_for('the end', sub { $relay->log =~ /incremental snapshot is delivered/ });
$node->safe_psql('postgres', q(SELECT pg_logical_emit_message(true, 'wal2debezium', '{"slot":"relay","id":"forged","type":"execute-snapshot","data":{"data-collections":["public.b"]},"mac":"00"}')));
wait_for('the forged signal', sub { $relay->log =~ /signal "forged" is ignored/ });

# who may write to the database, but not give signals, cannot end the relay: too much is left out
$node->safe_psql('postgres', q(SELECT pg_logical_emit_message(true, 'wal2debezium', '{"slot":"relay","id":"huge","type":"log","data":{"message":"' || repeat('m', 900000) || '"},"mac":"00"}')));
$node->safe_psql('postgres', q(SELECT pg_logical_emit_message(true, 'wal2debezium', '{"slot":"relay","id":"one of many","type":"log","data":{"message":"' || repeat('m', 60000) || '"},"mac":"00"}') FROM generate_series(1, 50)));
wait_for('the burst', sub { $relay->log =~ /a signal of channel "message" is left out/ });
wait_delivered($node, 'relay');
signal('log', '{"message": "after the burst"}');
wait_for('a signal after the burst', sub { $relay->log =~ /after the burst/ });
ok(!defined $relay->status, 'the relay goes on under forged signals');
signal('execute-snapshot', '{"data-collections": ["public.b", "public.keyless", "public.nothing"], "additional-conditions": [{"data-collection": "public.b", "filter": "no_such_column > 1"}]}');
wait_for('the bad filter', sub { $relay->log =~ /"public.b" has ended with an error/ });
wait_for('the end of the bad one', sub { () = $relay->log =~ /incremental snapshot is delivered/g; (() = $relay->log =~ /incremental snapshot is delivered/g) == 2 });
like($relay->log, qr/skips table "public.keyless": it has no key/, 'a table without key is skipped');
like($relay->log, qr/skips table "public.nothing": there is no such table/, 'a table that is not there is skipped');
$node->safe_psql('postgres', "INSERT INTO b VALUES (-1, 'streamed', 1)");
wait_delivered($node, 'relay');
equals_table($prefix, 'a', 'paused');
my ($rows) = replay($prefix, 'b');
is_deeply($rows, ['-1|streamed|1'], 'of a table stopped nothing was read');

# ---- partitions, as tables of their own and through their root; a table and what inherits from it ----
$node->safe_psql('postgres', q{
    CREATE TABLE parts (id int PRIMARY KEY, v text, n bigint) PARTITION BY RANGE (id);
    CREATE TABLE parts_low PARTITION OF parts FOR VALUES FROM (0) TO (50);
    CREATE TABLE parts_high PARTITION OF parts FOR VALUES FROM (50) TO (1000);
    INSERT INTO parts SELECT g, 'p', g FROM generate_series(1, 99) g;
    CREATE TABLE parent (id int PRIMARY KEY, v text, n bigint);
    CREATE TABLE child (PRIMARY KEY (id)) INHERITS (parent);
    INSERT INTO parent SELECT g, 'parent', g FROM generate_series(1, 30) g;
    INSERT INTO child SELECT g, 'child', g FROM generate_series(1, 30) g;
});
for my $by_root (0, 1)
{
    my $prefix = "signals_parts${by_root}_$$";
    my $config = config_of($prefix, 'slot.name' => 'parts', 'incremental.snapshot.chunk.size' => 7, $by_root ? ('publish.via.partition.root' => 'true') : ());
    my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
    $relay->wait_streaming($node, 'parts');
    signal('execute-snapshot', '{"data-collections": ["public.parts", "public.parent"]}', 'parts');
    wait_for('the snapshot of partitions', sub { $relay->log =~ /incremental snapshot is delivered/ });
    is($relay->stop, 0, 'stops') or diag($relay->log);
    my ($low) = replay($prefix, $by_root ? 'parts' : 'parts_low');
    is(scalar(@$low), $by_root ? 99 : 49, 'partitions are read, their rows as the stream would have them') or diag($relay->log);
    ($low) = replay($prefix, 'parent');
    is(scalar(grep { /parent/ } @$low), 30, 'a parent is read without its children');
    $node->safe_psql('postgres', "SELECT pg_drop_replication_slot('parts')");
}

# ---- a blocking snapshot ----
signal('execute-snapshot', '{"data-collections": ["public.b"], "type": "blocking", "additional-conditions": [{"data-collection": "public.b", "filter": "SELECT * FROM b WHERE id BETWEEN 1 AND 7"}]}');
wait_for('the blocking snapshot', sub { $relay->log =~ /snapshot of 1 tables is delivered, 7 rows/ });
$node->safe_psql('postgres', "INSERT INTO b VALUES (-2, 'after', 1)");
$relay->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
($rows) = replay($prefix, 'b');
is(join(' ', map { (split /\|/)[0] } @$rows), '-2 -1 1 2 3 4 5 6 7', 'a blocking snapshot brings what its SELECT has, the stream goes on');
is($relay->stop, 0, 'stops');
$relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
unlike($relay->log, qr/snapshot of 1 tables/, 'a blocking snapshot is not taken again');
is($relay->stop, 0, 'stops');
drop_slot();

# ---- a mark that does not come back: of a removed row without replica identity nothing is known ----
$prefix = "signals_mark$$";
$node->safe_psql('postgres', "CREATE TABLE marks (id text, type text, data text); CALL make('c', 50)");
$config = config_of($prefix, 'table.include.list' => 'public.c', 'signal.data.collection' => 'public.marks',
    'incremental.snapshot.chunk.size' => 30, 'incremental.snapshot.watermarking.strategy' => 'insert_delete');
$relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
signal('execute-snapshot', '{"data-collections": ["public.c"]}');
wait_for('the snapshot without marks', sub { $relay->log =~ /incremental snapshot is delivered/ }, 180);
is(scalar(() = $relay->log =~ /write to table "public.marks" does not come back/g), 1, 'a mark that does not come back is told once');
is($relay->stop, 0, 'stops');
equals_table($prefix, 'c', 'without marks');
drop_slot();

# ---- read.only: nothing is written, also on an idle server ----
$prefix = "signals_ro$$";
$config = config_of($prefix, 'read.only' => 'true', 'table.include.list' => 'public.a');
$relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
signal('execute-snapshot', '{"data-collections": ["public.a"]}');
wait_for('the read-only snapshot', sub { $relay->log =~ /incremental snapshot is delivered/ }, 180);
is($relay->stop, 0, 'stops');
equals_table($prefix, 'a', 'read.only');
drop_slot();

done_testing();

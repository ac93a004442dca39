# Two relays at once where no slot is in use yet, and a blocking snapshot that cannot be taken.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('start_guards');
$node->safe_psql('postgres', q{CREATE TABLE t (id int PRIMARY KEY, v text); INSERT INTO t SELECT g, 'x' FROM generate_series(1, 100) g;
    CREATE TABLE secret (id int PRIMARY KEY)});

# ---- while a snapshot is read nobody uses the slot ----
my $config = relay_config($node, 'snapshot.mode' => 'initial', 'table.include.list' => 'public.t',
    'snapshot.select.statement.overrides' => 'public.t',
    'snapshot.select.statement.overrides.public.t' => q{SELECT * FROM t WHERE pg_sleep(0.1 + id * 0)::text = ''});
my $first = W2D::Relay->start('run', $config, '--sink', 'stdout');
wait_for('the first snapshot', sub { $node->safe_psql('postgres', q{SELECT 1 FROM pg_stat_activity WHERE wait_event = 'PgSleep'}) });
is($node->safe_psql('postgres', q{SELECT active FROM pg_replication_slots WHERE slot_name = 'relay'}), 'f', 'the slot is there, in nobody\'s use');
my $second = W2D::Relay->start('run', $config, '--sink', 'stdout');
wait_for('the second relay to see the first', sub { $second->log =~ /in use by another relay/ });
$first->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO t VALUES (101, 'streamed')});
wait_delivered($node, 'relay');
is(scalar(() = $first->out =~ /"op":"r"/g), 100, 'the first has read each row once');
is($second->out, '', 'the second nothing');
is($first->kill9, 256 + 9, 'the first is killed') or note($first->log);
$second->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
is(scalar(() = $second->out =~ /"op":"r"/g), 0, 'its successor streams, and reads nothing again');

# ---- a blocking snapshot that cannot be taken does not stop the stream ----
my $signal = sub {
    $node->safe_psql('postgres', qq{SELECT wal2debezium.signal('relay', 'execute-snapshot',
        '{"data-collections": ["public.t"], "type": "blocking", "additional-conditions": [{"data-collection": "public.t", "filter": "$_[0]"}]}')});
};
$signal->('SELECT * FRM t');
wait_for('a wrong SELECT to be given up', sub { $second->log =~ /blocking snapshot is given up, streaming goes on: .*syntax error/ });
$node->safe_psql('postgres', q{INSERT INTO t VALUES (102, 'after')});
wait_for('the stream', sub { $second->out =~ /"id":102,/ });
$signal->('SELECT * FROM t WHERE id < 4');
wait_for('a right one', sub { $second->log =~ /snapshot of 1 tables is delivered, 3 rows/ });
$second->wait_streaming($node, 'relay');
is(scalar(() = $second->out =~ /"op":"r"/g), 3, 'the next one is taken');
is($second->stop, 0, 'status 0');

done_testing();

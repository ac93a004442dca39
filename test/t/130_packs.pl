# Several transactions in one message while the plugin is far behind; each by itself when it is not. The records are the
# same, a stop in between repeats nothing, and nothing stays behind in the plugin, nor goes down with what cannot be decoded.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('packs');
$node->safe_psql('postgres', q{
    CREATE TABLE small (id int PRIMARY KEY, v text);
    CREATE PROCEDURE fill(first int, last int) LANGUAGE plpgsql AS $$
    BEGIN
        FOR i IN first..last LOOP
            INSERT INTO small VALUES (i, repeat('x', i % 50));
            IF i % 1000 = 0 THEN
                INSERT INTO small SELECT -(i * 1000) - g, repeat('y', 100) FROM generate_series(1, 900) g;
            END IF;
            COMMIT;
        END LOOP;
    END $$});
my $config = relay_config($node);
my $recvlogical = $node->config_data('--bindir') . '/pg_recvlogical';

# The bytes of a slot up to the end of the WAL, as the relay gets them.
sub received
{
    my ($slot, $options) = @_;
    my $out = $node->basedir . "/$slot.frames";
    $node->command_ok([ $recvlogical, '-d', $node->connstr('postgres'), '-S', $slot, '--start', '-f', $out, '--no-loop',
        '--endpos', wal_end($node), '-o', 'format=frames', '-o', 'config={"topic.prefix": "app"' . $options . '}' ],
        "slot $slot is read");
    open my $in, '<:raw', $out or die "could not open $out: $!\n";
    local $/;
    return scalar(<$in>);
}

# Headers of packs: 1 if something may be held back from there on.
sub packs
{
    my ($bytes) = @_;
    my @flags;
    push @flags, ord($1) while $bytes =~ /(?:\A|\n)P\x01([\x00\x01])\x00(?=....W\x01|\n|\z)/gs;
    return @flags;
}

sub ids
{
    my ($file) = @_;
    open my $in, '<', $file or return ();
    return map { /"after":\{"id":(-?\d+)/ ? $1 : () } <$in>;
}

# --- behind: 4,000 transactions wait

$node->safe_psql('postgres', "SELECT pg_create_logical_replication_slot(s, 'wal2debezium') FROM unnest('{alone,packed,relay}'::text[]) s");
$node->safe_psql('postgres', 'CALL fill(1, 4000)');
$node->safe_psql('postgres', 'SELECT pg_switch_wal()');
my $alone = received('alone', '');
my $packed = received('packed', ', "internal.packs": "true"');
is(scalar(packs($alone)), 0, 'no packs unless they are asked for');
my @packs = packs($packed);
cmp_ok(scalar(@packs), '>', 3, 'packs while far behind');
is($packs[0], 1, 'the first says that transactions may be held back');
is($packs[-1], 0, 'the last that none is');

my $out = $node->basedir . '/records.jsonl';
my ($status, undef, $log) = relay_run('run', $config, '--sink', "file:$out", '--endpos', 'now');
is($status, 0, 'the relay reads to the end') or note($log);
my @expected = map { my $i = $_; ($i, $i % 1000 ? () : map { -($i * 1000) - $_ } 1 .. 900) } 1 .. 4000;
is_deeply([ ids($out) ], \@expected, 'every record is there once, in order');

# --- stopped and started again in the middle, an answer to each status update on the way

$node->safe_psql('postgres', 'CALL fill(4001, 10000)');
$config = relay_config($node, 'status.update.interval.ms' => 10);
for (1 .. 4)
{
    my $relay = W2D::Relay->start('run', $config, '--sink', "file:$out");
    $relay->wait_streaming($node, 'relay');
    my $before = -s $out;
    wait_for('some records', sub { -s $out > $before || scalar(ids($out)) >= 10000 + 10 * 900 });
    is($relay->stop, 0, 'a stop in the middle: status 0') or note($relay->log);
}

# --- not behind any more: each transaction at once, whatever comes later

my $relay = W2D::Relay->start('run', $config, '--sink', "file:$out");
$relay->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
for my $id (10001 .. 10003)
{
    $node->safe_psql('postgres', "CALL fill($id, $id)");
    wait_for("record $id, though the server is idle", sub { (ids($out))[-1] == $id });
}
is($relay->stop, 0, 'status 0') or note($relay->log);
@expected = map { my $i = $_; ($i, $i % 1000 ? () : map { -($i * 1000) - $_ } 1 .. 900) } 1 .. 10003;
is_deeply([ ids($out) ], \@expected, 'and still every record once, in order');

# --- what cannot be decoded does not hold back what came before it

my $hopeless = 'a' x 40;
$node->safe_psql('postgres', "CREATE TABLE $hopeless (id int PRIMARY KEY)");
$node->safe_psql('postgres', 'CALL fill(10004, 12500)');
$node->safe_psql('postgres', "INSERT INTO $hopeless VALUES (1)");
$node->safe_psql('postgres', 'CALL fill(12501, 16000)');
$config = relay_config($node, 'transforms' => 'r', 'transforms.r.type' => 'org.apache.kafka.connect.transforms.RegexRouter',
    'transforms.r.regex' => 'app\\.public\\.(a+)+b', 'transforms.r.replacement' => 'x');
($status, undef, $log) = relay_run('run', $config, '--sink', "file:$out");
is($status, 1, 'a change that cannot be decoded: status 1') or note($log);
is((ids($out))[-1], 12500, 'but what is committed before it is delivered') or note($log);

done_testing();

# An airline's database of ten tables, loaded as a user would: its snapshot by four connections, every row and value compared
# by a consumer; then a day of changes, compared again.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $prefix = "airline$$";
my $folder = "$ENV{W2D_TOP}/test/kafka/airline";
my @tables = qw(aircrafts_data airports_data seats flights bookings tickets ticket_flights boarding_passes crew flight_crew);
my $node = new_server('airline', 'timezone' => 'Europe/Berlin');
$node->command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-v', 'bookings=' . ($ENV{BOOKINGS} // 8000), '-d', $node->connstr('postgres'),
    '-f', "$folder/load.sql"], 'the database is loaded');
my %reads = map { $_ => $node->safe_psql('postgres', "SELECT count(*) FROM bookings.$_") } @tables;

# What a consumer knows, against the tables; the snapshot's rows must be as many as there were, each once.
sub compare_all
{
    my ($name) = @_;
    my $rows = join ' UNION ALL ', map { "SELECT '$_', row_to_json(t)::text FROM bookings.$_ t" } @tables;
    my $file = PostgreSQL::Test::Utils::tempdir() . '/rows';
    $node->command_ok(['psql', '-X', '-q', '-A', '-t', '-F', "\t", '-o', $file, '-d', $node->connstr('postgres'), '-c', 'SET timezone = UTC', '-c', $rows],
        "$name: rows of the database");
    my $said = `$ENV{PYTHON} $ENV{W2D_TOP}/test/lib/airline_check.py $ENV{BOOTSTRAP_SERVERS} $prefix.bookings @{[map { "$_=$reads{$_}" } @tables]} < $file`;
    is($?, 0, "$name: every row and value of ten tables is in Kafka") or diag($said);
    is(scalar(() = $said =~ /^\w+: \d+ rows/mg), 10, "$name: ten tables were compared");
    note($said);
}

my $config = relay_config($node, 'topic.prefix' => $prefix, 'snapshot.mode' => 'initial', 'snapshot.max.threads' => 4,
    'schema.include.list' => 'bookings', 'decimal.handling.mode' => 'string', 'progress.topic' => "$prefix-progress");
my $relay = W2D::Relay->start('run', $config, '-b', kafka_servers());
wait_for('the snapshot to end', sub { $relay->log =~ /streaming from replication slot/ || defined $relay->status }, 300);
like($relay->log, qr/snapshot of 10 tables is delivered, \d+ rows/, 'the snapshot has ten tables') or diag($relay->log);
compare_all('snapshot');
$node->command_ok(['psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', "$folder/changes.sql"], 'a day of changes');
wait_delivered($node, 'relay');
compare_all('changes');
is($relay->stop, 0, 'the relay stops');

done_testing();

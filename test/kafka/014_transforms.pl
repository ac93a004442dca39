# Transforms as they are used: an outbox of protobuf payloads whose rows are deleted in their own transaction, and a
# sink that applies flattened records to a table. The relay is killed while both go on.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use W2D;

my $orders = 3000;
my $kafka = W2D::Kafka->start;
my $node = new_server('transforms');
my $lib = (split m{/test/}, __FILE__)[0] . '/test/lib';
$node->safe_psql('postgres', q{
    CREATE TABLE outbox (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), aggregatetype text NOT NULL,
                         aggregateid text NOT NULL, type text, payload bytea);
    ALTER TABLE outbox ALTER payload SET STORAGE EXTERNAL;
    CREATE TABLE customer (id int PRIMARY KEY, name text, city text, visits int NOT NULL DEFAULT 0);
});

my $config = relay_config($node,
    'table.include.list' => 'public.outbox,public.customer',
    'transforms' => 'outbox,flat',
    'predicates' => 'outbox',
    'predicates.outbox.type' => 'org.apache.kafka.connect.transforms.predicates.TopicNameMatches',
    'predicates.outbox.pattern' => 'app\.public\.outbox',
    'transforms.outbox.type' => 'io.debezium.transforms.outbox.EventRouter',
    'transforms.outbox.predicate' => 'outbox',
    'transforms.flat.type' => 'io.debezium.transforms.ExtractNewRecordState',
    'transforms.flat.delete.tombstone.handling.mode' => 'delete-to-tombstone',
    'heartbeat.interval.ms' => '1000',
    'key.converter.schemas.enable' => undef,
    'value.converter.schemas.enable' => undef,
    'key.converter' => 'io.debezium.converters.BinaryDataConverter',
    'key.converter.delegate.converter.type' => 'org.apache.kafka.connect.json.JsonConverter',
    'key.converter.delegate.converter.type.schemas.enable' => 'false',
    'value.converter' => 'io.debezium.converters.BinaryDataConverter',
    'value.converter.delegate.converter.type' => 'org.apache.kafka.connect.json.JsonConverter',
    'value.converter.delegate.converter.type.schemas.enable' => 'false');
my $relay;

sub relay_runs
{
    $relay = W2D::Relay->start('run', $config, '-b', $kafka->servers);
    $relay->wait_streaming($node, 'relay');
}

sub lines
{
    my (@command) = @_;
    open my $pipe, '-|', $ENV{PYTHON}, @command or die "python: $!\n";
    my @lines = <$pipe>;
    close $pipe or die "@command failed\n";
    return join '', @lines;
}

relay_runs();
my $file = PostgreSQL::Test::Utils::tempdir() . '/orders.sql';
append_to_file($file, lines("$lib/outbox_service.py", 'orders', $orders));
defined(my $service = fork) or die "fork: $!\n";
exec 'psql', '-X', '-q', '-d', $node->connstr('postgres'), '-f', $file if $service == 0;
my $finish = sql_in_background($node, q{
    DO $$ BEGIN
        FOR round IN 1 .. 40 LOOP
            INSERT INTO customer SELECT g, 'name ' || g || ' "é"', CASE WHEN g % 3 = 0 THEN 'Łódź' END
                FROM generate_series(1, 300) AS g ON CONFLICT (id) DO UPDATE SET visits = customer.visits + 1;
            UPDATE customer SET city = 'city ' || round WHERE id % 40 = round;
            DELETE FROM customer WHERE id % 13 = round % 13;
            UPDATE customer SET id = id + 1000 WHERE id = round;
            COMMIT;
        END LOOP;
    END $$});
for (1 .. 4) { sleep 0.4; $relay->kill9; relay_runs() }
waitpid $service, 0;
is($?, 0, 'the service has placed its orders');
$finish->();
wait_delivered($node, 'relay', 120);
is($relay->stop, 0, 'the relay stops') or note($relay->log);

my %report = lines("$lib/outbox_service.py", 'consume', $kafka->servers, 'outbox.event.order') =~ /(\w+)=(\d+)/g;
is($report{orders}, $orders - int($orders / 11), 'every order that was committed has arrived');
is($report{rolledback}, 0, 'none that was rolled back has');
is($report{wrong}, 0, 'payloads are what the service wrote, byte for byte');
is($report{late}, 0, 'orders of a customer come in order');

my $rows = $node->safe_psql('postgres', 'SELECT id, name, city, visits FROM customer ORDER BY id');
is(lines("$lib/upsert_sink.py", $kafka->servers, 'app.public.customer', qw(id name city visits)), "$rows\n",
   'the table that the sink built is the table');

done_testing();

# `check` finds what would stop or hurt a run, and names the fix.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('check');
$node->safe_psql('postgres', q{
    CREATE EXTENSION wal2debezium;
    CREATE TABLE fine (id int PRIMARY KEY);
    CREATE TABLE no_identity (v text);
    CREATE TABLE by_index (id int PRIMARY KEY, code int NOT NULL UNIQUE);
    ALTER TABLE by_index REPLICA IDENTITY USING INDEX by_index_code_key;
    CREATE ROLE plain LOGIN;
    CREATE ROLE replicating LOGIN REPLICATION;
});

sub checked
{
    my ($name, $properties, $expected, @lines) = @_;
    my ($status, $out, $log) = relay_run('check', relay_config($node, %$properties), '--sink', 'null');
    is($status, $expected, "$name: status $expected") or note("$out\n$log");
    like("$out\n$log", $_, "$name: $_") for @lines;
}

checked('table without identity', {}, 1, qr/FAIL.*no_identity/, qr/ALTER TABLE.*no_identity.*REPLICA IDENTITY/s);
checked('identity without the key', { 'table.include.list' => 'public.by_index' }, 0, qr/WARN.*by_index/, qr/ALTER TABLE.*by_index.*REPLICA IDENTITY FULL/s);
checked('a good configuration', { 'table.include.list' => 'public.fine' }, 0, qr/^OK /m);
checked('role without REPLICATION', { 'database.user' => 'plain', 'table.include.list' => 'public.fine' }, 1, qr/FAIL.*REPLICATION/, qr/ALTER ROLE/);
checked('unreachable server', { 'database.port' => '1' }, 1, qr/FAIL/);
checked('no such database', { 'database.dbname' => 'nowhere' }, 1, qr/FAIL.*nowhere/);

$node->safe_psql('postgres', q{SELECT pg_create_logical_replication_slot('taken', 'test_decoding')});
checked('slot of another plugin', { 'slot.name' => 'taken', 'table.include.list' => 'public.fine' }, 1, qr/FAIL.*taken.*test_decoding|FAIL.*test_decoding.*taken/);

# pg_hba
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
append_to_file($node->data_dir . '/pg_hba.conf', '');
open my $file, '>', $node->data_dir . '/pg_hba.conf';
print $file "local all replicating reject\n$hba";
close $file;
$node->reload;
checked('pg_hba', { 'database.user' => 'replicating', 'table.include.list' => 'public.fine' }, 1, qr/FAIL.*pg_hba/s);
open $file, '>', $node->data_dir . '/pg_hba.conf';
print $file $hba;
close $file;

# slots exhausted
$node->append_conf('postgresql.conf', 'max_replication_slots = 1');
$node->restart;
checked('slots exhausted', { 'table.include.list' => 'public.fine' }, 1, qr/FAIL.*max_replication_slots/s);
$node->safe_psql('postgres', q{SELECT pg_drop_replication_slot('taken')});

# wal_level
$node->append_conf('postgresql.conf', "wal_level = replica\n");
$node->restart;
checked('wal_level', { 'table.include.list' => 'public.fine' }, 1, qr/FAIL.*wal_level/, qr/wal_level\s*=\s*'?logical/);
$node->append_conf('postgresql.conf', "wal_level = logical\n");
$node->restart;

# the list of allowed plugins, where the server has one
if ($node->safe_psql('postgres', q{SELECT count(*) FROM pg_settings WHERE name = 'output_plugin_libraries'}) eq '1')
{
    $node->append_conf('postgresql.conf', "output_plugin_libraries = 'pgoutput, test_decoding'\n");
    $node->restart;
    checked('output_plugin_libraries', { 'table.include.list' => 'public.fine' }, 1, qr/FAIL.*output_plugin_libraries/, qr/wal2debezium/);
    my ($status, undef, $log) = relay_run('run', relay_config($node, 'table.include.list' => 'public.fine'), '--sink', 'null');
    is($status, 1, 'output_plugin_libraries: a run ends with status 1') or note($log);
    like($log, qr/"wal2debezium" may not be used as an output plugin.*output_plugin_libraries/, 'and says what to set');
}
else
{
    pass('this server has no output_plugin_libraries');
}

# Kafka unreachable
my ($status, $out, $log) = relay_run('check', relay_config($node, 'table.include.list' => 'public.fine'), '-b', '127.0.0.1:1');
is($status, 1, 'Kafka unreachable: status 1');
like("$out\n$log", qr/FAIL.*127\.0\.0\.1:1\b/, 'Kafka unreachable: the broker is named');

done_testing();

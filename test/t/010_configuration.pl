# A wrong configuration ends with status 2 and names the key and the fix; nothing is created.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('configuration');

sub refused
{
    my ($name, $properties, $text, @arguments) = @_;
    my ($status, $out, $log) = relay_run('run', relay_config($node, %$properties), '--sink', 'stdout', '--endpos', 'now', @arguments);
    is($status, 2, "$name: status 2") or note($log);
    like($log, $text, "$name: key and fix are named");
    is($out, '', "$name: nothing on stdout");
}

refused('unrecognized key', { 'topic.prefx' => 'x' }, qr/"topic\.prefx"/);
refused('value not allowed', { 'decimal.handling.mode' => 'exact' }, qr/"decimal\.handling\.mode".*(precise|"exact")/s);
refused('number out of range', { 'database.port' => '70000' }, qr/"database\.port"/);
refused('not built yet', { 'slot.stream.params' => 'a=b' }, qr/"slot\.stream\.params"/);
refused('two tasks', { 'tasks.max' => '2' }, qr/"tasks\.max"/);
refused('another connector', { 'connector.class' => 'io.debezium.connector.mysql.MySqlConnector' }, qr/"connector\.class"/);
refused('slot name', { 'slot.name' => 'No Good' }, qr/"slot\.name"/);
refused('prefix missing', { 'topic.prefix' => undef }, qr/topic\.prefix/);
refused('contradiction', { 'table.include.list' => 'a', 'table.exclude.list' => 'b' }, qr/table\.(in|ex)clude\.list/);
refused('--set', {}, qr/"max\.record\.bytes"/, '--set', 'max.record.bytes=1');

for my $bad ([ 'no such file', '/nonexistent/connector.json' ], [ 'unrecognized command-line option', '--frobnicate' ], [ 'unrecognized sink', '--sink=carrier-pigeon' ])
{
    my ($status, undef, $log) = relay_run('run', @$bad[1 .. $#$bad]);
    is($status, 2, "$bad->[0]: status 2");
    isnt($log, '', "$bad->[0]: says why");
}

my $broken = relay_config($node);
append_to_file($broken, '}}}');
my ($status, undef, $log) = relay_run('run', $broken, '--sink', 'stdout');
is($status, 2, 'broken JSON: status 2');
like($log, qr/connector\.json/, 'broken JSON: the file is named');

is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots'), '0', 'no slot was created');

# options without effect are named, and do not stop anything
($status, undef, $log) = relay_run('run', relay_config($node, 'max.batch.size' => '20480', 'plugin.name' => 'pgoutput'), '--sink', 'stdout', '--endpos', 'now');
is($status, 0, 'options without effect: runs') or note($log);
like($log, qr/max\.batch\.size/, 'options without effect are named');

done_testing();

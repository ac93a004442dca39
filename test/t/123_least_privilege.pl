# The role of docs/security.md, with exactly those grants: everything works, and nothing else is allowed.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('least');
$node->safe_psql('postgres', q{
    CREATE TABLE orders (id int PRIMARY KEY, v text);
    CREATE TABLE secrets (id int PRIMARY KEY, v text);
    CREATE SCHEMA sales;
    CREATE TABLE sales.items (id int PRIMARY KEY);
    INSERT INTO orders VALUES (1, 'a'), (2, 'b');
    INSERT INTO sales.items VALUES (1);
    INSERT INTO secrets VALUES (1, 'hidden');
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    REVOKE CONNECT, TEMPORARY ON DATABASE postgres FROM PUBLIC;
});

# the recipe as documented: the SQL block of docs/security.md
my $recipe = slurp_file("$ENV{W2D_TOP}/docs/security.md");
$recipe =~ /```sql\n(.*?)```/s or die 'docs/security.md has no recipe';
$recipe = $1;
for (['DATABASE shop', 'DATABASE postgres'], [q{'...'}, q{'pw'}])
{
    my ($from, $to) = @$_;
    $recipe =~ s/\Q$from\E/$to/g;
}
$node->safe_psql('postgres', $recipe);

my %as_role = ('database.user' => 'wal2kafka', 'table.include.list' => 'public.orders,sales.items');
my ($status, $out, $log) = relay_run('check', relay_config($node, %as_role, 'snapshot.mode' => 'initial'), '--sink', 'null');
is($status, 0, 'check: nothing is missing') or note("$out\n$log");
unlike($out, qr/FAIL/, 'check: no FAIL');

my $relay = W2D::Relay->start('run', relay_config($node, %as_role, 'snapshot.mode' => 'initial', 'slot.watch.interval.ms' => '200'), '--sink', 'stdout', '--log-level', 'debug');
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO orders VALUES (3, 'c'); UPDATE sales.items SET id = 2; INSERT INTO secrets VALUES (2, 'x')});
wait_delivered($node, 'relay');
my @records = grep { /"op":"[rcud]"/ } split /\n/, $relay->out;
is(scalar(grep { /"op":"r"/ } @records), 3, 'the snapshot reads its tables') or note($relay->log);
ok((grep { /"op":"c".*"id":3|"id":3.*"op":"c"/ } @records), 'changes come');
unlike($relay->out, qr/hidden/, 'and no table that is not listed');
unlike($relay->log, qr/permission denied/, 'nothing asks for more rights') or note($relay->log);
($status, $out, $log) = relay_run('status', relay_config($node, %as_role), '--sink', 'null', '--json');
is($status, 0, 'status works') or note($log);
is($relay->stop, 0, 'it stops');
($status, $out, $log) = relay_run('peek', relay_config($node, %as_role), '--sink', 'stdout');
is($status, 0, 'peek works') or note($log);

# one grant less, one feature less
sub sql_as_role { my ($sql) = @_; my (undef, undef, $err) = $node->psql('postgres', $sql, extra_params => ['-U', 'wal2kafka']); return $err }
like(sql_as_role('SELECT * FROM public.secrets'), qr/permission denied/, 'tables without a grant are closed');
like(sql_as_role(q{INSERT INTO public.orders VALUES (9, 'z')}), qr/permission denied/, 'nothing can be written');
like(sql_as_role('CREATE TABLE public.x ()'), qr/permission denied/, 'nothing can be made');
like(sql_as_role('SELECT pg_read_file(\'postgresql.conf\')'), qr/permission denied/, 'no files of the server');
for my $lack (
    ['ALTER ROLE wal2kafka NOREPLICATION', 'ALTER ROLE wal2kafka REPLICATION', 'REPLICATION'],
    ['REVOKE SELECT ON public.orders FROM wal2kafka', 'GRANT SELECT ON public.orders TO wal2kafka', 'SELECT'],
    ['REVOKE CONNECT ON DATABASE postgres FROM wal2kafka', 'GRANT CONNECT ON DATABASE postgres TO wal2kafka', 'CONNECT'])
{
    my ($take, $give, $name) = @$lack;
    $node->safe_psql('postgres', $take);
    ($status, $out, $log) = relay_run('run', relay_config($node, %as_role, 'snapshot.mode' => 'initial', 'slot.name' => 'lacking'), '--sink', 'stdout', '--endpos', 'now');
    isnt($status, 0, "without $name the run is refused");
    like($log, qr/permission denied|REPLICATION|replication|SELECT|may not|cannot/i, "without $name: it says so") or note($log);
    is($node->safe_psql('postgres', q{SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'lacking'}), '0', "without $name: no slot is left");
    $node->safe_psql('postgres', $give);
}
done_testing();

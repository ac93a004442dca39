# The relay's memory does not depend on the size of a transaction.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('big');
$node->safe_psql('postgres', 'CREATE TABLE t (id int PRIMARY KEY, v text)');
my $relay = W2D::Relay->start('run', relay_config($node), '-b', kafka_servers());
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO t SELECT g, 'row number ' || g FROM generate_series(1, 1000000) g}, timeout => 300);
wait_delivered($node, 'relay', 300);
my $peak = $relay->peak_memory;
is($relay->stop, 0, 'stops') or note($relay->log);
cmp_ok($peak, '<', 96 * 1024, "1,000,000 rows in one transaction: peak memory of $peak kB stays below 96 MB");
my $count = `kcat -C -q -b @{[ kafka_servers() ]} -t app.public.t -e -f '%k\\n' | sort -u | wc -l`;
is($count + 0, 1000000, 'every row has its record');

done_testing();

# Exactly once, the plugin is replaced by another version while a huge transaction is delivered in part: that version may
# make other records, so the relay refuses to go on in the middle.  With the old one back the rest follows, once; after
# that the new one goes on.
use strict;
use warnings;
use File::Temp qw(tempdir);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $rows = 1000000;
my $prefix = "upgrade-$$";
my $node = new_server('upgrade');

# The plugin as it is, but for the version that it tells: only the file that has it is compiled again.
my $new = tempdir(CLEANUP => 1);
chmod 0755, $new;
system("cp -a $ENV{W2D_TOP}/plugin $new/ && rm -f $new/plugin/frame_batch.o $new/plugin/wal2debezium.so && "
      . "make -s -C $new/plugin PG_CPPFLAGS='-DWAL2DEBEZIUM_VERSION=\\\"9.9\\\" '\"\$(pkg-config --cflags libpcre2-8)\" >$new/log 2>&1") == 0
  or die "could not build the plugin: " . slurp_file("$new/log");

sub use_plugin
{
    my ($path) = @_;
    $node->safe_psql('postgres', "ALTER SYSTEM SET dynamic_library_path = '$path'");
    $node->reload;
    wait_for('the setting', sub { $node->safe_psql('postgres', 'SHOW dynamic_library_path') eq $path });
}

sub start
{
    my $config = relay_config($node, 'topic.prefix' => $prefix, 'progress.topic' => "$prefix-progress", 'exactly.once.support' => 'required',
        'producer.override.transaction.timeout.ms' => '1000');
    return W2D::Relay->start('run', $config, '-b', kafka_servers());
}
sub delivered { return W2D::committed_end(kafka_servers(), "$prefix.public.huge") }

my $relay = start();
$relay->wait_streaming($node, 'relay');
is($relay->stop, 0, 'stops') or note($relay->log);
$node->safe_psql('postgres', 'CREATE TABLE huge (id int PRIMARY KEY, n int, filler text)');
$node->safe_psql('postgres', "INSERT INTO huge SELECT g, 1, repeat('x', 300) FROM generate_series(1, $rows) g", timeout => 600);
my $watch = W2D::committed_report(kafka_servers(), "$prefix.public.huge");
$relay = start();
wait_for('the first part', sub { delivered() > 0 });
$relay->kill9;

use_plugin("$new/plugin:\$libdir");
$relay = start();
is($relay->wait_end(300), 3, 'another version in the middle of a transaction: status 3') or note($relay->log);
like($relay->log, qr/[1-9]\d* records of the transaction that commits at \S+ are delivered, under other options or by another version of the plugin/, 'says why');
like($relay->log, qr/Run with those until the transaction is delivered; or once with exactly\.once\.support=requested/, 'and what to do');
my $part = delivered();
cmp_ok($part, '<', $rows, "a part of the transaction is committed ($part), and no more");

use_plugin('$libdir');
$relay = start();
wait_delivered($node, 'relay', 300);
is($relay->stop, 0, 'the old version delivers the rest') or note($relay->log);

use_plugin("$new/plugin:\$libdir");
$relay = start();
$node->safe_psql('postgres', "INSERT INTO huge VALUES ($rows + 1, 1)");
wait_delivered($node, 'relay');
is($relay->stop, 0, 'then the new version goes on') or note($relay->log);
my $report = $watch->();
is("$report->{records} $report->{gaps} $report->{repeated}", $rows + 1 . ' 0 0', 'all is there, once');

done_testing();

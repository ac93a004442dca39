# SIGTERM delivers and confirms everything read; the next start repeats nothing and leaves nothing out.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(time);
use W2D;

my $node = new_server('restart');
counter_table($node, 'c', 50);
my $out = $node->basedir . '/records.jsonl';
my $config = relay_config($node);

sub rows
{
    open my $in, '<', $out or return [];
    return [ map { /"after":\{"id":(\d+),"n":(\d+)/ ? "$1:$2" : () } <$in> ];
}

my $relay = W2D::Relay->start('run', $config, '--sink', "file:$out");
$relay->wait_streaming($node, 'relay');
counter_rounds($node, 'c', 4, 10);
wait_delivered($node, 'relay');
my $started = time;
is($relay->stop, 0, 'SIGTERM: status 0') or note($relay->log);
cmp_ok(time - $started, '<', 5, 'SIGTERM: within seconds');
is(scalar @{ rows() }, 200, 'all changes so far are there');

counter_rounds($node, 'c', 2, 10);
$relay = W2D::Relay->start('run', $config, '--sink', "file:$out");
$relay->wait_streaming($node, 'relay');
wait_delivered($node, 'relay');
is($relay->stop, 0, 'second stop: status 0');

# in mid stream: stopped again and again while changes come
my $finish = sql_in_background($node, "CALL c_rounds(300, 5)");
for (1 .. 5)
{
    $relay = W2D::Relay->start('run', $config, '--sink', "file:$out");
    $relay->wait_streaming($node, 'relay');
    Time::HiRes::sleep(0.15);
    is($relay->stop, 0, 'a stop in mid stream: status 0') or note($relay->log);
}
$finish->();
my ($status, undef, $log) = relay_run('run', $config, '--sink', "file:$out", '--endpos', 'now');
is($status, 0, '--endpos now: status 0') or note($log);

my $rows = rows();
my (%seen, $order);
for (@$rows)
{
    my ($id, $n) = split /:/;
    $order++ if $n != ($seen{$id} // 0) + 1;
    $seen{$id} = $n;
}
is(scalar @$rows, 50 * 306, 'every change is there once');
is($order // 0, 0, 'in the order of each key');

# a second signal leaves at once, whatever the first one waits for
$relay = W2D::Relay->start('run', $config, '--sink', "file:$out");
$relay->wait_streaming($node, 'relay');
$relay->signal('TERM');
$relay->signal('TERM');
isnt($relay->wait_end(5), undef, 'a second signal ends it');

done_testing();

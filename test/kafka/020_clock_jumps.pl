# A wall clock that is set forward and back in mid stream (clock_shim.c), for the relays alone: nothing is lost, exactly
# once nothing repeated, nothing hangs, nobody spins.
use strict;
use warnings;
use File::Temp qw(tempdir);
use POSIX ();
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Time::HiRes qw(sleep);
use Time::Local qw(timegm);
use W2D;
use W2DFaults;

my $dir = tempdir(CLEANUP => 1);
system("cc -std=gnu11 -O2 -D_GNU_SOURCE -shared -fPIC -o $dir/shim.so $ENV{W2D_TOP}/test/lib/clock_shim.c -ldl") == 0 or die "could not build clock_shim.c\n";

sub set_clock
{
    my ($seconds) = @_;
    open my $out, '+>', "$dir/new" or die "$dir: $!\n";
    print $out pack('q', $seconds * 1000000);
    close $out;
    # the file is mapped: its bytes change, not its name
    system("dd if=$dir/new of=$dir/clock conv=notrunc status=none") == 0 or die "could not set the clock\n";
}

# Seconds of processor time that a relay has used.
sub processor_seconds
{
    my ($relay) = @_;
    open my $in, '<', "/proc/$relay->{pid}/stat" or die "stat: $!\n";
    my ($rest) = <$in> =~ /\) (.*)/;
    my @fields = split / /, $rest;
    return ($fields[11] + $fields[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}

my $node = new_server('clock');
my $pair = W2DFaults->new($node, 'counted', servers => kafka_servers());
set_clock(0);
{
    local $ENV{LD_PRELOAD} = "$dir/shim.so";
    local $ENV{W2D_CLOCK} = "$dir/clock";
    $pair->start;
}
$pair->write;
$pair->wait_all;

# While changes flow; brokers refuse records of more than an hour ahead (message.timestamp.after.max.ms).
for my $jump (3000, -600, -3600, -90000, 3000, 0)
{
    my $writer = sql_in_background($node, 'CALL counted_rounds(20, 10)');
    sleep 0.3;
    set_clock($jump);
    $writer->();
    $pair->wait_all;
    pass("the clock at $jump s, in mid stream: all is delivered");
}

# While nothing flows, so that everybody sleeps; then a change must wake them.
for my $jump (3000, -3600)
{
    sleep 2;
    set_clock($jump);
    sleep 2;
    my %before = map { $_ => processor_seconds($pair->relay($_)) } $pair->modes;
    sleep 4;
    cmp_ok(processor_seconds($pair->relay($_)) - $before{$_}, '<', 2, "the clock at $jump s, idle, $_: nobody spins") for $pair->modes;
    $pair->write(1);
    $pair->wait_all;
}
$pair->complete('a clock that jumps');
is($pair->relay($_)->log =~ /ERROR|WARN/ ? $pair->relay($_)->log : '', '', "a clock that jumps, $_: nothing to complain of") for $pair->modes;
$pair->stop;
for my $mode ($pair->modes)
{
    my ($stamp) = $pair->relay($mode)->log =~ /(\d+-\d+-\d+T\d+:\d+:\d+)\.\d+Z [^\n]*\n\z/;
    my ($year, $month, $day, $hour, $minute, $second) = split /\D/, $stamp;
    my $behind = time - timegm($second, $minute, $hour, $day, $month - 1, $year);
    ok($behind > 3300 && $behind < 3900, "$mode: its clock was set ($behind s behind at the end)");
}

done_testing();

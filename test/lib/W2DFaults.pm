# What the tests of faults share: two relays, one for each promise, that read the same table, and what must come of it.
package W2DFaults;

use strict;
use warnings;
use Exporter 'import';
use Test::More;
use W2D;

our @EXPORT = qw(kafka_admin);

my @modes = ('at least once', 'exactly once');

# Runs Python with an AdminClient a and all of confluent_kafka.admin; dies if that fails.
sub kafka_admin
{
    my ($servers, $code) = @_;
    my $said = `$ENV{PYTHON} -c '
from confluent_kafka.admin import *
a = AdminClient({"bootstrap.servers": "$servers"})
$code'`;
    die "kafka: $code\n" if $?;
    return $said;
}

# Two relays, not started. options: servers (of the relays), direct (of the tests, if others), config (a hash of
# properties), once (more of them for exactly once).
sub new
{
    my ($class, $node, $name, %options) = @_;
    my $self = bless { node => $node, name => $name, direct => $options{servers}, config => {}, once => {}, %options }, $class;
    counter_table($node, $name, 100);
    for my $mode (@modes)
    {
        my $short = $mode eq $modes[0] ? 'alo' : 'eo';
        $self->{slots}{$mode} = "${name}_$short";
        $self->{prefixes}{$mode} = "$name-$short-$$";
    }
    return $self;
}

sub modes { return @modes }
sub prefix { my ($self, $mode) = @_; return $self->{prefixes}{$mode} }
sub topic { my ($self, $mode) = @_; return "$self->{prefixes}{$mode}.public.$self->{name}" }
sub progress { my ($self, $mode) = @_; return "$self->{prefixes}{$mode}-progress" }
sub slot { my ($self, $mode) = @_; return $self->{slots}{$mode} }
sub relay { my ($self, $mode) = @_; return $self->{relays}{$mode} }

sub arguments
{
    my ($self, $mode, @options) = @_;
    my $config = relay_config($self->{node},
        'topic.prefix' => $self->prefix($mode),
        'slot.name' => $self->slot($mode),
        'progress.topic' => $self->progress($mode),
        'table.include.list' => "public\\.$self->{name}",
        %{ $self->{config} },
        $mode eq $modes[1] ? ('exactly.once.support' => 'required', %{ $self->{once} }) : ());
    return ('run', $config, '-b', $self->{servers}, @options);
}

# Starts those that do not run.
sub launch
{
    my ($self, @options) = @_;
    for my $mode (@modes)
    {
        next if $self->{relays}{$mode} && !defined $self->{relays}{$mode}->status;
        $self->{relays}{$mode} = W2D::Relay->start($self->arguments($mode, @options));
        $self->{listened}{$mode} = 0;
    }
}

# The same, and waits until they stream.
sub start
{
    my ($self, @options) = @_;
    $self->launch(@options);
    for my $mode (@modes)
    {
        my $relay = $self->{relays}{$mode};
        eval { $relay->wait_streaming($self->{node}, $self->slot($mode)); 1 } or die "$mode: $@" . $relay->log;
    }
}

# Changes every key of the table so many times, in transactions of ten.
sub write
{
    my ($self, $rounds) = @_;
    counter_rounds($self->{node}, $self->{name}, $rounds // 3, 10);
}

# All that is written is delivered; says what was in the logs otherwise.
sub wait_all
{
    my ($self, $seconds) = @_;
    for my $mode (@modes)
    {
        next if eval { wait_delivered($self->{node}, $self->slot($mode), $seconds // 120) };
        my $why = $@;
        die "$mode: $why" . $self->{relays}{$mode}->log;
    }
}

# Both have ended, or one of them: with that status, and words for it in the log.
sub ended
{
    my ($self, $what, $status, @patterns) = @_;
    $self->one_ended($_, $what, $status, @patterns) for @modes;
}

sub one_ended
{
    my ($self, $mode, $what, $status, @patterns) = @_;
    {
        my $relay = $self->{relays}{$mode};
        is($relay->wait_end(90), $status, "$what, $mode: status $status") or note($relay->log);
        my ($last) = $relay->log =~ /([^\n]*\n)\z/;
        like($last, $_, "$what, $mode: says it in the last line") for map { ref $_ eq 'CODE' ? $_->($self, $mode) : $_ } @patterns;
    }
}

# Starts one of them with an option, which the other does not need, until it streams.
sub accept_only
{
    my ($self, $mode, @options) = @_;
    my $relay = $self->{relays}{$mode} = W2D::Relay->start($self->arguments($mode, @options));
    eval { $relay->wait_streaming($self->{node}, $self->slot($mode)); 1 } or die "$mode: $@" . $relay->log;
}

# The last n of each key in the topic: "1=7 2=7 ...".
sub replayed
{
    my ($self, $mode) = @_;
    my $topic = $self->topic($mode);
    my @rows = grep { !/^#/ } split /\n/, `$ENV{PYTHON} $ENV{W2D_TOP}/test/lib/replay_topic.py $self->{direct} $topic id n`;
    die "could not read topic $topic\n" if $?;
    return join ' ', map { s/\|/=/r } @rows;
}

# From here on: what heard() gives.
sub listen { my ($self) = @_; $self->{listened}{$_} = length $self->{relays}{$_}->log for @modes }
sub heard { my ($self, $mode) = @_; return substr($self->{relays}{$mode}->log, $self->{listened}{$mode} // 0) }

# Both have gone on by themselves; what they have said since listen().
sub went_on
{
    my ($self, $what, $pattern) = @_;
    for my $mode (@modes)
    {
        is($self->{relays}{$mode}->status, undef, "$what, $mode: goes on") or note($self->{relays}{$mode}->log);
        like($self->heard($mode), $pattern, "$what, $mode: says why") if $pattern;
    }
}

sub stop
{
    my ($self) = @_;
    is($self->{relays}{$_}->stop, 0, "stops, $_") or note($self->{relays}{$_}->log) for @modes;
}

# Everything is there and in order; exactly once, once. --cut: but for what a deleted topic took with it.
sub complete
{
    my ($self, $what, @options) = @_;
    my $last = $self->{node}->safe_psql('postgres', "SELECT count(*) || ' ' || min(n) || ' ' || max(n) FROM $self->{name}");
    for my $mode (@modes)
    {
        my $report = topic_report($self->{direct}, $self->topic($mode), @options);
        note("$what, $mode: ", join(' ', map { "$_=$report->{$_}" } sort keys %$report));
        is("$report->{keys} $report->{lowest} $report->{highest}", $last, "$what, $mode: all is there");
        is($report->{gaps}, 0, "$what, $mode: nothing is left out");
        is($report->{repeated}, 0, "$what, $mode: nothing is repeated") if $mode eq $modes[1];
    }
}

1;

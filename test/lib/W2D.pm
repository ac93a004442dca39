# What the Perl tests share: a server with the plugin, the relay as a process, a broker that may be killed.
package W2D;

use strict;
use warnings;
use Carp;
use Exporter 'import';
use File::Temp qw(tempdir);
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(new_server wait_for relay_config relay_run wal_end wait_delivered counter_table counter_rounds topic_report
  kafka_servers sql_in_background);

my $top = $ENV{W2D_TOP} // die "W2D_TOP is not set: run the tests by make tap\n";
my $relay = "$top/relay/wal2kafka";

# A test that hangs says where, and fails; W2D_TEST_LIMIT=0: it may take as long as it likes.
my $limit = $ENV{W2D_TEST_LIMIT} // 900;
$SIG{ALRM} = sub { alarm 60; die Carp::longmess("the test has not ended after $limit s") };
alarm $limit;

# A running server; settings as name => value.
sub new_server
{
    my ($name, %settings) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);
    $node->init(allows_streaming => 'logical');
    $node->append_conf('postgresql.conf', join('', map { "$_ = '$settings{$_}'\n" } sort keys %settings));
    $node->start;
    return $node;
}

# Waits until the code returns true; the test dies otherwise.
sub wait_for
{
    my ($what, $code, $seconds) = @_;
    my $end = time + ($seconds // 60);
    until ($code->())
    {
        die "timed out waiting for $what\n" if time > $end;
        sleep 0.05;
    }
    return 1;
}

sub kafka_servers { return $ENV{BOOTSTRAP_SERVERS} || die "BOOTSTRAP_SERVERS is not set\n" }

# connector.json for a server; more properties win, undef removes one.
sub relay_config
{
    my ($node, %more) = @_;
    my %config = (
        'connector.class' => 'io.debezium.connector.postgresql.PostgresConnector',
        'database.hostname' => $node->host,
        'database.port' => $node->port,
        'database.user' => scalar getpwuid($<),
        'database.dbname' => 'postgres',
        'topic.prefix' => 'app',
        'slot.name' => 'relay',
        'snapshot.mode' => 'no_data',
        'key.converter.schemas.enable' => 'false',
        'value.converter.schemas.enable' => 'false',
        'status.update.interval.ms' => '200',
        'slot.retry.delay.ms' => '300',
        %more);
    delete $config{$_} for grep { !defined $config{$_} } keys %config;
    my $path = tempdir(CLEANUP => 1) . '/connector.json';
    open my $out, '>', $path or die "$path: $!\n";
    print $out '{', join(', ', map { my $v = $config{$_}; $v =~ s/(["\\])/\\$1/g; qq("$_": "$v") } sort keys %config), "}\n";
    close $out;
    return $path;
}

# Runs the relay to its end: status, stdout, stderr.
sub relay_run
{
    my @arguments = @_;
    my $process = W2D::Relay->start(@arguments);
    my $status = $process->wait_end(60);
    return ($status, $process->out, $process->log);
}

sub wal_end { return $_[0]->safe_psql('postgres', 'SELECT pg_current_wal_insert_lsn()') }

# Everything written so far is confirmed.
sub wait_delivered
{
    my ($node, $slot, $seconds) = @_;
    my $target = wal_end($node);
    wait_for("confirmation of $target",
        sub { $node->safe_psql('postgres', "SELECT confirmed_flush_lsn >= '$target' FROM pg_replication_slots WHERE slot_name = '$slot'") eq 't' },
        $seconds // 120);
}

# A table whose every change shows its place: column n of a key goes 1, 2, 3, ... without gaps.
sub counter_table
{
    my ($node, $name, $keys) = @_;
    $node->safe_psql('postgres', qq{
        CREATE TABLE $name (id int PRIMARY KEY, n int NOT NULL);
        CREATE PROCEDURE ${name}_rounds(rounds int, size int) LANGUAGE plpgsql AS \$\$
        BEGIN
            FOR i IN 1..rounds LOOP
                FOR part IN 0..($keys - 1) / size LOOP
                    INSERT INTO $name SELECT g, 1 FROM generate_series(part * size + 1, least((part + 1) * size, $keys)) g
                    ON CONFLICT (id) DO UPDATE SET n = $name.n + 1;
                    COMMIT;
                END LOOP;
            END LOOP;
        END \$\$});
}

# Changes every key that many times, in transactions of that many rows.
sub counter_rounds
{
    my ($node, $name, $rounds, $size) = @_;
    $node->safe_psql('postgres', "CALL ${name}_rounds($rounds, $size)", timeout => 600);
}

# Runs SQL in a session of its own while the test goes on; the code that is returned waits for its end.
sub sql_in_background
{
    my ($node, $sql) = @_;
    defined(my $pid = fork) or die "fork: $!\n";
    if ($pid == 0)
    {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>', '/dev/null';
        exec 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=0', '-d', $node->connstr('postgres'), '-c', $sql or POSIX::_exit(127);
    }
    return sub { waitpid $pid, 0 };
}

# What can be read, committed, of a topic of a counter table: records, keys, gaps, repeated, and the lowest and highest
# last n. With --cut a topic may begin anywhere.
sub topic_report
{
    my ($servers, $topic, @options) = @_;
    my $text = `$ENV{PYTHON} $top/test/lib/topic_report.py $servers $topic @options`;
    die "could not read topic $topic: $text\n" if $?;
    return { $text =~ /(\w+)=(-?\d+)/g };
}

# Processes that a test which dies must not wait for.
my @watchers;
END { local $?; kill 'KILL', @watchers }

# Watches what can be read of a topic of one partition, committed, while it grows; the code that is returned ends that
# and says what was seen (exactly_once_report.py).
sub committed_report
{
    my ($servers, $topic) = @_;
    pipe(my $our_end, my $its_end) or die "pipe: $!\n";
    defined(my $pid = open(my $said, '-|')) or die "fork: $!\n";
    if ($pid == 0)
    {
        close $its_end;
        open STDIN, '<&', $our_end;
        exec $ENV{PYTHON}, "$top/test/lib/exactly_once_report.py", $servers, $topic or POSIX::_exit(127);
    }
    close $our_end;
    push @watchers, $pid;
    return sub {
        close $its_end;
        @watchers = grep { $_ != $pid } @watchers;
        local $/;
        my $text = <$said> // '';
        close $said or die "could not read topic $topic: $text\n";
        return { $text =~ /(\w+)=(-?\d+)/g };
    };
}

# Up to where a topic's first partition can be read, committed; 0 if there is none.
sub committed_end
{
    my ($servers, $topic) = @_;
    my $code = 'import sys, confluent_kafka as k; c = k.Consumer({"bootstrap.servers": sys.argv[1], "group.id": "end", '
      . '"isolation.level": "read_committed"}); t = c.list_topics(sys.argv[2], timeout=20).topics[sys.argv[2]]; '
      . 'print(c.get_watermark_offsets(k.TopicPartition(sys.argv[2], 0), timeout=20)[1] if t.partitions else 0)';
    my $text = `$ENV{PYTHON} -c '$code' $servers $topic`;
    die "could not ask for topic $topic\n" if $?;
    return $text + 0;
}

package W2D::Relay;

use strict;
use warnings;
use File::Temp qw(tempdir);
use Time::HiRes qw(sleep time);
use POSIX qw(:sys_wait_h);

# Starts the relay in the background; arguments as on its command line.
sub start
{
    my ($class, @arguments) = @_;
    my $dir = tempdir(CLEANUP => 1);
    my $self = bless { dir => $dir }, $class;
    $self->launch(@arguments);
    return $self;
}

sub launch
{
    my ($self, @arguments) = @_;
    defined(my $pid = fork) or die "fork: $!\n";
    if ($pid == 0)
    {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', "$self->{dir}/out";
        open STDERR, '>>', "$self->{dir}/log";
        exec $relay, @arguments or POSIX::_exit(127);
    }
    $self->{pid} = $pid;
    $self->{status} = undef;
}

sub slurp
{
    my ($self, $name) = @_;
    open my $in, '<:encoding(UTF-8)', "$self->{dir}/$name" or return '';
    local $/;
    return scalar(<$in>) // '';
}

sub out { return $_[0]->slurp('out') }
sub log { return $_[0]->slurp('log') }

# Its exit status, or 256 + signal; undef while it runs.
sub status
{
    my ($self) = @_;
    if (!defined $self->{status} && waitpid($self->{pid}, WNOHANG) == $self->{pid})
    {
        $self->{status} = $? & 127 ? 256 + ($? & 127) : $? >> 8;
    }
    return $self->{status};
}

sub wait_end
{
    my ($self, $seconds) = @_;
    my $end = time + ($seconds // 30);
    while (!defined $self->status)
    {
        if (time > $end)
        {
            kill 'KILL', $self->{pid};
            die "the relay did not end:\n" . $self->log;
        }
        sleep 0.02;
    }
    return $self->{status};
}

sub signal { my ($self, $name) = @_; kill $name, $self->{pid} }
sub stop { my ($self, $seconds) = @_; $self->signal('TERM'); return $self->wait_end($seconds) }
sub kill9 { my ($self) = @_; $self->signal('KILL'); return $self->wait_end }

# Peak resident memory in kB, while it runs.
sub peak_memory
{
    my ($self) = @_;
    open my $in, '<', "/proc/$self->{pid}/status" or return;
    my ($kb) = map { /^VmHWM:\s+(\d+)/ ? $1 : () } <$in>;
    return $kb;
}

# Waits until its walsender streams.
sub wait_streaming
{
    my ($self, $node, $slot) = @_;
    W2D::wait_for('the relay to stream', sub {
        die 'the relay ended with status ' . $self->status . ":\n" . $self->log if defined $self->status;
        $node->safe_psql('postgres', "SELECT count(*) FROM pg_stat_replication r JOIN pg_replication_slots s ON s.active_pid = r.pid "
            . "WHERE s.slot_name = '$slot' AND r.state = 'streaming'") eq '1';
    });
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $!);
    return if !$self->{pid} || defined $self->status;
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}

package W2D::Kafka;

use strict;
use warnings;
use File::Temp qw(tempdir);

# A broker of one's own, to be killed; settings as name => value.
sub start
{
    my ($class, %settings) = @_;
    my $self = bless { dir => tempdir(CLEANUP => 1) }, $class;
    local $ENV{W2D_KAFKA_SETTINGS} = join "\n", map { "$_=$settings{$_}" } sort keys %settings;
    $self->again;
    return $self;
}

sub pid
{
    my ($self) = @_;
    open my $in, '<', "$self->{dir}/pid" or return;
    return <$in> + 0;
}

# Has it ended by itself?
sub ended { my ($self) = @_; return !defined $self->pid || !kill(0, $self->pid) }

# A setting as it stands in server.properties: the last one wins.
sub setting
{
    my ($self, $name) = @_;
    open my $in, '<', "$self->{dir}/server.properties" or die "server.properties: $!\n";
    my @values = map { /^\Q$name\E=(.*)/ ? $1 : () } <$in>;
    return $values[-1];
}

# Gives a user rights or takes them away (kafka_acls.py).
sub acl
{
    my ($self, @arguments) = @_;
    system($ENV{PYTHON}, "$top/test/lib/kafka_acls.py", $self->servers, @arguments) == 0 or die "kafka_acls @arguments failed\n";
}

sub run
{
    my ($self, $action) = @_;
    my $said = `$top/test/tools/kafka $action $self->{dir}`;
    die "kafka $action failed\n" if $?;
    chomp $said;
    return $said;
}

sub again { my ($self) = @_; return $self->{servers} = $self->run('start') }
sub servers { return $_[0]{servers} }
sub stop { $_[0]->run('stop') }
sub kill9 { $_[0]->run('kill') }
sub DESTROY { my ($self) = @_; local ($?, $!, $@); eval { $self->run('kill') } }

package W2D::Proxy;

use strict;
use warnings;
use IPC::Open2;

# The network before a port of this machine (proxy_server.py).
sub start
{
    my ($class, $upstream) = @_;
    my $self = bless {}, $class;
    $self->{pid} = open2($self->{from}, $self->{to}, $ENV{PYTHON}, "$top/test/lib/proxy_server.py", $upstream);
    $self->{port} = readline($self->{from}) + 0;
    return $self;
}

sub port { return $_[0]{port} }

# cut, freeze, thaw, orphan, slow, lead_to: see there.
sub act
{
    my ($self, @words) = @_;
    print { $self->{to} } "@words\n";
    $self->{to}->flush;
    my $answer = readline($self->{from}) // '';
    die "the proxy did not \"@words\"\n" if $answer ne "done\n";
}

sub DESTROY
{
    my ($self) = @_;
    local ($?, $!);
    return if !$self->{pid};
    close $self->{to};
    kill 'KILL', $self->{pid};
    waitpid $self->{pid}, 0;
}

1;

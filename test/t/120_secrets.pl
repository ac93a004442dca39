# Secrets stand in the environment, in files or in the configuration, and show up nowhere else.
use strict;
use warnings;
use IO::Socket::INET;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('secrets');
my %secrets = (
    password => 'Pw-of-the-role-7',
    sasl => 'Sasl-secret-8',
    key => 'Key-password-9',
    salt => 'Salt-of-the-hash-3',
    conninfo => 'Conninfo-password-5',
    variable => 'From-environment-6');
my $any = join '|', map { quotemeta } values %secrets;

$node->safe_psql('postgres', qq{
    CREATE EXTENSION wal2debezium;
    CREATE ROLE reader LOGIN REPLICATION PASSWORD '$secrets{password}';
    CREATE TABLE t (id int PRIMARY KEY, v text);
    GRANT SELECT ON t TO reader;
});
my $hba = slurp_file($node->data_dir . '/pg_hba.conf');
open my $file, '>', $node->data_dir . '/pg_hba.conf' or die;
print $file "local all reader scram-sha-256\nlocal replication reader scram-sha-256\n$hba";
close $file;
$node->reload;

my $dir = PostgreSQL::Test::Utils::tempdir();
open $file, '>', "$dir/secrets.properties" or die;
print $file "db.password=$secrets{password}\nsasl=$secrets{sasl}\n";
close $file;
mkdir "$dir/secrets" or die;
open $file, '>', "$dir/secrets/key" or die;
print $file $secrets{key};
close $file;
$ENV{W2D_SECRET} = $secrets{variable};
$ENV{W2D_USER} = 'reader';

my %settings = (
    'database.user' => '${env:W2D_USER}',
    'database.password' => "\${file:$dir/secrets.properties:db.password}",
    'table.include.list' => 'public.t',
    "column.mask.hash.v2.SHA-256.with.salt.$secrets{salt}" => 'public.t.v',
    'producer.override.security.protocol' => 'SASL_PLAINTEXT',
    'producer.override.sasl.mechanism' => 'PLAIN',
    'producer.override.sasl.jaas.config' => 'org.apache.kafka.common.security.plain.PlainLoginModule required username="u" password="${env:W2D_SECRET}";');
my $config = relay_config($node, %settings);
my @kafka = ('-b', '127.0.0.1:1');

sub silent
{
    my ($name, @texts) = @_;
    my @shown = grep { /$any/ } map { split /\n/ } @texts;
    is("@shown", '', "$name: no secret shows");
}

# everything works with them, and nothing tells
my ($status, $out, $log) = relay_run('check', $config, '--sink', 'null', '--log-level', 'debug');
is($status, 0, 'check: the password of the file is right') or note("$out\n$log");
silent('check', $out, $log);
($status, $out, $log) = relay_run('check', $config, @kafka, '--log-level', 'debug', '--set', 'rdkafka.debug=all');
silent('check with brokers away', $out, $log);

my $port = PostgreSQL::Test::Cluster::get_free_port();
my $relay = W2D::Relay->start('run', $config, '--sink', 'stdout', '--log-level', 'debug', '--http-listen', ":$port",
    '--set', "producer.override.ssl.key.password=$secrets{key}", '-d', "dbname=postgres password=$secrets{password}");
$relay->wait_streaming($node, 'relay');
$node->safe_psql('postgres', q{INSERT INTO t VALUES (1, 'masked')});
wait_delivered($node, 'relay');
like($relay->out, qr/"id":1/, 'run: records come');
silent('run', $relay->out, $relay->log);

sub http_get
{
    my ($host, $path) = @_;
    my $socket = IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port, Timeout => 5) or return;
    print $socket "GET $path HTTP/1.0\r\n\r\n";
    local $/;
    return scalar <$socket>;
}
my @pages = map { http_get('127.0.0.1', $_) // '' } qw(/metrics /status /healthz /else);
like($pages[0], qr/wal2kafka_records_total/, 'HTTP: metrics');
silent('HTTP', @pages);

my $ps = slurp_file("/proc/$relay->{pid}/cmdline");
like($ps, qr/ssl\.key\.password=\*+/, 'ps: the argument is masked');
silent('ps', $ps);

my $listening = `cat /proc/net/tcp`;
my $hex = sprintf '%04X', $port;
like($listening, qr/ 0100007F:$hex 00000000:0000 0A/, 'HTTP listens on loopback');
unlike($listening, qr/ 00000000:$hex 00000000:0000 0A/, 'and nowhere else');

($status, $out, $log) = relay_run('status', $config, '--json', @kafka, '--log-level', 'debug');
is($status, 0, 'status') or note($log);
silent('status', $out, $log);
is($relay->stop, 0, 'the relay stops');
silent('run to its end', $relay->out, $relay->log);
$node->safe_psql('postgres', q{INSERT INTO t VALUES (2, 'masked')});
($status, $out, $log) = relay_run('peek', $config, '--sink', 'stdout', '--log-level', 'debug');
is($status, 0, 'peek') or note($log);
like($out, qr/"id":2/, 'peek: the record');
silent('peek', $out, $log);

# errors
for my $case (
    ['wrong password', { 'database.password' => '${env:W2D_SECRET}' }],
    ['unrecognized option', { "column.mask.hash.v9.SHA-256.with.salt.$secrets{salt}" => 'public.t.v', 'no.such.thing' => '${env:W2D_SECRET}' }],
    ['number', { 'database.port' => "x\${env:W2D_SECRET}" }],
    ['algorithm', { "column.mask.hash.v2.NONE-1.with.salt.$secrets{salt}" => 'public.t.v' }],
    ['jaas', { 'producer.override.sasl.jaas.config' => 'org.apache.kafka.common.security.plain.PlainLoginModule required password="${env:W2D_SECRET}' }],
    ['placeholder in a regular expression', { 'table.include.list' => '(${env:W2D_SECRET}' }],
    ['missing key', { 'database.password' => "\${file:$dir/secrets.properties:no.key}" }])
{
    my ($name, $more) = @$case;
    for my $command (qw(check run))
    {
        my @more = $command eq 'run' ? ('--endpos', 'now', '--sink', 'stdout') : ('--sink', 'null');
        ($status, $out, $log) = relay_run($command, relay_config($node, %settings, %$more), @more, '--log-level', 'debug');
        isnt($status, 0, "$name: $command fails");
        silent("$name: $command", $out, $log);
    }
}
($status, $out, $log) = relay_run('check', $config, '--sink', 'null', '-d', "host=/nowhere dbname=postgres password=$secrets{conninfo}");
isnt($status, 0, 'connection string: check fails');
silent('connection string', $out, $log);

done_testing();

# Several connections on one snapshot; which tables, in which order, and what of them.
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $node = new_server('snapshot_parallel');
$node->safe_psql('postgres', q{
    CREATE TABLE a_two (id int PRIMARY KEY, v text);
    CREATE TABLE b_big (id int PRIMARY KEY, v text);
    CREATE TABLE c_empty (id int PRIMARY KEY);
    CREATE TABLE d_mid (id int PRIMARY KEY, v text);
    CREATE UNLOGGED TABLE e_unlogged (id int PRIMARY KEY);
    CREATE TABLE f_parts (id int PRIMARY KEY) PARTITION BY RANGE (id);
    CREATE TABLE f_low PARTITION OF f_parts FOR VALUES FROM (0) TO (10);
    CREATE TABLE f_high PARTITION OF f_parts FOR VALUES FROM (10) TO (20);
    CREATE TABLE g_one (id int PRIMARY KEY);
    INSERT INTO a_two VALUES (1, 'x'), (2, 'y');
    INSERT INTO b_big SELECT g, repeat('x', 500) FROM generate_series(1, 90000) g;
    INSERT INTO d_mid SELECT g, 'v' FROM generate_series(1, 3000) g;
    INSERT INTO e_unlogged VALUES (1), (2);
    INSERT INTO f_parts SELECT generate_series(5, 14);
    INSERT INTO g_one VALUES (1);
    DELETE FROM b_big WHERE id % 7 = 0;
});
$node->safe_psql('postgres', 'VACUUM ANALYZE');

my $slot = 0;

# A snapshot to stdout: lists of [table, mark, id], and the log.
sub snapshot
{
    my (%more) = @_;
    $slot++;
    my ($status, $out, $log) = relay_run('run', relay_config($node, 'snapshot.mode' => 'initial_only', 'slot.name' => "s$slot", %more), '--sink', 'stdout');
    is($status, 0, 'runs') or note($log);
    return ([ map { /"topic":"app\.public\.(\w+)".*?"after":\{"id":(\d+).*?"snapshot":"(\w+)"/ ? [ $1, $3, $2 ] : () } split /\n/, $out ], $log, $out);
}

sub check_marks
{
    my ($name, $records) = @_;
    my (%first, %last, %count, @wrong);
    for my $i (0 .. $#$records)
    {
        my ($table, $mark) = @{ $records->[$i] };
        push @wrong, "$table $mark at $i" if $mark eq 'first' && $i != 0 || $mark eq 'last' && $i != $#$records;
        push @wrong, "$table goes on behind its last" if $last{$table};
        push @wrong, "$table begins with $mark" if !$count{$table} && $mark !~ /^(first|first_in_data_collection|last_in_data_collection|last)$/;
        $count{$table}++;
        $first{$table}++ if $mark =~ /^first/;
        $last{$table}++ if $mark =~ /^last/;
    }
    push @wrong, map { "$_ has no last" } grep { !$last{$_} } keys %count;
    push @wrong, map { "$_ has no first" } grep { !$first{$_} && $count{$_} > 1 } keys %count;
    is("@wrong", '', "$name: marks");
    is($records->[0][1], 'first', "$name: first");
    is($records->[-1][1], 'last', "$name: last");
    return \%count;
}

my $rows = $node->safe_psql('postgres', 'SELECT count(*) FROM b_big');
for my $threads (1, 3, 8)
{
    my ($records, $log) = snapshot('snapshot.max.threads' => $threads);
    my $count = check_marks("$threads threads", $records);
    my %seen;
    $seen{"$_->[0] $_->[2]"}++ for @$records;
    is(scalar(grep { $_ > 1 } values %seen), 0, "$threads threads: no row twice");
    is("$count->{a_two} $count->{b_big} $count->{d_mid} $count->{e_unlogged} $count->{f_low} $count->{f_high} $count->{g_one}",
        "2 $rows 3000 2 5 5 1", "$threads threads: every row");
    ok(!$count->{f_parts}, "$threads threads: a partitioned table is its partitions");
    next if $threads > 1;
    my @order;
    for (@$records) { push @order, $_->[0] if !@order || $order[-1] ne $_->[0] }
    is("@order", join(' ', sort @order), 'one thread: table by table, by name');
    my @ids = map { $_->[2] } grep { $_->[0] eq 'b_big' } @$records;
    is("@ids", join(' ', sort { $a <=> $b } @ids), 'one thread: rows as they lie in the table');
}

my ($records, $log) = snapshot('table.include.list' => 'public.d.*,public.(a_two|g_one)');
check_marks('include list', $records);
my %position;
$position{ $records->[$_][0] } //= $_ for 0 .. $#$records;
is(join(' ', sort { $position{$a} <=> $position{$b} } keys %position), 'd_mid a_two g_one', 'tables as the patterns stand');

($records, $log) = snapshot('snapshot.include.collection.list' => 'public.a_two, "public"."g_one"');
is(join(' ', map { "$_->[0]:$_->[2]" } @$records), 'a_two:1 a_two:2 g_one:1', 'snapshot.include.collection.list');

($records, $log) = snapshot('snapshot.tables.order.by.row.count' => 'descending', 'table.include.list' => 'public.(a_two|d_mid|g_one)');
is($records->[0][0] . ' ' . $records->[-1][0], 'd_mid g_one', 'large tables first');
($records, $log) = snapshot('snapshot.tables.order.by.row.count' => 'ascending', 'table.include.list' => 'public.(a_two|d_mid|g_one)');
is($records->[0][0] . ' ' . $records->[-1][0], 'g_one d_mid', 'small tables first');

($records, $log) = snapshot('publish.via.partition.root' => 'true', 'table.include.list' => 'public.(f_.*|g_one)', 'snapshot.max.threads' => 2);
is(join(' ', sort map { "$_->[0]:$_->[2]" } @$records), join(' ', sort((map { "f_parts:$_" } 5 .. 14), 'g_one:1')), 'partitions by the name of their table');

($records, $log) = snapshot('signal.data.collection' => 'public.a_two', 'table.include.list' => 'public.(d_mid|g_one)');
is(join(' ', sort { $a cmp $b } keys %{ check_marks('table of signals', $records) }), 'd_mid g_one', 'the table of signals is not read');

my $overrides = 'snapshot.select.statement.overrides';
($records, $log, my $out) = snapshot('table.include.list' => 'public.(a_two|d_mid|g_one)', $overrides => 'public.a_two,public.d_mid, public.g_one',
    "$overrides.public.a_two" => 'SELECT v, id FROM a_two WHERE id > 1', "$overrides.public.d_mid" => 'SELECT id FROM d_mid WHERE id IN (7, 5) ORDER BY id DESC');
is(join(' ', map { "$_->[0]:$_->[2]" } @$records), 'a_two:2 d_mid:7 d_mid:5 g_one:1', 'SELECTs of one\'s own');
like($out, qr/"after":\{"id":2,"v":"y"\}/, 'columns by name');
like($out, qr/"after":\{"id":7,"v":null\}/, 'a column left out is null');
like($log, qr/option "\Q$overrides.public.g_one\E" is missing; the table is read whole/, 'a statement that is missing is named');
my ($status, undef, $bad) = relay_run('run', relay_config($node, 'snapshot.mode' => 'initial_only', $overrides => 'public.a_two',
        "$overrides.public.a_two" => 'SELECT id, 1 AS w FROM a_two'), '--sink', 'stdout');
is($status, 1, 'a statement with another column: status 1');
like($bad, qr/could not read table "public\.a_two".*column "w" .* is not a column of table "a_two"/, 'names it');

# configuration_based
my $based = 'snapshot.mode.configuration.based';
my @data = ('snapshot.mode' => 'configuration_based', "$based.snapshot.data" => 'true');
my @small = ('table.include.list' => 'public.a_two');
($records) = snapshot(@data, @small);
is(scalar @$records, 2, 'configuration_based: data and no stream');
($records, $log) = snapshot(@data, @small);
is(scalar @$records, 2, 'again at the next start');
is($node->safe_psql('postgres', 'SELECT count(*) FROM pg_replication_slots'), '0', 'without a slot');
my $both = relay_config($node, @data, @small, "$based.start.stream" => 'true', 'slot.name' => 'both');
for my $start (1, 2)
{
    my ($status, $out) = relay_run('run', $both, '--sink', 'stdout', '--endpos', 'now');
    is("$status " . ($out =~ tr/\n//), '0 2', "data and stream: the rows at start $start");
}
my $stream = relay_config($node, 'snapshot.mode' => 'configuration_based', @small, "$based.start.stream" => 'true', 'slot.name' => 'stream');
($status, $out) = relay_run('run', $stream, '--sink', 'stdout', '--endpos', 'now');
is("$status $out", '0 ', 'stream only: no rows');
($status, undef, $log) = relay_run('run', relay_config($node, 'snapshot.mode' => 'configuration_based'), '--sink', 'stdout');
is($status, 2, 'neither: refused');

done_testing();

# Any role with REPLICATION sends options: whatever they are, they are taken or refused, and the server lives on.
# FUZZ_OPTIONS says how many are tried (make fuzz: a million).
use strict;
use warnings;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use W2D;

my $count = $ENV{FUZZ_OPTIONS} // 10000;
my $round = 10000;
my $seed = $ENV{FUZZ_SEED} // 1;
my $node = new_server('hostile');
$node->safe_psql('postgres', q{
    CREATE EXTENSION wal2debezium;
    CREATE TABLE t (id int PRIMARY KEY, v text);
    -- values that are good, nearly good, and bad
    CREATE TABLE names AS SELECT row_number() OVER () AS n, name, allowed FROM wal2debezium.options();
    CREATE TABLE vals AS SELECT row_number() OVER () AS n, v FROM unnest(ARRAY[
        '', ' ', 'true', 'false', '0', '-1', '1', '99999999999999999999', '1e9', 'x', 'public\.t', '.*', '(', '((((((((((', '[a-', '\', '\Q',
        '(a*)*b', '(?:a|a)*c', 'a{1,1000}{1,1000}', '(?R)', '(?<n>a)\k<n>', '\p{L}+', '(?i)X', 'a,b,c', ',,,', 'a:b', 'public.t:id;v', '${a:b}',
        '{"a": 1}', '[[', '"', '''', '%s%n', '$1', E'\t\n', E'\u0001', 'é', '漢字', '😀', 'all', 'none', 'route', 'r,o', 'unwrap,route', repeat('x', 300),
        repeat('(', 5000), repeat('a|', 3000), repeat('a.b,', 2000), 'io.debezium.transforms.ExtractNewRecordState',
        'io.debezium.transforms.outbox.EventRouter', 'org.apache.kafka.connect.transforms.RegexRouter', 'org.apache.kafka.connect.transforms.Cast$Value',
        'org.apache.kafka.connect.transforms.MaskField$Value', 'io.debezium.transforms.Filter', 'id:int32,v:string', 'value.op == ''c''', 'op = ''c''', '1/0', 'after.v ~ ''(a|a)*$''', 'repeat(''x'', 1000000000)', 'pg_sleep(9)',
        'op; DROP TABLE t', '(SELECT 1)', 'source.lsn', 'header:a:b', 'type:header:x', '$0$1$9', '\\1', 'app.public.t:id', '(?<a>x)|(?<a>y)',
        'org.apache.kafka.connect.storage.StringConverter', 'org.apache.kafka.connect.converters.ByteArrayConverter', 'yyyy-MM-dd', 'UTC', 'Mars/Base']) v;
    -- what begins right and goes wrong late: whole transforms, predicates, lists and converters, % for whatever comes
    CREATE TABLE wholes AS SELECT row_number() OVER () AS n, w FROM unnest(ARRAY[
        '{"transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter", "transforms.r.regex": "%", "transforms.r.replacement": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.ByLogicalTableRouter", "transforms.r.topic.regex": "%", "transforms.r.topic.replacement": "%", "transforms.r.key.field.regex": "%", "transforms.r.key.field.replacement": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.ExtractNewRecordState", "transforms.r.add.fields": "%", "transforms.r.add.headers": "%", "transforms.r.delete.tombstone.handling.mode": "%", "transforms.r.route.by.field": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.ExtractChangedRecordState", "transforms.r.header.changed.name": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.outbox.EventRouter", "transforms.r.table.fields.additional.placement": "%", "transforms.r.route.topic.regex": "%", "transforms.r.route.topic.replacement": "%", "transforms.r.table.field.event.key": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.Filter", "transforms.r.language": "%", "transforms.r.condition": "%", "transforms.r.topic.regex": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.Filter", "transforms.r.language": "sql", "transforms.r.condition": "%", "transforms.r.null.handling.mode": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.ContentBasedRouter", "transforms.r.language": "sql", "transforms.r.topic.expression": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.HeaderToValue", "transforms.r.headers": "%", "transforms.r.fields": "%", "transforms.r.operation": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.TimezoneConverter", "transforms.r.converted.timezone": "%", "transforms.r.include.list": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.partitions.PartitionRouting", "transforms.r.partition.payload.fields": "%", "transforms.r.partition.topic.num": "%", "transforms.r.partition.hash.function": "%"}',
        '{"transforms": "r,o", "transforms.r.type": "io.debezium.connector.postgresql.transforms.DecodeLogicalDecodingMessageContent", "transforms.o.type": "%", "transforms.r.fields.null.include": "%"}',
        '{"transforms": "r", "transforms.r.type": "io.debezium.transforms.ExtractNewRecordState", "transforms.r.predicate": "p", "transforms.r.negate": "%", "predicates": "p", "predicates.p.type": "org.apache.kafka.connect.transforms.predicates.TopicNameMatches", "predicates.p.pattern": "%"}',
        '{"transforms": "r", "transforms.r.type": "org.apache.kafka.connect.transforms.RegexRouter", "transforms.r.regex": ".*", "transforms.r.replacement": "%", "transforms.r.predicate": "p", "predicates": "p", "predicates.p.type": "org.apache.kafka.connect.transforms.predicates.HasHeaderKey", "predicates.p.name": "%"}',
        '{"table.include.list": "%", "column.include.list": "%", "message.key.columns": "%"}',
        '{"schema.exclude.list": "%", "column.mask.with.%.chars": "%", "column.truncate.to.%.chars": "%", "column.mask.hash.SHA-256.with.salt.%": "%"}',
        '{"converters": "c", "c.type": "%", "c.selector": "%"}',
        '{"key.converter": "%", "value.converter": "%", "header.converter": "%", "value.converter.schemas.enable": "%"}',
        '{"topic.naming.strategy": "%", "topic.delimiter": "%", "topic.prefix": "%", "topic.transaction": "%", "topic.heartbeat.prefix": "%"}',
        '{"format": "%", "internal.skip.events": "%", "internal.run.id": "%", "internal.last.commit.lsn": "%"}']) w;
    CREATE FUNCTION hostile_whole() RETURNS jsonb LANGUAGE plpgsql AS $$
    DECLARE
        whole text;
        value text;
        parts text[];
        pick int := 1 + floor(random() * (SELECT count(*) FROM wholes))::int;
    BEGIN
        SELECT w INTO whole FROM wholes WHERE n = pick;
        parts := string_to_array(whole, '%');
        whole := parts[1];
        FOR i IN 2 .. cardinality(parts) LOOP
            pick := 1 + floor(random() * (SELECT count(*) FROM vals))::int;
            SELECT v INTO value FROM vals WHERE n = pick;
            whole := whole || trim(BOTH '"' FROM to_jsonb(coalesce(value, ''))::text) || parts[i];
        END LOOP;
        RETURN whole::jsonb;
    EXCEPTION WHEN invalid_text_representation THEN RETURN '{}';
    END $$;
    -- a random configuration; names of families get a middle and an end
    CREATE FUNCTION hostile_config() RETURNS text LANGUAGE plpgsql AS $$
    DECLARE
        config jsonb := '{"topic.prefix": "app"}';
        name text;
        value text;
        allowed text;
    BEGIN
        IF random() < 0.5 THEN config := config || hostile_whole(); END IF;
        FOR i IN 1 .. floor(random() * CASE WHEN config ? 'transforms' THEN 3 ELSE 7 END)::int LOOP
            SELECT o.name, o.allowed INTO name, allowed FROM names o WHERE n = 1 + floor(random() * (SELECT count(*) FROM names))::int;
            CONTINUE WHEN name IS NULL;
            name := replace(name, '<', '');
            IF random() < 0.4 THEN
                name := rtrim(name, '.>') || (ARRAY['', '.', '.a', '.r.type', '.r.predicate', '.r.regex', '.unwrap.type', '.r.negate', '.with.salt.s', repeat('n', 200)])[1 + floor(random() * 10)::int];
            END IF;
            IF random() < 0.2 THEN name := (ARRAY['transforms', 'predicates', 'transforms.r.type', 'transforms.r.spec', 'predicates.p.type', 'transforms.r.regex'])[1 + floor(random() * 6)::int]; END IF;
            SELECT v INTO value FROM vals WHERE n = 1 + floor(random() * (SELECT count(*) FROM vals))::int;
            IF random() < 0.3 AND allowed LIKE '%|%' THEN value := split_part(allowed, '|', 1 + floor(random() * 4)::int); END IF;
            config := config || jsonb_build_object(name, coalesce(value, ''));
        END LOOP;
        value := config::text;
        -- and now and then no JSON at all
        IF random() < 0.1 THEN value := overlay(value PLACING (ARRAY['{', '}', '"', ':', '\', '[', 'null', '\u0000', '\ud800'])[1 + floor(random() * 9)::int]
            FROM 1 + floor(random() * length(value))::int FOR floor(random() * 3)::int); END IF;
        RETURN value;
    END $$;
    CREATE FUNCTION hostile_round(tries int, seed float8, OUT taken int, OUT refused int, OUT slowest_ms float8, OUT odd text) LANGUAGE plpgsql AS $$
    DECLARE
        config text;
        started timestamptz;
    BEGIN
        PERFORM setseed(seed);
        taken := 0; refused := 0; slowest_ms := 0;
        FOR i IN 1 .. tries LOOP
            config := hostile_config();
            started := clock_timestamp();
            BEGIN
                IF random() < 0.05 THEN PERFORM * FROM wal2debezium.tables('config', config); ELSE PERFORM wal2debezium.validate('config', config); END IF;
                taken := taken + 1;
            EXCEPTION WHEN OTHERS THEN
                refused := refused + 1;
                IF sqlstate LIKE 'XX%' OR sqlstate LIKE '53%' OR sqlerrm = '' THEN odd := concat(sqlstate, ' ', sqlerrm, ' for ', config); END IF;
            END;
            slowest_ms := greatest(slowest_ms, extract(epoch FROM clock_timestamp() - started) * 1000);
        END LOOP;
    END $$;
});

my $log_size = -s $node->logfile;
my ($taken, $refused, $slowest, $before, $after) = (0, 0, 0);
for (my $done = 0; $done < $count; $done += $round)
{
    my $tries = $count - $done < $round ? $count - $done : $round;
    my $seed_of_round = (($seed * 7919 + $done / $round) % 20000) / 10000 - 1;
    # the same work twice in one session: the second time must not leave more memory behind
    my @lines = split /\n/, $node->safe_psql('postgres', qq{
        SELECT hostile_round(least($tries, 500), $seed_of_round) IS NOT NULL;
        SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name NOT LIKE '%Cache%' AND name NOT LIKE 'relation%' AND ident IS NULL;
        SELECT concat_ws('|', taken, refused, round(slowest_ms), odd) FROM hostile_round($tries, $seed_of_round);
        SELECT sum(used_bytes) FROM pg_backend_memory_contexts WHERE name NOT LIKE '%Cache%' AND name NOT LIKE 'relation%' AND ident IS NULL;
    }, timeout => 3600);
    my ($t, $r, $ms, $odd) = split /\|/, $lines[2], 4;
    $taken += $t;
    $refused += $r;
    $slowest = $ms if $ms > $slowest;
    is($odd // '', '', "round of seed $seed_of_round: every refusal is one of ours");
    cmp_ok($lines[3] - $lines[1], '<', 1_000_000, 'no memory is left behind') or note("$lines[1] -> $lines[3]");
}
note("$taken taken, $refused refused, the slowest took $slowest ms");
cmp_ok($taken, '>', 0, 'some are taken');
cmp_ok($refused, '>', 0, 'some are refused');
cmp_ok($slowest, '<', 5000, 'none takes long');
unlike(substr(slurp_file($node->logfile), $log_size), qr/terminated by signal|PANIC|server process .* exited/, 'no process of the server ended badly');
is($node->safe_psql('postgres', 'SELECT 1'), '1', 'the server lives');
done_testing();

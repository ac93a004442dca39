-- Unrecognized, repeated and malformed options are errors that name option, value and what is allowed.
\t on
\pset format unaligned
SELECT slot_new();
SELECT refusal('topic.prefix', 'app');
SELECT refusal('topic.prefx', 'app');
SELECT refusal('', 'app');
SELECT refusal('topic.prefix', '');
SELECT refusal('topic.prefix', 'app', 'topic.prefix', 'app');
SELECT refusal('topic.prefix', 'a b');
SELECT refusal('Topic.Prefix', 'app');
SELECT refusal('decimal.handling.mode', 'exact');
SELECT refusal('tombstones.on.delete', 'maybe');
SELECT refusal('max.record.bytes', '12');
SELECT refusal('max.record.bytes', '12x');
SELECT refusal('max.record.bytes', '99999999999999999999999');
SELECT refusal('skipped.operations', 'x');
SELECT refusal('debezium.version', '1.9.7.Final');
SELECT refusal('debezium.version', 'newest');
SELECT refusal('format', 'xml');
SELECT refusal('table.include.list', 'public\.(a');
SELECT refusal('table.include.list', 'a', 'table.exclude.list', 'b');
SELECT refusal('schema.include.list', 'a', 'schema.exclude.list', 'b');
-- what is not built is refused by name
SELECT refusal('transforms', 'outbox');
SELECT refusal('transforms.outbox.type', 'io.debezium.transforms.outbox.EventRouter');
SELECT refusal('converters', 'isbn');
-- names longer than 63 bytes work: one is accepted, the others are refused whole
SELECT refusal('column.mask.hash.v2.SHA-256.with.salt.aVeryLongSaltThatMakesTheNameLongerThanSixtyThree', 'public.users.email');
SELECT refusal('column.mask.hash.v2.SHA-257.with.salt.aVeryLongSaltThatMakesTheNameLongerThanSixtyThree', 'public.users.email');
SELECT refusal('config', '{"value.converter.replace.null.with.default.but.much.longer.than.any.name": "1"}');
-- config: one JSON object
SELECT refusal('config', '{"topic.prefix": "app", "tombstones.on.delete": false, "max.record.bytes": 4096}');
SELECT refusal('config', '{"topic.prefix": "app"}', 'topic.prefix', 'app');
SELECT refusal('config', '{"topic.prefix": "app", "topic.prefix": "app"}');
SELECT refusal('config', '[]');
SELECT refusal('config', '{"topic.prefix": {"a": 1}}');
SELECT refusal('config', '{"topic.prefix": "app"');
SELECT refusal('config', '');
-- the relay's options and those without effect are recognized
SELECT refusal('database.hostname', 'db', 'slot.name', 'x', 'max.batch.size', '10', 'plugin.name', 'pgoutput');
SELECT slot_drop();
-- validate() says so before there is a slot
SELECT wal2debezium.validate('topic.prefix', 'app', 'transforms', 'route', 'transforms.route.type', 'org.apache.kafka.connect.transforms.RegexRouter', 'transforms.route.regex', '(', 'transforms.route.replacement', 'x');
SELECT wal2debezium.validate('config', '{"transforms": "a", "transforms.a.type": "io.debezium.transforms.SchemaChangeEventFilter"}');
SELECT wal2debezium.validate('config', '{"transforms": "a", "transforms.a.type": "io.debezium.transforms.ExtractNewRecordState", "transforms.a.add.field": "op"}');
SELECT wal2debezium.validate('config', '{"transforms": "a", "transforms.a.type": "io.debezium.transforms.ExtractNewRecordState", "transforms.a.predicate": "p"}');
SELECT wal2debezium.validate('config', '{"transforms": "a", "transforms.a.type": "io.debezium.transforms.ExtractNewRecordState"}');
-- the table itself
SELECT count(*) > 100 FROM wal2debezium.options();
SELECT * FROM wal2debezium.options() WHERE name IN ('topic.prefix', 'decimal.handling.mode', 'transforms', 'max.batch.size') ORDER BY name COLLATE "C";

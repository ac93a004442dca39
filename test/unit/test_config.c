/*
 * test_config.c
 *	  Properties from files, their checks, and what the plugin, libpq and
 *	  librdkafka get of them.
 */
#include <stdlib.h>

#include "../../relay/config.h"
#include "../../relay/config_file.h"
#include "unit.h"

static Logger *logger;
static Error error;

static Config *
minimal_config(void)
{
	Config *config = config_new();

	config_set(config, "topic.prefix", "app", "test");
	config_set(config, "database.dbname", "inventory", "test");
	config_set(config, "bootstrap.servers", "localhost:9092", "test");
	return config;
}

/* Is minimal_config() with that setting refused with those words? */
static void
refuses(const char *name, const char *value, const char *message, const char *hint)
{
	Config *config = minimal_config();

	config_set(config, name, value, "test");
	unit_ok(!config_check(config, logger, &error) && error.kind == ERROR_CONFIG, "%s=%s is refused", name, value);
	unit_contains(error.message, message, "message for %s=%s", name, value);
	unit_contains(error.hint, hint, "hint for %s=%s", name, value);
	config_free(config);
}

static void
accepts(const char *name, const char *value, const char *expected)
{
	Config *config = minimal_config();
	size_t at = 0;
	const ConfigSetting *setting;

	config_set(config, name, value, "test");
	if (!unit_ok(config_check(config, logger, &error), "%s=%s is accepted", name, value))
		unit_note("%s", error.message);
	setting = config_next(config, name, &at);
	unit_is_str(setting != NULL ? setting->value : NULL, expected, "%s=%s becomes %s", name, value, expected);
	config_free(config);
}

static bool
parse_json(Config *config, const char *text)
{
	return config_file_parse_json(config, text, strlen(text), "connector.json", &error);
}

static bool
parse_properties(Config *config, const char *text)
{
	return config_file_parse_properties(config, text, strlen(text), "worker.properties", &error);
}

static const char *
given(const Config *config, const char *name)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, name, &at)) != NULL)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

static void
test_json_shapes(void)
{
	Config *flat = config_new();
	Config *wrapped = config_new();

	unit_ok(parse_json(flat, "{\"topic.prefix\":\"a\",\"database.port\":5433,\"tombstones.on.delete\":false,"
							 "\"a\":true}"),
			"flat connector.json");
	unit_is_str(given(flat, "topic.prefix"), "a", "string value");
	unit_is_str(given(flat, "database.port"), "5433", "number value");
	unit_is_str(given(flat, "tombstones.on.delete"), "false", "boolean value");
	unit_is_str(given(flat, "a"), "true", "the other one");
	unit_ok(parse_json(wrapped,
					   "{\"name\":\"n\",\"config\":{\"topic.prefix\":\"\\u00e9\"},\"tasks\":[],\"type\":\"source\"}"),
			"wrapped connector.json, as the REST interface returns it");
	unit_is_str(given(wrapped, "name"), "n", "name of the wrapper");
	unit_is_str(given(wrapped, "topic.prefix"), "\xc3\xa9", "escaped value inside");
	unit_is_str(given(wrapped, "tasks"), NULL, "tasks are left out");
	config_free(flat);
	config_free(wrapped);
}

static void
refuses_json(const char *text, const char *message)
{
	Config *config = config_new();

	unit_ok(!parse_json(config, text) && error.kind == ERROR_CONFIG, "refused: %s", text);
	unit_contains(error.message, message, "message names it");
	config_free(config);
}

static void
test_json_errors(void)
{
	refuses_json("", "could not parse connector.json");
	refuses_json("{", "could not parse connector.json");
	refuses_json("{} x", "could not parse connector.json");
	refuses_json("[]", "not a JSON object");
	refuses_json("{\"a\":\"1\",\"b\":\"2\",\"a\":\"3\"}", "option \"a\" is given twice");
	refuses_json("{\"config\":{\"a\":1,\"a\":2}}", "option \"a\" is given twice");
	refuses_json("{\"transforms\":[\"a\"]}", "value of option \"transforms\" in connector.json is an array");
	refuses_json("{\"a\":{}}", "is an object");
	refuses_json("{\"a\":null}", "is null");
	refuses_json("{\"config\":{},\"topic.prefix\":\"x\"}", "unrecognized key \"topic.prefix\" beside \"config\"");
	refuses_json("{\"name\":[],\"config\":{}}", "value of option \"name\"");
}

static void
test_properties(void)
{
	Config *config = config_new();

	unit_ok(parse_properties(config,
							 "# comment\n! too\n\n  a = 1 \nb:2\nc 3\nd\ne=one \\\n   two\r\nf\\ g\\=h=x\\ty\\\\\n"
							 "u=\\u00e9\\uD83D\\uDE00\\u20AC\nlatin=\xe9\nnl=a\\nb\nlast=z\\"),
			"java.util.Properties syntax");
	unit_is_str(given(config, "a"), "1 ", "blanks round '=' go, those at the end stay");
	unit_is_str(given(config, "b"), "2", "':' separates");
	unit_is_str(given(config, "c"), "3", "a blank separates");
	unit_is_str(given(config, "d"), "", "no value");
	unit_is_str(given(config, "e"), "one two", "continued line");
	unit_is_str(given(config, "f g=h"), "x\ty\\", "escapes in key and value");
	unit_is_str(given(config, "u"), "\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac", "unicode escapes and surrogate pairs");
	unit_is_str(given(config, "latin"), "\xc3\xa9", "bytes are Latin-1");
	unit_is_str(given(config, "nl"), "a\nb", "escaped line end");
	unit_is_str(given(config, "last"), "z", "a backslash and no line end at the end");
	config_free(config);
}

static void
test_properties_errors(void)
{
	Config *config = config_new();

	unit_ok(!parse_properties(config, "a=1\nb=2\na=3\n"), "a key given twice");
	unit_contains(error.message, "option \"a\" is given twice in \"worker.properties\", line 3", "names key and line");
	unit_ok(!parse_properties(config, "x=\\u12"), "short escape");
	unit_contains(error.message, "malformed \\uXXXX escape in line 1", "names the line");
	unit_ok(!parse_properties(config, "x=\\u12G4"), "no hex digits");
	unit_ok(!parse_properties(config, "x=\\uD800\\uD800"), "two first halves");
	unit_ok(parse_properties(config, "blanks=1\n   "), "blanks at the end");
	unit_ok(!parse_properties(config, "y=\\uD800x"), "half a surrogate pair");
	unit_ok(!parse_properties(config, "z=\\uDC00"), "the other half");
	unit_ok(!parse_properties(config, "z=\\u0000"), "NUL");
	unit_ok(!config_file_parse_properties(config, "q=\0", 3, "w", &error), "NUL byte");
	unit_ok(!config_file_read_properties(config, "/nonexistent/w", &error), "missing file");
	unit_contains(error.message, "could not open file \"/nonexistent/w\"", "names the file");
	unit_ok(!config_file_read_json(config, "/nonexistent/c", &error), "missing connector.json");
	unit_ok(!config_file_read_json(config, "/", &error), "a directory");
	unit_ok(!config_file_read_json(config, "/dev/zero", &error), "a file without end");
	unit_contains(error.message, "is larger than", "names the limit");
	unit_ok(config_file_read_properties(config, "/dev/null", &error), "an empty worker file");
	unit_ok(!config_file_read_json(config, "/dev/null", &error), "an empty connector.json");
	config_free(config);
}

static void
test_values(void)
{
	accepts("tombstones.on.delete", " TRUE ", "true");
	accepts("heartbeat.interval.ms", " 100 ", "100");
	accepts("decimal.handling.mode", "String", "string");
	accepts("snapshot.mode", "never", "no_data");
	accepts("snapshot.mode", "schema_only", "no_data");
	accepts("snapshot.locking.mode", "shared", "shared");
	accepts("key.converter", "org.apache.kafka.connect.storage.StringConverter",
			"org.apache.kafka.connect.storage.StringConverter");
	accepts("snapshot.mode", "INITIAL", "initial");
	accepts("snapshot.mode", "when_needed", "when_needed");
	accepts("replica.identity.autoset.values", "public.(a|b):full, public.c:INDEX c_v ,d:NOTHING",
			"public.(a|b):full, public.c:INDEX c_v ,d:NOTHING");
	accepts("transforms", "", "");
	accepts("transforms.route.type", "the plugin judges it", "the plugin judges it");
	accepts("value.converter", "org.apache.kafka.connect.storage.StringConverter",
			"org.apache.kafka.connect.storage.StringConverter");
	accepts("topic.key.enforce.uniqueness", "true", "true");
	accepts("max.batch.size", "4096", "4096");
	accepts("connector.class", "PostgresConnector", "PostgresConnector");
	accepts("http.listen", ":8083", ":8083");
	refuses("tombstones.on.delete", "yes", "invalid value \"yes\" for option \"tombstones.on.delete\"",
			"true or false");
	refuses("heartbeat.interval.ms", "1s", "invalid value \"1s\"", "from 0 to 2147483647");
	refuses("heartbeat.interval.ms", "-1", "invalid value \"-1\"", "from 0 to");
	refuses("heartbeat.interval.ms", "", "invalid value \"\"", "from 0 to");
	refuses("tasks.max", "2", "invalid value \"2\" for option \"tasks.max\"", "only 1 is possible");
	refuses("decimal.handling.mode", "exact", "invalid value \"exact\"", "precise|double|string");
	refuses("value.converter", "io.confluent.connect.avro.AvroConverter", "value.converter", "schema registry");
	refuses("value.converter", "org.apache.kafka.connect.converters.ByteArrayConverter", "value.converter",
			"JsonConverter");
	refuses("key.converter", "org.apache.kafka.connect.converters.ByteArrayConverter", "key.converter", "bytes only");
	refuses("header.converter", "org.apache.kafka.connect.converters.ByteArrayConverter", "header.converter",
			"bytes only");
	refuses("key.converter", "some.other.Converter", "invalid value \"some.other.Converter\"", "JsonConverter");
	refuses("snapshot.mode", "custom", "\"snapshot.mode\" with value \"custom\"", "Java classes");
	refuses("snapshot.mode", "configuration_based", "nothing to do", "start.stream");
	refuses("snapshot.max.threads", "0", "snapshot.max.threads", "1 to 32");
	refuses("replica.identity.autoset.values", "public.a", "\"public.a\"", "TABLE:IDENTITY");
	refuses("replica.identity.autoset.values", "public.a:SOME", "\"public.a:SOME\"", "TABLE:IDENTITY");
	refuses("replica.identity.autoset.values", "public.a:INDEX", "\"public.a:INDEX\"", "TABLE:IDENTITY");
	refuses("replica.identity.autoset.values", ":FULL", "\":FULL\"", "TABLE:IDENTITY");
	refuses("replica.identity.autoset.values", "public.a:FULL,", "\"public.a:FULL,\"", "TABLE:IDENTITY");
	refuses("replica.identity.autoset.values", "public.a:FULL x", "\"public.a:FULL x\"", "TABLE:IDENTITY");
	refuses("producer.override.transactional.id", "mine", "transactional.id", "exactly.once.support=required");
	refuses("rdkafka.transactional.id", "mine", "transactional.id", "exactly.once.support=required");
	refuses("producer.override.transaction.timeout.ms", "5000", "transaction.timeout.ms", "exactly.once.support");
	refuses("slot.name", "Slot", "invalid value \"Slot\"", "a-z, 0-9");
	refuses("slot.name", "", "invalid value \"\"", "1 to 63");
	refuses("topic.prefix", "a b", "invalid value \"a b\"", "letters");
	refuses("connector.class", "io.debezium.connector.mysql.MySqlConnector", "MySqlConnector", "PostgresConnector");
	refuses("http.listen", "8083", "http.listen", "[host]:port");
	refuses("topic.delimiter", "\xff", "not UTF-8", "");
}

static void
test_names(void)
{
	refuses("converters", "iso", "cannot use option \"converters\"", "cannot be loaded");
	refuses("format", "json", "cannot use option \"format\"", "by itself");
	refuses("internal.run.id", "x", "cannot use option \"internal.run.id\"", "by itself");
	refuses("table.include.lst", "x", "unrecognized option \"table.include.lst\"", "\"table.include.list\"");
	refuses("database.server.name", "x", "unrecognized option", "topic.prefix");
	refuses("table.whitelist", "x", "unrecognized option", "table.include.list");
	refuses("quite.something.else", "x", "unrecognized option", "remove it");
	refuses("heartbeat.interval.m", "x", "unrecognized option", "did you mean \"heartbeat.interval.ms\"?");
	refuses("my.password", "hunter2", "********", "");
	unit_ok(strstr(error.message, "hunter2") == NULL, "passwords are not shown");
}

/* All problems come out, and the last one is the error. */
static void
test_several(void)
{
	char longest[400];
	Config *config = minimal_config();

	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	config_set(config, "tasks.max", "2", "test");
	config_set(config, "topic.delimiter", "\xff", "test");
	config_set(config, longest, "2", "test");
	config_set(config, "converters", "x", "test");
	unit_ok(!config_check(config, logger, &error), "several problems");
	unit_contains(error.message, "converters", "the last one is the error");
	config_free(config);
}

static void
test_contradictions(void)
{
	Config *config = minimal_config();

	config_set(config, "table.include.list", "a", "test");
	config_set(config, "table.exclude.list", "b", "test");
	unit_ok(!config_check(config, logger, &error), "include and exclude list");
	unit_contains(error.message, "\"table.include.list\" and \"table.exclude.list\" contradict", "both are named");
	config_free(config);

	config = minimal_config();
	config_set(config, "lsn.flush.mode", "connector", "test");
	config_set(config, "flush.lsn.source", "false", "test");
	unit_ok(!config_check(config, logger, &error), "two flush modes");
	config_free(config);
}

static void
test_required(void)
{
	Config *config = config_new();

	unsetenv("PGDATABASE");
	unsetenv("PGSERVICE");
	config_set(config, "bootstrap.servers", "k:9092", "test");
	config_set(config, "database.dbname", "d", "test");
	unit_ok(!config_check(config, logger, &error), "topic.prefix is required");
	unit_contains(error.message, "topic.prefix", "named");
	config_set_purpose(config, CONFIG_FOR_STATUS);
	unit_ok(config_check(config, logger, &error), "but not for status");
	config_set_purpose(config, CONFIG_FOR_RUN);
	config_set(config, "topic.prefix", "app", "test");
	config_unset(config, "bootstrap.servers");
	unit_ok(!config_check(config, logger, &error), "brokers are required");
	unit_contains(error.hint, "--sink stdout", "the hint shows the way without");
	config_set_sink(config, CONFIG_SINK_STDOUT);
	unit_ok(config_check(config, logger, &error), "but not for stdout");
	config_unset(config, "database.dbname");
	config_unset(config, "never.given");
	unit_ok(!config_check(config, logger, &error), "a database is required");
	setenv("PGDATABASE", "fromenv", 1);
	unit_ok(config_check(config, logger, &error), "PGDATABASE is one");
	unit_is_str(config_database(config), "fromenv", "and is known");
	unsetenv("PGDATABASE");
	config_free(config);
}

static void
test_getters(void)
{
	Config *config = minimal_config();
	size_t at = 0;

	config_set(config, "heartbeat.interval.ms", "7", "test");
	config_set(config, "producer.a", "1", "test");
	config_set(config, "producer.b", "2", "test");
	config_set(config, "producer.a", "3", "test");
	unit_is_str(config_text(config, OPT_SLOT_NAME), "debezium", "default");
	unit_is_str(config_text(config, OPT_DATABASE_HOSTNAME), NULL, "no default");
	unit_is_int(config_int(config, OPT_HEARTBEAT_INTERVAL_MS), 7, "number");
	unit_is_int(config_int(config, OPT_DATABASE_HOSTNAME), 0, "no number");
	unit_ok(config_bool(config, OPT_TOMBSTONES_ON_DELETE), "boolean default");
	unit_ok(!config_bool(config, OPT_DATABASE_HOSTNAME), "no boolean");
	unit_ok(config_is_set(config, OPT_TOPIC_PREFIX) && !config_is_set(config, OPT_SLOT_NAME), "what was given");
	unit_is_str(config_next(config, "producer.", &at)->value, "3", "the last wins, where the first stood");
	unit_is_str(config_next(config, "producer.", &at)->name, "producer.b", "next of the prefix");
	unit_ok(config_next(config, "producer.", &at) == NULL, "no more");
	unit_ok(config_rdkafka(config)->name == NULL, "no Kafka settings before the check");
	config_free(config);
	config_free(NULL);
}

static void
test_plugin_json(void)
{
	static const char *const extra[] = {"internal.run.id", "r\"1", NULL};
	Config *config = minimal_config();
	char *json;

	config_set(config, "database.password", "secret", "test");
	config_set(config, "slot.name", "s", "test");
	config_set(config, "table.include.list", "public.\"a\"", "test");
	unit_ok(config_check(config, logger, &error), "valid");
	json = config_plugin_json(config, extra);
	unit_is_str(
		json,
		"{\"database.dbname\":\"inventory\",\"topic.prefix\":\"app\",\"table.include.list\":\"public.\\\"a\\\"\","
		"\"max.record.bytes\":\"1048576\",\"internal.text.is.opaque\":\"true\",\"internal.run.id\":\"r\\\"1\"}",
		"the plugin gets its options only");
	free(json);
	config_set(config, "producer.override.max.request.size", "5000", "test");
	unit_ok(config_check(config, logger, &error), "valid with a limit");
	json = config_plugin_json(config, NULL);
	unit_contains(json, "\"max.record.bytes\":\"5000\"", "limit of the producer");
	free(json);
	config_set(config, "producer.override.max.request.size", "900000000", "test");
	unit_ok(config_check(config, logger, &error), "valid with a very large limit");
	json = config_plugin_json(config, NULL);
	unit_contains(json, "\"max.record.bytes\":\"536870912\"", "the plugin's own limit holds");
	free(json);
	config_set(config, "max.record.bytes", "4000", "test");
	unit_ok(config_check(config, logger, &error), "valid with a limit given");
	json = config_plugin_json(config, NULL);
	unit_contains(json, "\"max.record.bytes\":\"4000\"", "limit given");
	free(json);
	config_unset(config, "max.record.bytes");
	config_set_sink(config, CONFIG_SINK_STDOUT);
	json = config_plugin_json(config, NULL);
	unit_ok(strstr(json, "max.record.bytes") == NULL, "no limit without Kafka");
	free(json);
	config_free(config);
}

static const char *
conninfo(const Config *config, bool replication, const char *keyword)
{
	const char *const *keywords;
	const char *const *values;

	config_conninfo(config, replication, &keywords, &values);
	for (; *keywords != NULL; keywords++, values++)
		if (strcmp(*keywords, keyword) == 0)
			return *values;
	return NULL;
}

static void
test_conninfo(void)
{
	Config *config = minimal_config();

	config_set(config, "database.hostname", "h", "test");
	config_set(config, "database.tcpKeepAlive", "false", "test");
	config_set(config, "connection.validation.timeout.ms", "1500", "test");
	unit_ok(config_check(config, logger, &error), "valid");
	unit_is_str(conninfo(config, false, "host"), "h", "host");
	unit_is_str(conninfo(config, false, "keepalives"), "0", "keepalives");
	unit_is_str(conninfo(config, false, "connect_timeout"), "2", "milliseconds round up to seconds");
	unit_is_str(conninfo(config, false, "replication"), NULL, "ordinary connection");
	unit_is_str(conninfo(config, true, "replication"), "database", "replication connection");
	unit_is_str(conninfo(config, true, "client_encoding"), "UTF8", "encoding");
	unit_contains(conninfo(config, true, "options"), "idle_in_transaction_session_timeout=0", "no timeouts");
	unit_is_str(conninfo(config, true, "tcp_user_timeout"), "60000", "a server that vanished is noticed");

	config_set_conninfo(
		config, "postgresql://u:p@other:1/db2?options=-c%20work_mem%3D4MB&application_name=me&tcp_user_timeout=5000");
	unit_ok(config_check(config, logger, &error), "valid with a URI");
	unit_is_str(conninfo(config, false, "host"), "other", "--dbname wins");
	unit_is_str(conninfo(config, false, "application_name"), "me", "its application_name stays");
	unit_contains(conninfo(config, false, "options"), "-c work_mem=4MB -c idle_in", "its options stay in front");
	unit_is_str(conninfo(config, false, "tcp_user_timeout"), "5000", "its timeout stays");
	unit_is_str(config_database(config), "db2", "its database counts");

	config_set_conninfo(config, "justname");
	unit_ok(config_check(config, logger, &error), "valid with a name");
	unit_is_str(config_database(config), "justname", "a plain name is a database");

	config_set_conninfo(config, "host=x password=hunter2 nonsense=1");
	unit_ok(!config_check(config, logger, &error), "invalid conninfo");
	unit_ok(strstr(error.message, "hunter2") == NULL, "without the password");
	config_set_conninfo(config, "nonsense=1");
	unit_ok(!config_check(config, logger, &error), "invalid conninfo");
	unit_contains(error.message, "nonsense", "with libpq's reason");
	config_free(config);
}

static const char *
rdkafka(const Config *config, const char *name)
{
	for (const ConfigSetting *setting = config_rdkafka(config); setting->name != NULL; setting++)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

static void
test_rdkafka_layers(void)
{
	Config *config = minimal_config();

	unit_ok(config_check(config, logger, &error), "defaults");
	unit_is_str(rdkafka(config, "enable.idempotence"), "true", "idempotent");
	unit_is_str(rdkafka(config, "acks"), "all", "durable");
	unit_is_str(rdkafka(config, "compression.codec"), "lz4", "lz4");
	unit_is_str(rdkafka(config, "partitioner"), "murmur2_random", "Java's partitioner");
	unit_is_str(rdkafka(config, "message.max.bytes"), "1048576", "Java's max.request.size");

	unit_ok(parse_properties(config, "security.protocol=SASL_SSL\nssl.truststore.location=/ca.pem\n"
									 "producer.linger.ms=1\nproducer.batch.size=1000\nproducer.weird.thing=1\n"
									 "group.id=connect\noffset.storage.topic=o\nproducer.security.protocol=SSL\n"
									 "value.converter.schemas.enable=false\nlisteners=http://:8083\n"),
			"worker file");
	config_set(config, "producer.override.linger.ms", "2", "test");
	config_set(config, "rdkafka.batch.size", "3000", "test");
	config_set(config, "producer.override.bootstrap.servers", "over:1", "test");
	unit_ok(config_check(config, logger, &error), "all layers");
	unit_is_str(rdkafka(config, "linger.ms"), "2", "producer.override beats producer");
	unit_is_str(rdkafka(config, "batch.size"), "3000", "rdkafka beats all");
	unit_is_str(rdkafka(config, "security.protocol"), "ssl", "producer beats worker-wide");
	unit_is_str(rdkafka(config, "ssl.ca.location"), "/ca.pem", "worker-wide security counts");
	unit_is_str(rdkafka(config, "bootstrap.servers"), "over:1", "brokers overridden");
	unit_is_str(config_text(config, OPT_VALUE_CONVERTER_SCHEMAS_ENABLE), "false", "converters of the worker count");
	config_set(config, "bootstrap.servers", "cmd:1", "--bootstrap-servers");
	unit_ok(config_check(config, logger, &error), "command line");
	unit_is_str(rdkafka(config, "bootstrap.servers"), "cmd:1", "--bootstrap-servers beats all");
	config_free(config);
}

static void
test_rdkafka_refused(void)
{
	Config *config;

	refuses("rdkafka.no.such.thing", "1", "rdkafka.no.such.thing", "No such configuration property");
	refuses("rdkafka.linger.ms", "x", "invalid value \"x\" for option \"rdkafka.linger.ms\"", "librdkafka says");
	refuses("rdkafka.request.required.acks", "1", "rdkafka.request.required.acks", "use all");
	refuses("producer.override.linger.ms", "x", "\"producer.override.linger.ms\"", "librdkafka says");
	refuses("producer.override.linger", "5", "unrecognized producer setting \"linger\"", "rdkafka.");
	config = minimal_config();
	config_set(config, "rdkafka.enable.idempotence", "false", "test");
	unit_ok(config_check(config, logger, &error), "idempotence may be switched off");
	unit_is_str(rdkafka(config, "max.in.flight.requests.per.connection"), "1", "order is kept then, too");
	config_free(config);
}

int
main(void)
{
	logger = log_new(LOG_TEXT, LOG_ERROR + 1);
	test_json_shapes();
	test_json_errors();
	test_properties();
	test_properties_errors();
	test_values();
	test_names();
	test_several();
	test_contradictions();
	test_required();
	test_getters();
	test_plugin_json();
	test_conninfo();
	test_rdkafka_layers();
	test_rdkafka_refused();
	log_free(logger);
	return unit_done();
}

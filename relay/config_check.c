/*
 * config_check.c
 *	  Judging what was set: each option honoured, named as having no effect,
 *	  or refused.
 *
 * All problems are found in one go: the last one is the Error, those before
 * it are logged.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config_channels.h"
#include "config_internal.h"
#include "memory.h"

typedef struct Checker
{
	Config *config;
	Logger *log;
	Error *error; /* the newest problem */
	bool failed;
} Checker;

/* Before a new problem overwrites the last, that one is logged. */
static Error *
next_problem(Checker *checker)
{
	if (checker->failed && checker->error->hint[0] != '\0')
		log_error(checker->log, "%s; %s", checker->error->message, checker->error->hint);
	else if (checker->failed)
		log_error(checker->log, "%s", checker->error->message);
	checker->failed = true;
	return checker->error;
}

/* A step that fills an Error of its own became a problem. */
static void
adopt(Checker *checker, const Error *error)
{
	Error *problem = next_problem(checker);

	*problem = *error;
}

static const char *
shown(const ConfigSetting *setting)
{
	return option_is_secret(setting->name) ? "********" : setting->value;
}

static bool
is_from_worker(const ConfigSetting *setting)
{
	return strcmp(setting->source, CONFIG_SOURCE_WORKER) == 0;
}

static void
log_no_effect(const Checker *checker, const ConfigSetting *setting, const char *reason)
{
	log_line(checker->log, is_from_worker(setting) ? LOG_DEBUG : LOG_INFO, "option \"%s\" has no effect: %s",
			 setting->name, reason);
}

/* Names of earlier releases, and of what other connectors have. */
static const char *
known_elsewhere(const char *name)
{
	static const char *const map[][2] = {
		{"database.server.name", "it is called \"topic.prefix\" since Debezium 2.0"},
		{"schema.whitelist", "it is called \"schema.include.list\""},
		{"schema.blacklist", "it is called \"schema.exclude.list\""},
		{"table.whitelist", "it is called \"table.include.list\""},
		{"table.blacklist", "it is called \"table.exclude.list\""},
		{"column.whitelist", "it is called \"column.include.list\""},
		{"column.blacklist", "it is called \"column.exclude.list\""},
		{"slot.drop_on_stop", "it is called \"slot.drop.on.stop\""},
		{"toasted.value.placeholder", "it is called \"unavailable.value.placeholder\""},
		{"include.schema.changes", "remove it: PostgreSQL's connector has no schema change topic"},
		{"security.protocol", "set \"producer.override.security.protocol\""},
		{"key.converter.schema.registry.url", "remove it: converters with a schema registry are not built"},
		{"value.converter.schema.registry.url", "remove it: converters with a schema registry are not built"},
	};

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (strcmp(name, map[i][0]) == 0)
			return map[i][1];
	return NULL;
}

static void
report_unrecognized(Checker *checker, const ConfigSetting *setting)
{
	Error *error = next_problem(checker);
	const char *known = known_elsewhere(setting->name);
	char nearest[512];

	error_set(error, ERROR_CONFIG, "unrecognized option \"%s\" with value \"%s\" in %s", setting->name, shown(setting),
			  setting->source);
	if (known != NULL)
		error_hint(error, "%s", known);
	else if (*option_nearest(setting->name, nearest, sizeof(nearest)) != '\0')
		error_hint(error, "did you mean %s? wal2kafka --help lists all options", nearest);
	else
		error_hint(error, "remove it; wal2kafka --help lists all options");
}

static void
report_refused(Checker *checker, const ConfigSetting *setting, const char *hint)
{
	Error *error = next_problem(checker);

	error_set(error, ERROR_CONFIG, "cannot use option \"%s\" with value \"%s\" of %s", setting->name, shown(setting),
			  setting->source);
	error_hint(error, "%s", hint);
}

static bool
check_text(Checker *checker, const ConfigSetting *setting)
{
	if (!bytes_are_utf8(setting->value, strlen(setting->value)))
	{
		error_set(next_problem(checker), ERROR_CONFIG, "value of option \"%s\" of %s is not UTF-8", setting->name,
				  setting->source);
		return false;
	}
	return true;
}

static void
check_value(Checker *checker, const OptionInfo *info, const ConfigSetting *setting)
{
	Error error = {.kind = ERROR_NONE};
	char *canonical;

	if (!option_check_value(info, setting->name, setting->value, &canonical, &error))
	{
		adopt(checker, &error);
		return;
	}
	config_set(checker->config, setting->name, canonical, setting->source);
	free(canonical);
}

static bool
is_harmless(const OptionInfo *info, const char *value)
{
	return *value == '\0' || (info->default_value != NULL && strcasecmp(value, info->default_value) == 0);
}

/* Avro, Protobuf and JSON Schema converters, which many configurations name. */
static bool
is_registry_converter(const OptionInfo *info, const char *value)
{
	static const char *const packages[] = {"io.confluent.", "io.apicurio.", "com.amazonaws."};

	if (info != &option_infos[OPT_KEY_CONVERTER] && info != &option_infos[OPT_VALUE_CONVERTER] &&
		info != &option_infos[OPT_HEADER_CONVERTER])
		return false;
	for (size_t i = 0; i < sizeof(packages) / sizeof(packages[0]); i++)
		if (strncasecmp(value, packages[i], strlen(packages[i])) == 0)
			return true;
	return false;
}

static void
check_recognized(Checker *checker, const OptionInfo *info, const ConfigSetting *setting)
{
	if (info->side == SIDE_INTERNAL || info == &option_infos[OPT_FORMAT])
		report_refused(checker, setting, "the relay sets it by itself; remove it");
	else if (info->side == SIDE_REFUSED && is_harmless(info, setting->value))
		log_no_effect(checker, setting, "it asks for nothing");
	else if (info->side == SIDE_REFUSED)
		report_refused(checker, setting, info->help);
	else if (info->side == SIDE_IGNORED)
		log_no_effect(checker, setting, info->help);
	else if (is_registry_converter(info, setting->value))
		report_refused(checker, setting,
					   "converters that need a schema registry are not built, see Limits in README.md; use "
					   "org.apache.kafka.connect.json.JsonConverter");
	else if (check_text(checker, setting))
		check_value(checker, info, setting);
}

static void
check_setting(Checker *checker, const ConfigSetting *setting)
{
	const OptionInfo *info = option_find(setting->name);

	if (config_is_worker_client_setting(setting))
		check_text(checker, setting);
	else if (info != NULL)
		check_recognized(checker, info, setting);
	else if (is_from_worker(setting))
		log_no_effect(checker, setting, "it concerns only a Connect worker");
	else
		report_unrecognized(checker, setting);
}

static void
check_settings(Checker *checker)
{
	for (size_t i = 0; i < checker->config->settings.count; i++)
		check_setting(checker, &checker->config->settings.items[i]);
}

/* Single options whose values need more than kind and range. */

static void
check_characters(Checker *checker, OptionId id, const char *more, bool upper, size_t longest)
{
	const ConfigSetting *setting = setting_list_find(&checker->config->settings, option_infos[id].name);
	const char *c = setting != NULL ? setting->value : "x";

	while (islower((unsigned char) *c) || isdigit((unsigned char) *c) || (upper && isupper((unsigned char) *c)) ||
		   (*c != '\0' && strchr(more, *c) != NULL))
		c++;
	if (setting == NULL || (*c == '\0' && *setting->value != '\0' && strlen(setting->value) <= longest))
		return;
	error_set(next_problem(checker), ERROR_CONFIG, "invalid value \"%s\" for option \"%s\"", setting->value,
			  setting->name);
	error_hint(checker->error, "use %s", option_infos[id].allowed);
}

static void
check_connector_class(Checker *checker)
{
	static const char *const names[] = {"io.debezium.connector.postgresql.PostgresConnector", "PostgresConnector",
										"Postgres"};
	const char *value = config_text(checker->config, OPT_CONNECTOR_CLASS);

	if (value == NULL)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(value, names[i]) == 0)
			return;
	error_set(next_problem(checker), ERROR_CONFIG, "cannot act as connector \"%s\" of option \"connector.class\"",
			  value);
	error_hint(checker->error, "only %s is possible", names[0]);
}

/* Debezium's older names become today's, so that nobody behind this knows them. */
static void
check_snapshot_mode(Checker *checker)
{
	static const char *const built[] = {"initial",		"no_data",	   "always",
										"initial_only", "when_needed", "configuration_based"};
	const char *mode = config_text(checker->config, OPT_SNAPSHOT_MODE);
	const ConfigSetting *setting = setting_list_find(&checker->config->settings, option_infos[OPT_SNAPSHOT_MODE].name);

	if (setting == NULL)
		return;
	for (size_t i = 0; i < sizeof(built) / sizeof(built[0]); i++)
		if (strcmp(mode, built[i]) == 0)
			return;
	if (strcmp(mode, "never") == 0 || strcmp(mode, "schema_only") == 0)
	{
		log_info(checker->log, "snapshot.mode \"%s\" is called \"no_data\" now", mode);
		config_set(checker->config, setting->name, "no_data", setting->source);
		return;
	}
	report_refused(checker, setting, "Java classes cannot be loaded; use one of the others");
}

static void
check_configuration_based(Checker *checker)
{
	const Config *config = checker->config;

	if (strcmp(config_text(config, OPT_SNAPSHOT_MODE), "configuration_based") != 0 ||
		config_bool(config, OPT_SNAPSHOT_MODE_CONFIGURATION_BASED_SNAPSHOT_DATA) ||
		config_bool(config, OPT_SNAPSHOT_MODE_CONFIGURATION_BASED_START_STREAM))
		return;
	error_set(next_problem(checker), ERROR_CONFIG, "snapshot.mode \"configuration_based\" is left with nothing to do");
	error_hint(checker->error, "set snapshot.mode.configuration.based.snapshot.data or "
							   "snapshot.mode.configuration.based.start.stream to true");
}

/* Values of the enum that are recognized, and not built. */
static void
check_unbuilt(Checker *checker, OptionId id, const char *value, const char *hint)
{
	const ConfigSetting *setting = setting_list_find(&checker->config->settings, option_infos[id].name);

	if (setting != NULL && strcmp(setting->value, value) == 0)
		report_refused(checker, setting, hint);
}

/* ByteArrayConverter writes change events only if transforms leave nothing but bytes. */
static void
check_converters(Checker *checker)
{
	const char *transforms = config_family_text(checker->config, "transforms");
	const char *bytes =
		"it writes bytes only, and keys, values and headers of change events are structures and text; use "
		"org.apache.kafka.connect.json.JsonConverter, or transforms that leave nothing but bytes";

	if (transforms != NULL && *transforms != '\0')
		return;
	check_unbuilt(checker, OPT_KEY_CONVERTER, CONVERTER_BYTES, bytes);
	check_unbuilt(checker, OPT_VALUE_CONVERTER, CONVERTER_BYTES, bytes);
	check_unbuilt(checker, OPT_HEADER_CONVERTER, CONVERTER_BYTES, bytes);
}

/* Heartbeats are structures, and no transform of ours makes anything else of them. */
static void
check_heartbeat(Checker *checker)
{
	OptionId converter;

	if (config_int(checker->config, OPT_HEARTBEAT_INTERVAL_MS) == 0)
		return;
	if (config_key_form(checker->config) == FORM_BYTES)
		converter = OPT_KEY_CONVERTER;
	else if (config_value_form(checker->config) == FORM_BYTES)
		converter = OPT_VALUE_CONVERTER;
	else
		return;
	error_set(next_problem(checker), ERROR_CONFIG, "option \"%s\" with value \"%s\" cannot write heartbeats",
			  option_infos[converter].name, config_text(checker->config, converter));
	error_hint(checker->error, "set heartbeat.interval.ms to 0, or give the converter a delegate.converter.type");
}

static void
check_channels(Checker *checker)
{
	Error problem = {.kind = ERROR_NONE};

	if (!config_channels_check(checker->config, checker->log, &problem))
		adopt(checker, &problem);
}

/* Locks protect the schema from changing under Debezium's snapshot; ours needs none. */
static void
note_locking_mode(Checker *checker)
{
	const ConfigSetting *setting =
		setting_list_find(&checker->config->settings, option_infos[OPT_SNAPSHOT_LOCKING_MODE].name);

	if (setting != NULL && strcmp(setting->value, "shared") == 0)
		log_no_effect(checker, setting, "the exported snapshot needs no locks");
}

static void
check_exclusive(Checker *checker, OptionId include, OptionId exclude)
{
	const char *included = config_text(checker->config, include);
	const char *excluded = config_text(checker->config, exclude);

	if (included == NULL || excluded == NULL || *included == '\0' || *excluded == '\0')
		return;
	error_set(next_problem(checker), ERROR_CONFIG, "options \"%s\" and \"%s\" contradict each other",
			  option_infos[include].name, option_infos[exclude].name);
	error_hint(checker->error, "remove one of them");
}

static void
check_flush_mode(Checker *checker)
{
	bool manual = strcmp(config_text(checker->config, OPT_LSN_FLUSH_MODE), "manual") == 0;

	if (!config_is_set(checker->config, OPT_FLUSH_LSN_SOURCE) || !config_is_set(checker->config, OPT_LSN_FLUSH_MODE) ||
		manual != config_bool(checker->config, OPT_FLUSH_LSN_SOURCE))
		return;
	error_set(next_problem(checker), ERROR_CONFIG,
			  "options \"lsn.flush.mode\" and \"flush.lsn.source\" contradict each other");
	error_hint(checker->error, "remove \"flush.lsn.source\", the older of the two");
}

static void
check_http_listen(Checker *checker)
{
	const char *value = config_text(checker->config, OPT_HTTP_LISTEN);
	const char *colon = value != NULL ? strrchr(value, ':') : NULL;
	char *end;
	long port = colon != NULL ? strtol(colon + 1, &end, 10) : 0;

	if (value == NULL || (port >= 1 && port <= 65535 && *end == '\0'))
		return;
	error_set(next_problem(checker), ERROR_CONFIG, "invalid value \"%s\" for option \"http.listen\"", value);
	error_hint(checker->error, "write [host]:port, such as :8083 (this machine alone) or 0.0.0.0:8083");
}

/* The length of one rule of replica.identity.autoset.values, blanks around it included; 0: malformed. */
static size_t
identity_rule_size(const char *rule)
{
	static const char *const identities[] = {"DEFAULT", "FULL", "NOTHING"};
	const char *blank = " \t\n\r\f\v";
	const char *c = rule + strspn(rule, blank);
	size_t table_size = strcspn(c, " \t\n\r\f\v:,");
	size_t name_size;

	c += table_size;
	if (table_size == 0 || *c++ != ':')
		return 0;
	name_size = strncasecmp(c, "INDEX ", 6) == 0 ? strcspn(c + 6, " \t\n\r\f\v,") : 0;
	if (name_size > 0)
		c += 6 + name_size;
	else
		for (size_t i = 0; i < sizeof(identities) / sizeof(identities[0]); i++)
			if (strncasecmp(c, identities[i], strlen(identities[i])) == 0)
				c += strlen(identities[i]);
	if (c[-1] == ':')
		return 0;
	c += strspn(c, blank);
	return *c == ',' || *c == '\0' ? (size_t) (c - rule) : 0;
}

static void
check_identity_rules(Checker *checker)
{
	const char *value = config_text(checker->config, OPT_REPLICA_IDENTITY_AUTOSET_VALUES);
	const char *rule = value;
	size_t size = 0;

	while (rule != NULL && (size = identity_rule_size(rule)) > 0)
		rule = rule[size] == ',' ? rule + size + 1 : NULL;
	if (rule != NULL)
	{
		error_set(next_problem(checker), ERROR_CONFIG,
				  "invalid value \"%s\" for option \"replica.identity.autoset.values\"", value);
		error_hint(checker->error,
				   "write TABLE:IDENTITY,... where TABLE is a regular expression for schema.table without "
				   "commas and IDENTITY is DEFAULT, FULL, NOTHING or INDEX name");
	}
	else if (value != NULL && config_bool(checker->config, OPT_READ_ONLY))
	{
		error_set(next_problem(checker), ERROR_CONFIG,
				  "options \"replica.identity.autoset.values\" and \"read.only\" contradict each other");
		error_hint(checker->error, "remove one of them");
	}
}

/* It becomes a part of the connection's options, so nothing but a size may pass. */
static void
check_work_mem(Checker *checker)
{
	static const char *const units[] = {"", "kB", "MB", "GB"};
	const char *value = config_text(checker->config, OPT_LOGICAL_DECODING_WORK_MEM);
	size_t digits = value != NULL ? strspn(value, "0123456789") : 0;

	if (value == NULL)
		return;
	for (size_t i = 0; digits > 0 && digits < 10 && i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(value + digits, units[i]) == 0)
			return;
	error_set(next_problem(checker), ERROR_CONFIG, "invalid value \"%s\" for option \"logical.decoding.work.mem\"",
			  value);
	error_hint(checker->error, "write a size as PostgreSQL does: 256MB");
}

/* Who watches over it must look often enough, and look at all. */
static void
check_watchdog(Checker *checker)
{
	int64_t interval_ms = config_int(checker->config, OPT_SLOT_WATCH_INTERVAL_MS);
	int64_t timeout_ms = config_int(checker->config, OPT_WATCHDOG_TIMEOUT_MS);

	if (timeout_ms == 0 || (interval_ms > 0 && timeout_ms >= 2 * interval_ms))
		return;
	error_set(next_problem(checker), ERROR_CONFIG,
			  "option \"watchdog.timeout.ms\" is too short for \"slot.watch.interval.ms\"");
	error_hint(checker->error, "make it at least twice slot.watch.interval.ms, which must not be 0");
}

static bool
repeats_snapshots(const Config *config)
{
	const char *mode = config_text(config, OPT_SNAPSHOT_MODE);

	return strcmp(mode, "always") == 0 || (strcmp(mode, "configuration_based") == 0 &&
										   config_bool(config, OPT_SNAPSHOT_MODE_CONFIGURATION_BASED_SNAPSHOT_DATA));
}

/* What cannot be had exactly once. */
static void
check_exactly_once(Checker *checker)
{
	const Config *config = checker->config;
	const ConfigSetting *setting = setting_list_find(&config->settings, option_infos[OPT_EXACTLY_ONCE_SUPPORT].name);

	if (setting == NULL || strcmp(setting->value, "required") != 0)
		return;
	if (config->sink == CONFIG_SINK_STDOUT || config->sink == CONFIG_SINK_NULL)
		report_refused(checker, setting, "stdout and the null sink take nothing back; use Kafka or a file");
	else if (repeats_snapshots(config))
		report_refused(checker, setting, "this snapshot.mode sends all rows again at every start");
}

/* A topic for what is not tolerated, and a topic that would not say why. */
static void
note_dead_letters(Checker *checker)
{
	const ConfigSetting *setting =
		setting_list_find(&checker->config->settings, option_infos[OPT_ERRORS_DEADLETTERQUEUE_TOPIC_NAME].name);

	if (setting == NULL || *setting->value == '\0')
		return;
	check_characters(checker, OPT_ERRORS_DEADLETTERQUEUE_TOPIC_NAME, "_.-", true, 249);
	if (strcmp(config_text(checker->config, OPT_ERRORS_TOLERANCE), "all") != 0)
		log_no_effect(checker, setting, "errors.tolerance is none, so the first such record stops the relay");
	else if (!config_bool(checker->config, OPT_ERRORS_DEADLETTERQUEUE_CONTEXT_HEADERS_ENABLE))
		log_info(checker->log, "records in the dead letter topic will not say what happened: "
							   "errors.deadletterqueue.context.headers.enable is false");
}

static void
check_combinations(Checker *checker)
{
	check_connector_class(checker);
	check_characters(checker, OPT_TOPIC_PREFIX, "_.-", true, 249);
	check_characters(checker, OPT_SLOT_NAME, "_", false, 63);
	check_snapshot_mode(checker);
	check_configuration_based(checker);
	check_unbuilt(checker, OPT_SNAPSHOT_LOCKING_MODE, "custom", "Java classes cannot be loaded; use none");
	note_locking_mode(checker);
	check_converters(checker);
	check_heartbeat(checker);
	check_channels(checker);
	check_unbuilt(checker, OPT_SNAPSHOT_QUERY_MODE, "custom", "Java classes cannot be loaded; use select_all");
	check_exactly_once(checker);
	check_exclusive(checker, OPT_SCHEMA_INCLUDE_LIST, OPT_SCHEMA_EXCLUDE_LIST);
	check_exclusive(checker, OPT_TABLE_INCLUDE_LIST, OPT_TABLE_EXCLUDE_LIST);
	check_exclusive(checker, OPT_COLUMN_INCLUDE_LIST, OPT_COLUMN_EXCLUDE_LIST);
	check_exclusive(checker, OPT_MESSAGE_PREFIX_INCLUDE_LIST, OPT_MESSAGE_PREFIX_EXCLUDE_LIST);
	check_identity_rules(checker);
	note_dead_letters(checker);
	check_work_mem(checker);
	check_watchdog(checker);
	check_flush_mode(checker);
	check_http_listen(checker);
}

static void
check_required(Checker *checker)
{
	const Config *config = checker->config;

	if (config->purpose != CONFIG_FOR_STATUS && !config_is_set(config, OPT_TOPIC_PREFIX))
	{
		error_set(next_problem(checker), ERROR_CONFIG, "option \"topic.prefix\" is missing");
		error_hint(checker->error, "set it in connector.json or with --set topic.prefix=NAME");
	}
	if (config->purpose == CONFIG_FOR_RUN && config->sink == CONFIG_SINK_KAFKA &&
		setting_list_find(&config->rdkafka, "bootstrap.servers") == NULL)
	{
		error_set(next_problem(checker), ERROR_CONFIG, "no Kafka brokers are named");
		error_hint(checker->error,
				   "set --bootstrap-servers, BOOTSTRAP_SERVERS or bootstrap.servers in worker properties, or try "
				   "--sink stdout");
	}
}

static void
log_start(const Checker *checker)
{
	const Config *config = checker->config;
	const char *name = config_text(config, OPT_NAME);

	log_info(checker->log, "connector \"%s\" writes changes of database \"%s\" to topics of \"%s\"",
			 name != NULL ? name : config_text(config, OPT_TOPIC_PREFIX), config->database,
			 config_text(config, OPT_TOPIC_PREFIX));
}

bool
config_check(Config *config, Logger *log, Error *error)
{
	Checker checker = {config, log, error, false};
	Error step = {.kind = ERROR_NONE};

	check_settings(&checker);
	if (!checker.failed)
		check_combinations(&checker);
	if (!config_connection_build(config, &step))
		adopt(&checker, &step);
	if (!config_rdkafka_build(config, log, &step))
		adopt(&checker, &step);
	check_required(&checker);
	if (!checker.failed && config->purpose == CONFIG_FOR_RUN)
		log_start(&checker);
	return !checker.failed;
}

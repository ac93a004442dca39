/*
 * config_rdkafka.c
 *	  Kafka settings of all layers to one list of librdkafka's.
 *
 * Layers, last wins: defaults, worker-wide client settings, producer.*,
 * producer.override.*, rdkafka.*.  Java's layers are merged before they are
 * translated, since some settings are judged together (stores and types).
 */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "java_client.h"
#include "memory.h"

#define OVERRIDE_PREFIX "producer.override."
#define PRODUCER_PREFIX "producer."
#define RDKAFKA_PREFIX "rdkafka."
#define DEFAULT_SOURCE "default"

typedef struct Building
{
	Config *config;
	Logger *log;
} Building;

bool
config_is_worker_client_setting(const ConfigSetting *setting)
{
	static const char *const prefixes[] = {"security.", "sasl.", "ssl."};

	if (strcmp(setting->source, CONFIG_SOURCE_WORKER) != 0)
		return false;
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(setting->name, prefixes[i], strlen(prefixes[i])) == 0)
			return java_client_knows(setting->name);
	return false;
}

static bool
is_from_worker(const Building *building, const char *given_name)
{
	const ConfigSetting *given = setting_list_find(&building->config->settings, given_name);

	return given != NULL && strcmp(given->source, CONFIG_SOURCE_WORKER) == 0;
}

static void
note_no_effect(void *arg, const ConfigSetting *setting, const char *reason)
{
	Building *building = arg;

	log_line(building->log, is_from_worker(building, setting->source) ? LOG_DEBUG : LOG_INFO,
			 "option \"%s\" has no effect: %s", setting->source, reason);
}

static void
take(void *arg, const char *name, const char *value, const ConfigSetting *given)
{
	Building *building = arg;

	setting_list_set(&building->config->rdkafka, name, value, given->source);
}

/* Adds all settings of one layer under the producer's own names; their source becomes the name they were given by. */
static void
add_layer(const Config *config, const char *prefix, const char *except, SettingList *java)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, prefix, &at)) != NULL)
		if (except == NULL || strncmp(setting->name, except, strlen(except)) != 0)
			setting_list_set(java, setting->name + strlen(prefix), setting->value, setting->name);
}

static void
add_worker_layer(const Config *config, SettingList *java)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, "", &at)) != NULL)
		if (config_is_worker_client_setting(setting))
			setting_list_set(java, setting->name, setting->value, setting->name);
}

/* The plain option, which the command line sets, beats producer.* there, and is beaten by it elsewhere. */
static void
add_bootstrap_servers(const Config *config, SettingList *java, bool from_command_line)
{
	const char *name = option_infos[OPT_BOOTSTRAP_SERVERS].name;
	const ConfigSetting *setting = setting_list_find(&config->settings, name);

	if (setting != NULL && (strncmp(setting->source, "--", 2) == 0) == from_command_line)
		setting_list_set(java, name, setting->value, setting->name);
}

static void
merge_layers(const Config *config, SettingList *java)
{
	add_bootstrap_servers(config, java, false);
	add_worker_layer(config, java);
	add_layer(config, PRODUCER_PREFIX, OVERRIDE_PREFIX, java);
	add_layer(config, OVERRIDE_PREFIX, NULL, java);
	add_bootstrap_servers(config, java, true);
}

static bool
translate_all(Building *building, const SettingList *java, Error *error)
{
	JavaClient client = {java->items, java->count, take, note_no_effect, building};

	for (size_t i = 0; i < java->count; i++)
	{
		const ConfigSetting *setting = &java->items[i];

		/* Kafka's own producer only warns of what it does not know; a worker file may hold any */
		if (!java_client_knows(setting->name) && is_from_worker(building, setting->source))
			note_no_effect(building, setting, "the producer has no such setting");
		else if (!java_client_translate(&client, setting, error))
			return false;
	}
	return true;
}

static void
set_defaults(SettingList *list)
{
	setting_list_set(list, "enable.idempotence", "true", DEFAULT_SOURCE);
	setting_list_set(list, "acks", "all", DEFAULT_SOURCE);
	setting_list_set(list, "compression.codec", "lz4", DEFAULT_SOURCE);
	setting_list_set(list, "partitioner", "murmur2_random", DEFAULT_SOURCE);
	setting_list_set(list, "message.max.bytes", "1048576", DEFAULT_SOURCE); /* Java's max.request.size */
}

static bool
refuse_own(const ConfigSetting *setting, const char *hint, Error *error)
{
	error_set(error, ERROR_CONFIG, "cannot use value \"%s\" of option \"%s\"", setting->value, setting->name);
	error_hint(error, "%s", hint);
	return false;
}

/* librdkafka has several names for some settings; ours must not stand beside the user's alias. */
static const char *
one_name(const char *name)
{
	static const char *const aliases[][2] = {
		{"request.required.acks", "acks"},
		{"compression.type", "compression.codec"},
		{"metadata.broker.list", "bootstrap.servers"},
		{"queue.buffering.max.ms", "linger.ms"},
		{"message.send.max.retries", "retries"},
		{"sasl.mechanism", "sasl.mechanisms"},
		{"delivery.timeout.ms", "message.timeout.ms"},
		{"max.in.flight", "max.in.flight.requests.per.connection"},
	};

	for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++)
		if (strcmp(name, aliases[i][0]) == 0)
			return aliases[i][1];
	return name;
}

static bool
add_own_settings(Config *config, Error *error)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, RDKAFKA_PREFIX, &at)) != NULL)
	{
		const char *name = one_name(setting->name + strlen(RDKAFKA_PREFIX));

		if (strcmp(name, "acks") == 0 && strcmp(setting->value, "all") != 0 && strcmp(setting->value, "-1") != 0)
			return refuse_own(setting, "what is confirmed to PostgreSQL must be durable: use all", error);
		setting_list_set(&config->rdkafka, name, setting->value, setting->name);
	}
	return true;
}

/* Settings of transactions concern exactly once only. */
static bool
check_transactional(Config *config, Error *error)
{
	static const char *const names[] = {"transactional.id", "transaction.timeout.ms"};

	if (strcmp(config_text(config, OPT_EXACTLY_ONCE_SUPPORT), "required") == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		const ConfigSetting *setting = setting_list_find(&config->rdkafka, names[i]);

		if (setting != NULL && *setting->value != '\0')
		{
			error_set(error, ERROR_CONFIG, "cannot use value \"%s\" of option \"%s\"", setting->value, setting->source);
			error_hint(error, "it concerns transactions: set exactly.once.support=required, or remove it");
			return false;
		}
	}
	return true;
}

/* Without idempotence, only one request at a time keeps the order of retried batches. */
static void
keep_order(SettingList *list)
{
	const ConfigSetting *idempotence = setting_list_find(list, "enable.idempotence");

	if (idempotence != NULL && strcmp(idempotence->value, "false") == 0)
		setting_list_set(list, "max.in.flight.requests.per.connection", "1", idempotence->source);
}

static bool
try_setting(rd_kafka_conf_t *conf, const ConfigSetting *setting, Error *error)
{
	char reason[512] = "";
	bool secret = option_is_secret(setting->source) || option_is_secret(setting->name);

	if (rd_kafka_conf_set(conf, setting->name, setting->value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
		return true;
	error_set(error, ERROR_CONFIG, "invalid value \"%s\" for option \"%s\"", secret ? "********" : setting->value,
			  setting->source);
	if (!secret)
		error_hint(error, "librdkafka says: %s", reason);
	return false;
}

static bool
try_settings(const SettingList *list, Error *error)
{
	rd_kafka_conf_t *conf = memory_checked(rd_kafka_conf_new());
	bool valid = true;

	for (size_t i = 0; i < list->count && valid; i++)
		valid = try_setting(conf, &list->items[i], error);
	rd_kafka_conf_destroy(conf);
	return valid;
}

static void
terminate_list(SettingList *list)
{
	list->items = bytes_realloc(list->items, (list->count + 1) * sizeof(ConfigSetting));
	memset(&list->items[list->count], 0, sizeof(ConfigSetting));
}

bool
config_rdkafka_build(Config *config, Logger *log, Error *error)
{
	Building building = {config, log};
	SettingList java = {NULL, 0};
	bool built;

	setting_list_free(&config->rdkafka);
	set_defaults(&config->rdkafka);
	merge_layers(config, &java);
	built = translate_all(&building, &java, error) && add_own_settings(config, error);
	setting_list_free(&java);
	if (built)
	{
		keep_order(&config->rdkafka);
		built = try_settings(&config->rdkafka, error) && check_transactional(config, error);
	}
	free(config->max_request_size);
	config->max_request_size = memory_strdup(setting_list_find(&config->rdkafka, "message.max.bytes")->value);
	terminate_list(&config->rdkafka);
	return built;
}

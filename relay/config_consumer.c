/*
 * config_consumer.c
 *	  signal.consumer.* to settings of librdkafka's consumer: those that only a
 *	  consumer has by a table, the others as the producer's.
 */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>

#include "config_internal.h"
#include "java_client.h"
#include "memory.h"

#define CONSUMER_PREFIX "signal.consumer."
#define BY_HAND "the partition is assigned by hand, no group shares it"
#define WHEN_HANDLED "the offset of a signal is committed when it is handled"

/* Settings of the Java consumer only; without counterpart they have no effect, for the reason given. */
typedef struct ConsumerProperty
{
	const char *name;
	const char *counterpart;
	const char *reason;
} ConsumerProperty;

static const ConsumerProperty properties[] = {
	{"allow.auto.create.topics", "allow.auto.create.topics", NULL},
	{"auto.commit.interval.ms", NULL, WHEN_HANDLED},
	{"auto.offset.reset", "auto.offset.reset", NULL},
	{"check.crcs", "check.crcs", NULL},
	{"default.api.timeout.ms", NULL, "nothing waits for signals"},
	{"enable.auto.commit", NULL, WHEN_HANDLED},
	{"exclude.internal.topics", NULL, BY_HAND},
	{"fetch.max.bytes", "fetch.max.bytes", NULL},
	{"fetch.max.wait.ms", "fetch.wait.max.ms", NULL},
	{"fetch.min.bytes", "fetch.min.bytes", NULL},
	{"group.id", "group.id", NULL},
	{"group.instance.id", NULL, BY_HAND},
	{"group.protocol", NULL, BY_HAND},
	{"group.remote.assignor", NULL, BY_HAND},
	{"heartbeat.interval.ms", NULL, BY_HAND},
	{"isolation.level", "isolation.level", NULL},
	{"max.partition.fetch.bytes", "max.partition.fetch.bytes", NULL},
	{"max.poll.interval.ms", NULL, BY_HAND},
	{"max.poll.records", NULL, "all that has arrived is taken"},
	{"partition.assignment.strategy", NULL, BY_HAND},
	{"session.timeout.ms", NULL, BY_HAND},
};

/* Of those that java_client knows, what a consumer has, too. */
static const char *const shared[] = {
	"auto.include.jmx.reporter",
	"bootstrap.servers",
	"client.",
	"confluent.",
	"connections.",
	"enable.metrics.push",
	"interceptor.classes",
	"metadata.",
	"metric",
	"receive.",
	"reconnect.",
	"request.timeout.ms",
	"retry.",
	"sasl.",
	"security.",
	"send.",
	"socket.",
	"ssl.",
};

typedef struct Building
{
	Config *config;
	Logger *log;
} Building;

static const ConsumerProperty *
find_property(const char *name)
{
	for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++)
		if (strcmp(properties[i].name, name) == 0)
			return &properties[i];
	return NULL;
}

static bool
is_shared(const char *name)
{
	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (strncmp(name, shared[i], strlen(shared[i])) == 0)
			return java_client_knows(name);
	return false;
}

static void
note_no_effect(void *arg, const ConfigSetting *setting, const char *reason)
{
	const Building *building = arg;

	log_info(building->log, "option \"%s\" has no effect: %s", setting->source, reason);
}

static void
take(void *arg, const char *name, const char *value, const ConfigSetting *given)
{
	Building *building = arg;

	/* the Java name stands for two of librdkafka's, of which this is the producer's */
	if (strcmp(name, "request.timeout.ms") != 0)
		setting_list_set(&building->config->signal_consumer, name, value, given->source);
}

static bool
check_deserializer(Building *building, const ConfigSetting *setting, Error *error)
{
	if (strcmp(setting->value, "org.apache.kafka.common.serialization.StringDeserializer") != 0)
	{
		error_set(error, ERROR_CONFIG, "cannot use value \"%s\" of option \"%s\"", setting->value, setting->source);
		error_hint(error, "signals are text; remove the option");
		return false;
	}
	note_no_effect(building, setting, "signals are text");
	return true;
}

static bool
translate(Building *building, const JavaClient *client, const ConfigSetting *setting, Error *error)
{
	const ConsumerProperty *property = find_property(setting->name);

	if (strcmp(setting->name, "key.deserializer") == 0 || strcmp(setting->name, "value.deserializer") == 0)
		return check_deserializer(building, setting, error);
	if (is_shared(setting->name))
		return java_client_translate(client, setting, error);
	if (property == NULL)
	{
		error_set(error, ERROR_CONFIG, "unrecognized consumer setting \"%s\" in option \"%s\"", setting->name,
				  setting->source);
		error_hint(error, "remove it");
		return false;
	}
	if (property->counterpart == NULL)
		note_no_effect(building, setting, property->reason);
	else if (strcmp(setting->name, "auto.offset.reset") == 0 && strcmp(setting->value, "none") == 0)
		take(building, property->counterpart, "error", setting);
	else
		take(building, property->counterpart, setting->value, setting);
	return true;
}

/* What KafkaSignalChannel sets where signal.consumer.* does not, and what Java's consumer has by default. */
static void
set_defaults(Config *config)
{
	SettingList *list = &config->signal_consumer;
	const char *servers = config_text(config, OPT_SIGNAL_KAFKA_BOOTSTRAP_SERVERS);

	setting_list_set(list, "auto.offset.reset", "earliest", "default");
	setting_list_set(list, "isolation.level", "read_uncommitted", "default");
	setting_list_set(list, "allow.auto.create.topics", "true", "default");
	setting_list_set(list, "group.id", config_text(config, OPT_SIGNAL_KAFKA_GROUP_ID), "signal.kafka.groupId");
	if (servers != NULL && *servers != '\0')
		setting_list_set(list, "bootstrap.servers", servers, "signal.kafka.bootstrap.servers");
}

static bool
try_settings(const SettingList *list, Error *error)
{
	rd_kafka_conf_t *conf = memory_checked(rd_kafka_conf_new());
	bool valid = true;

	for (size_t i = 0; i < list->count && valid; i++)
	{
		const ConfigSetting *setting = &list->items[i];
		bool secret = option_is_secret(setting->source) || option_is_secret(setting->name);
		char reason[512] = "";

		valid = rd_kafka_conf_set(conf, setting->name, setting->value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK;
		if (!valid)
			error_set(error, ERROR_CONFIG, "invalid value \"%s\" for option \"%s\"",
					  secret ? "********" : setting->value, setting->source);
		if (!valid && !secret)
			error_hint(error, "librdkafka says: %s", reason);
	}
	rd_kafka_conf_destroy(conf);
	return valid;
}

static bool
translate_all(Building *building, Error *error)
{
	SettingList java = {NULL, 0};
	JavaClient client = {.emit = take, .note = note_no_effect, .arg = building};
	const ConfigSetting *setting;
	size_t at = 0;
	bool good = true;

	while ((setting = config_next(building->config, CONSUMER_PREFIX, &at)) != NULL)
		setting_list_set(&java, setting->name + strlen(CONSUMER_PREFIX), setting->value, setting->name);
	client.settings = java.items;
	client.count = java.count;
	for (size_t i = 0; i < java.count && good; i++)
		good = translate(building, &client, &java.items[i], error);
	setting_list_free(&java);
	return good;
}

bool
config_consumer_build(Config *config, Logger *log, Error *error)
{
	Building building = {config, log};

	setting_list_free(&config->signal_consumer);
	set_defaults(config);
	return translate_all(&building, error) && try_settings(&config->signal_consumer, error);
}

const ConfigSetting *
config_signal_consumer(const Config *config, size_t *count)
{
	*count = config->signal_consumer.count;
	return config->signal_consumer.items;
}

/*
 * config_channels.c
 *	  Judging the options of signals and notifications.
 */
#include "config_channels.h"

#include <ctype.h>
#include <string.h>

#include "config_internal.h"

#define TOPIC_SIZE_MAX 249

/* A channel, and why it cannot be had (NULL: it can). */
typedef struct Channel
{
	const char *name;
	const char *reason;
} Channel;

static const Channel notification_channels[] = {
	{"sink", NULL},
	{"log", NULL},
	{"jmx", "there is no JVM; use sink or log, and http.listen for metrics"},
	{"http", "it is not built; use sink or log"},
	{NULL, NULL},
};

static const Channel signal_channels[] = {
	{"source", NULL},
	{"kafka", NULL},
	{"file", "it is not built; use kafka, or SELECT wal2debezium.signal(...)"},
	{"jmx", "there is no JVM; use source or kafka, or SELECT wal2debezium.signal(...)"},
	{"in-process", "there is no JVM; use source or kafka, or SELECT wal2debezium.signal(...)"},
	{NULL, NULL},
};

static bool
is_item(const char *item, size_t size, const char *name)
{
	return strlen(name) == size && strncmp(item, name, size) == 0;
}

/* The next item of a comma-separated list, without blanks round it; false: there is none. */
static bool
next_item(const char **at, const char **item, size_t *size)
{
	while (**at == ',' || isspace((unsigned char) **at))
		(*at)++;
	*item = *at;
	*at += strcspn(*at, ",");
	*size = (size_t) (*at - *item);
	while (*size > 0 && isspace((unsigned char) (*item)[*size - 1]))
		(*size)--;
	return *size > 0;
}

bool
config_has_item(const Config *config, OptionId id, const char *name)
{
	const char *at = config_text(config, id);
	const char *item;
	size_t size;

	while (at != NULL && next_item(&at, &item, &size))
		if (is_item(item, size, name))
			return true;
	return false;
}

static bool
refuse_item(OptionId id, const char *item, size_t size, const char *hint, Error *error)
{
	error_set(error, ERROR_CONFIG, "cannot use value \"%.*s\" of option \"%s\"", (int) size, item,
			  option_infos[id].name);
	error_hint(error, "%s", hint);
	return false;
}

static bool
check_channels(const Config *config, OptionId id, const Channel *channels, const char *known, Error *error)
{
	const char *at = config_text(config, id);
	const char *item;
	size_t size;

	while (at != NULL && next_item(&at, &item, &size))
	{
		const Channel *channel = channels;

		while (channel->name != NULL && !is_item(item, size, channel->name))
			channel++;
		if (channel->name == NULL || channel->reason != NULL)
			return refuse_item(id, item, size, channel->name == NULL ? known : channel->reason, error);
	}
	return true;
}

/* What Kafka takes as a topic. */
static bool
is_topic(const char *name)
{
	size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-");

	return size > 0 && size <= TOPIC_SIZE_MAX && name[size] == '\0' && strcmp(name, ".") != 0 &&
		   strcmp(name, "..") != 0;
}

static bool
check_topic(const Config *config, OptionId id, Error *error)
{
	const char *topic = config_text(config, id);

	if (topic != NULL && is_topic(topic))
		return true;
	if (topic == NULL || *topic == '\0')
	{
		error_set(error, ERROR_CONFIG, "option \"%s\" is missing", option_infos[id].name);
		error_hint(error, "name the topic, or take sink off notification.enabled.channels");
		return false;
	}
	return refuse_item(id, topic, strlen(topic),
					   "write a topic's name: at most 249 of letters, digits, '.', '_' and '-'", error);
}

/* As with heartbeats: they are structures. */
static bool
check_form(const Config *config, Error *error)
{
	bool key = config_key_form(config) == FORM_BYTES;
	OptionId converter = key ? OPT_KEY_CONVERTER : OPT_VALUE_CONVERTER;

	if (!key && config_value_form(config) != FORM_BYTES)
		return true;
	error_set(error, ERROR_CONFIG, "option \"%s\" with value \"%s\" cannot write notifications",
			  option_infos[converter].name, config_text(config, converter));
	error_hint(error, "take sink off notification.enabled.channels, or give the converter a delegate.converter.type");
	return false;
}

static bool
check_notifications(const Config *config, Logger *log, Error *error)
{
	if (!check_channels(config, OPT_NOTIFICATION_ENABLED_CHANNELS, notification_channels,
						"the channels of notifications are sink and log", error))
		return false;
	if (config_has_item(config, OPT_NOTIFICATION_ENABLED_CHANNELS, "sink"))
		return check_topic(config, OPT_NOTIFICATION_SINK_TOPIC_NAME, error) && check_form(config, error);
	if (config_is_set(config, OPT_NOTIFICATION_SINK_TOPIC_NAME))
		log_info(log,
				 "option \"notification.sink.topic.name\" has no effect: notification.enabled.channels has no sink");
	return true;
}

static bool
check_signal_topic(const Config *config, Error *error)
{
	const char *topic = config_text(config, OPT_SIGNAL_KAFKA_TOPIC);

	return topic == NULL || *topic == '\0' || check_topic(config, OPT_SIGNAL_KAFKA_TOPIC, error);
}

static bool
check_signal_servers(const Config *config, Error *error)
{
	const char *servers = config_text(config, OPT_SIGNAL_KAFKA_BOOTSTRAP_SERVERS);

	if ((servers != NULL && *servers != '\0') ||
		config_family_text(config, "signal.consumer.bootstrap.servers") != NULL)
		return true;
	error_set(error, ERROR_CONFIG, "option \"signal.kafka.bootstrap.servers\" is missing");
	error_hint(error, "name the brokers of the signal topic, or take kafka off signal.enabled.channels");
	return false;
}

static bool
check_signals(Config *config, Logger *log, Error *error)
{
	const ConfigSetting *setting;
	size_t at = 0;

	if (!check_channels(config, OPT_SIGNAL_ENABLED_CHANNELS, signal_channels,
						"the channels of signals are source and kafka", error))
		return false;
	if (config_has_item(config, OPT_SIGNAL_ENABLED_CHANNELS, "kafka"))
		return check_signal_topic(config, error) && check_signal_servers(config, error) &&
			   config_consumer_build(config, log, error);
	while ((setting = config_next(config, "signal.kafka.", &at)) != NULL)
		log_info(log, "option \"%s\" has no effect: signal.enabled.channels has no kafka", setting->name);
	return true;
}

bool
config_channels_check(Config *config, Logger *log, Error *error)
{
	return check_notifications(config, log, error) && check_signals(config, log, error);
}

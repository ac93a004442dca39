/*
 * kafka_topics.c
 *	  topic.creation.* read into groups, and topics made from them.
 */
#include "kafka_topics.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <errno.h>
#include <limits.h>
#include <pcre2.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "bytes.h"

#define PREFIX "topic.creation."
#define DEFAULT_GROUP "default"
#define CREATE_TIMEOUT_MS 30000

typedef struct Pattern
{
	pcre2_code *code;
	struct Pattern *next;
} Pattern;

typedef struct TopicSetting
{
	const char *name; /* borrowed from the config */
	const char *value;
} TopicSetting;

typedef struct TopicGroup
{
	char *name;
	Pattern *includes;
	Pattern *excludes;
	int partitions;			/* -1: the brokers' default */
	int replication_factor; /* likewise */
	bool has_partitions;
	bool has_replication_factor;
	TopicSetting *settings;
	size_t setting_count;
} TopicGroup;

struct KafkaTopics
{
	TopicGroup *groups; /* in the order they are tried; the last is "default" */
	size_t count;
};

/* ---- reading the options ---- */

static void
free_patterns(Pattern *pattern)
{
	while (pattern)
	{
		Pattern *next = pattern->next;

		pcre2_code_free(pattern->code);
		free(pattern);
		pattern = next;
	}
}

void
kafka_topics_free(KafkaTopics *topics)
{
	if (topics == NULL)
		return;
	for (size_t i = 0; i < topics->count; i++)
	{
		free_patterns(topics->groups[i].includes);
		free_patterns(topics->groups[i].excludes);
		free(topics->groups[i].settings);
		free(topics->groups[i].name);
	}
	free(topics->groups);
	free(topics);
}

static bool
bad_value(const ConfigSetting *setting, const char *hint, Error *error)
{
	error_set(error, ERROR_CONFIG, "invalid value for option \"%s\": \"%s\"", setting->name, setting->value);
	error_hint(error, "%s", hint);
	return false;
}

static bool
add_pattern(Pattern **patterns, const ConfigSetting *setting, const char *text, size_t size, Error *error)
{
	PCRE2_SIZE offset;
	PCRE2_UCHAR reason[256];
	int code;
	pcre2_code *compiled =
		pcre2_compile((PCRE2_SPTR) text, size, PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED, &code, &offset, NULL);

	if (compiled == NULL)
	{
		pcre2_get_error_message(code, reason, sizeof(reason));
		return bad_value(setting, (const char *) reason, error);
	}
	*patterns = memcpy(bytes_alloc(sizeof(Pattern)), &(Pattern){compiled, *patterns}, sizeof(Pattern));
	return true;
}

/* Connect's lists: separated by commas, blanks around them do not count, so a comma cannot stand in a pattern. */
static bool
add_patterns(Pattern **patterns, const ConfigSetting *setting, Error *error)
{
	const char *at = setting->value;

	while (*at)
	{
		size_t size;

		at += strspn(at, ", \t\n");
		size = strcspn(at, ",");
		while (size > 0 && strchr(" \t\n", at[size - 1]))
			size--;
		if (size > 0 && !add_pattern(patterns, setting, at, size, error))
			return false;
		at += size;
		at += strcspn(at, ",");
	}
	return *patterns ? true : bad_value(setting, "Give a comma-separated list of regular expressions.", error);
}

static bool
read_count(int *count, bool *given, int maximum, const ConfigSetting *setting, Error *error)
{
	char *end;
	long number;

	errno = 0;
	number = strtol(setting->value, &end, 10);
	if (errno != 0 || end == setting->value || *end != '\0' || number == 0 || number < -1 || number > maximum)
		return bad_value(setting, "Give a number of at least 1, or -1 for the brokers' default.", error);
	*count = (int) number;
	*given = true;
	return true;
}

static bool
read_group_setting(TopicGroup *group, const char *key, const ConfigSetting *setting, Error *error)
{
	bool is_default = strcmp(group->name, DEFAULT_GROUP) == 0;

	if (strcmp(key, "partitions") == 0)
		return read_count(&group->partitions, &group->has_partitions, INT_MAX, setting, error);
	if (strcmp(key, "replication.factor") == 0)
		return read_count(&group->replication_factor, &group->has_replication_factor, SHRT_MAX, setting, error);
	if (!is_default && strcmp(key, "include") == 0)
		return add_patterns(&group->includes, setting, error);
	if (!is_default && strcmp(key, "exclude") == 0)
		return add_patterns(&group->excludes, setting, error);
	if (strcmp(key, "include") == 0 || strcmp(key, "exclude") == 0)
		return bad_value(setting, "The default group takes all topics; remove the option.", error);
	group->settings = bytes_realloc(group->settings, (group->setting_count + 1) * sizeof(TopicSetting));
	group->settings[group->setting_count++] = (TopicSetting){key, setting->value};
	return true;
}

static bool
read_group(TopicGroup *group, const Config *config, Error *error)
{
	Buffer prefix = {0};
	size_t at = 0;
	const ConfigSetting *setting;
	bool good = true;

	buffer_append_text(&prefix, PREFIX);
	buffer_append_text(&prefix, group->name);
	buffer_append(&prefix, ".", 2);
	while (good && (setting = config_next(config, prefix.data, &at)) != NULL)
		good = read_group_setting(group, setting->name + prefix.size - 1, setting, error);
	buffer_free(&prefix);
	return good;
}

/* A group other than default falls back on the default's counts, as in Connect. */
static bool
complete_group(TopicGroup *group, const TopicGroup *defaults, Error *error)
{
	if (group == defaults)
	{
		if (group->has_partitions && group->has_replication_factor)
			return true;
		error_set(error, ERROR_CONFIG,
				  "options \"topic.creation.default.replication.factor\" and "
				  "\"topic.creation.default.partitions\" must be set when topics are to be created");
		error_hint(error, "Use -1 for the brokers' defaults, or remove all topic.creation options.");
		return false;
	}
	if (group->includes == NULL)
	{
		error_set(error, ERROR_CONFIG, "option \"topic.creation.%s.include\" must be set", group->name);
		error_hint(error, "A group of topic.creation.groups needs the regular expressions of its topics.");
		return false;
	}
	if (!group->has_partitions)
		group->partitions = defaults->partitions;
	if (!group->has_replication_factor)
		group->replication_factor = defaults->replication_factor;
	return true;
}

static void
add_group(KafkaTopics *topics, const char *name, size_t size)
{
	topics->groups = bytes_realloc(topics->groups, (topics->count + 1) * sizeof(TopicGroup));
	topics->groups[topics->count++] =
		(TopicGroup){.name = bytes_copy_text(name, size), .partitions = -1, .replication_factor = -1};
}

static bool
has_group(const KafkaTopics *topics, const char *name, size_t size)
{
	for (size_t i = 0; i < topics->count; i++)
	{
		if (strlen(topics->groups[i].name) == size && strncmp(topics->groups[i].name, name, size) == 0)
			return true;
	}
	return false;
}

static bool
list_groups(KafkaTopics *topics, const ConfigSetting *groups, Error *error)
{
	const char *at = groups ? groups->value : "";

	while (*at)
	{
		size_t size;

		at += strspn(at, ", \t");
		size = strcspn(at, ", \t");
		if (has_group(topics, at, size))
			return bad_value(groups, "A group is named twice.", error);
		if (size > 0 && !(size == strlen(DEFAULT_GROUP) && strncmp(at, DEFAULT_GROUP, size) == 0))
			add_group(topics, at, size);
		at += size;
	}
	add_group(topics, DEFAULT_GROUP, strlen(DEFAULT_GROUP));
	return true;
}

/* An option of a group that is not in topic.creation.groups is a typing error. */
static bool
check_names(const KafkaTopics *topics, const Config *config, Error *error)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, PREFIX, &at)) != NULL)
	{
		const char *group = setting->name + strlen(PREFIX);
		size_t size = strcspn(group, ".");
		bool known = group[size] == '.' && has_group(topics, group, size);

		if (known || strcmp(group, "enable") == 0 || strcmp(group, "groups") == 0)
			continue;
		error_set(error, ERROR_CONFIG, "unrecognized option \"%s\"", setting->name);
		error_hint(error, "Its group is neither \"default\" nor named in topic.creation.groups.");
		return false;
	}
	return true;
}

static const ConfigSetting *
find_setting(const Config *config, const char *name)
{
	size_t at = 0;
	const ConfigSetting *setting;

	while ((setting = config_next(config, name, &at)) != NULL)
	{
		if (strcmp(setting->name, name) == 0)
			return setting;
	}
	return NULL;
}

static bool
read_groups(KafkaTopics *topics, const Config *config, Error *error)
{
	if (!list_groups(topics, find_setting(config, PREFIX "groups"), error) || !check_names(topics, config, error))
		return false;
	for (size_t i = 0; i < topics->count; i++)
	{
		if (!read_group(&topics->groups[i], config, error))
			return false;
	}
	for (size_t i = 0; i < topics->count; i++)
	{
		if (!complete_group(&topics->groups[i], &topics->groups[topics->count - 1], error))
			return false;
	}
	return true;
}

/* topic.creation.enable is a setting of the worker; nothing but it set means brokers create topics, or nobody. */
static bool
is_wanted(const Config *config, bool *wanted, Error *error)
{
	size_t at = 0;
	const ConfigSetting *setting = find_setting(config, PREFIX "enable");

	*wanted = false;
	if (setting && strcasecmp(setting->value, "false") == 0)
		return true;
	if (setting && strcasecmp(setting->value, "true") != 0)
		return bad_value(setting, "Allowed values are \"true\" and \"false\".", error);
	while ((setting = config_next(config, PREFIX, &at)) != NULL)
	{
		if (strcmp(setting->name, PREFIX "enable") != 0)
			*wanted = true;
	}
	return true;
}

bool
kafka_topics_new(const Config *config, KafkaTopics **topics, Error *error)
{
	bool wanted;

	*topics = NULL;
	if (!is_wanted(config, &wanted, error))
		return false;
	if (!wanted)
		return true;
	*topics = bytes_alloc_zero(1, sizeof(KafkaTopics));
	if (read_groups(*topics, config, error))
		return true;
	kafka_topics_free(*topics);
	*topics = NULL;
	return false;
}

/* ---- choosing ---- */

static bool
any_matches(const Pattern *pattern, const char *topic)
{
	for (; pattern; pattern = pattern->next)
	{
		pcre2_match_data *match = pcre2_match_data_create(1, NULL);
		int result = match ? pcre2_match(pattern->code, (PCRE2_SPTR) topic, strlen(topic), 0, 0, match, NULL) : -1;

		pcre2_match_data_free(match);
		if (result >= 0)
			return true;
	}
	return false;
}

static const TopicGroup *
group_of(const KafkaTopics *topics, const char *topic)
{
	const TopicGroup *group = topics->groups;

	for (; group < &topics->groups[topics->count - 1]; group++)
	{
		if (any_matches(group->includes, topic) && !any_matches(group->excludes, topic))
			break;
	}
	return group;
}

/* ---- creating ---- */

/* The request for one topic; takes ownership of new_topic. */
static void
request_creation(rd_kafka_t *client, rd_kafka_NewTopic_t *new_topic, rd_kafka_queue_t *queue, void *opaque,
				 int timeout_ms)
{
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_CREATETOPICS);
	char reason[256];

	rd_kafka_AdminOptions_set_opaque(options, opaque);
	rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, reason, sizeof(reason));
	rd_kafka_AdminOptions_set_operation_timeout(options, timeout_ms, reason, sizeof(reason));
	rd_kafka_CreateTopics(client, &new_topic, 1, options, queue);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_NewTopic_destroy(new_topic);
}

static rd_kafka_NewTopic_t *
new_topic_request(const char *topic, int partitions, int replication_factor, Error *error)
{
	char reason[512];
	rd_kafka_NewTopic_t *new_topic =
		rd_kafka_NewTopic_new(topic, partitions, replication_factor, reason, sizeof(reason));

	if (new_topic == NULL)
		error_set(error, ERROR_FAILED, "could not create topic \"%s\": %s", topic, reason);
	return new_topic;
}

bool
kafka_topics_create(const KafkaTopics *topics, rd_kafka_t *client, const char *topic, rd_kafka_queue_t *queue,
					void *opaque, Error *error)
{
	const TopicGroup *group = group_of(topics, topic);
	rd_kafka_NewTopic_t *new_topic = new_topic_request(topic, group->partitions, group->replication_factor, error);

	if (new_topic == NULL)
		return false;
	for (size_t i = 0; i < group->setting_count; i++)
		rd_kafka_NewTopic_set_config(new_topic, group->settings[i].name, group->settings[i].value);
	request_creation(client, new_topic, queue, opaque, CREATE_TIMEOUT_MS);
	return true;
}

static bool
may_pass(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
		   code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT ||
		   code == RD_KAFKA_RESP_ERR_NOT_CONTROLLER || code == RD_KAFKA_RESP_ERR__WAIT_COORD ||
		   code == RD_KAFKA_RESP_ERR__DESTROY || code == RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED;
}

static bool
creation_failed(const char *topic, rd_kafka_resp_err_t code, const char *reason, Error *error)
{
	error_set(error, may_pass(code) ? ERROR_RETRY : ERROR_FAILED, "could not create topic \"%s\": %s", topic,
			  reason ? reason : rd_kafka_err2str(code));
	if (code == RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
		error_hint(error, "Set topic.creation.default.replication.factor to at most the number of brokers.");
	else if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
			 code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
		error_hint(error, "Allow the principal to create topics, or create this one.");
	return false;
}

bool
kafka_topics_created(rd_kafka_event_t *event, Error *error)
{
	const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const rd_kafka_topic_result_t **topics;
	size_t count = 0;

	if (code || result == NULL)
	{
		error_set(error, may_pass(code) ? ERROR_RETRY : ERROR_FAILED, "could not create topics: %s",
				  rd_kafka_event_error_string(event));
		return false;
	}
	topics = rd_kafka_CreateTopics_result_topics(result, &count);
	for (size_t i = 0; i < count; i++)
	{
		code = rd_kafka_topic_result_error(topics[i]);
		if (code != RD_KAFKA_RESP_ERR_NO_ERROR && code != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
			return creation_failed(rd_kafka_topic_result_name(topics[i]), code,
								   rd_kafka_topic_result_error_string(topics[i]), error);
	}
	return true;
}

bool
kafka_topics_not_allowed(rd_kafka_event_t *event)
{
	const rd_kafka_CreateTopics_result_t *result = rd_kafka_event_CreateTopics_result(event);
	const rd_kafka_topic_result_t **topics;
	rd_kafka_resp_err_t code;
	size_t count = 0;

	if (rd_kafka_event_error(event) || result == NULL)
		return false;
	topics = rd_kafka_CreateTopics_result_topics(result, &count);
	code = count == 1 ? rd_kafka_topic_result_error(topics[0]) : RD_KAFKA_RESP_ERR_NO_ERROR;
	return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		   code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED;
}

bool
kafka_topics_ensure(rd_kafka_t *client, const char *topic, int partitions, int replication_factor,
					const char *const *settings, int timeout_ms, Error *error)
{
	rd_kafka_NewTopic_t *new_topic = new_topic_request(topic, partitions, replication_factor, error);
	rd_kafka_queue_t *queue;
	rd_kafka_event_t *event;
	bool created;

	if (new_topic == NULL)
		return false;
	for (; settings[0]; settings += 2)
		rd_kafka_NewTopic_set_config(new_topic, settings[0], settings[1]);
	queue = rd_kafka_queue_new(client);
	request_creation(client, new_topic, queue, NULL, timeout_ms);
	event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
	created = event ? kafka_topics_created(event, error)
					: error_set(error, ERROR_RETRY, "could not create topic \"%s\": Kafka does not answer", topic);
	if (event)
		rd_kafka_event_destroy(event);
	rd_kafka_queue_destroy(queue);
	return created;
}

/*
 * kafka_client.c
 *	  librdkafka handles made from the configuration, and one-off questions.
 */
#include "kafka_client.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/*
 * Ours, below what config_rdkafka() gives.  Records are retried until they are
 * in.  Lingering makes batches, see kafka_flusher.h.  A queue
 * of 10 MB of payload is 35 MB of memory with its headers.  A topic that is not there fails after 10 s instead of 30: auto-creation
 * takes a second at most.
 */
static const char *const producer_defaults[][2] = {
	{"topic.metadata.propagation.max.ms", "10000"},
	{"message.timeout.ms", "0"},
	{"linger.ms", "2"},
	{"batch.size", "1000000"},
	{"batch.num.messages", "10000"},
	{"queue.buffering.max.kbytes", "10240"},
	{"queue.buffering.max.messages", "200000"},
	{"socket.nagle.disable", "true"},
	{"reconnect.backoff.max.ms", "2000"},
};

/* Settings of the producer that a consumer refuses or warns about. */
static bool
concerns_producer_only(const char *name)
{
	static const char *const names[] = {
		"enable.idempotence",
		"acks",
		"request.required.acks",
		"compression.codec",
		"compression.type",
		"compression.level",
		"partitioner",
		"msg_order_cmp",
		"message.timeout.ms",
		"delivery.timeout.ms",
		"request.timeout.ms",
		"linger.ms",
		"queue.buffering.max.ms",
		"retries",
		"message.send.max.retries",
		"retry.backoff.ms",
		"batch.size",
		"batch.num.messages",
		"transactional.id",
		"transaction.timeout.ms",
		"enable.gapless.guarantee",
		"sticky.partitioning.linger.ms",
		"delivery.report.only.error",
	};

	if (strncmp(name, "queue.buffering.", 16) == 0)
		return true;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
	{
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static bool
set(rd_kafka_conf_t *conf, const char *name, const char *value, Error *error)
{
	char reason[512];

	if (rd_kafka_conf_set(conf, name, value, reason, sizeof(reason)) == RD_KAFKA_CONF_OK)
		return true;
	/* librdkafka's reason repeats the value, which may be a password */
	if (strstr(name, "password") || strstr(name, "secret") || strstr(name, "key.pem") || strstr(name, "sasl"))
		return error_set(error, ERROR_CONFIG, "librdkafka refuses the value of setting \"%s\"", name);
	return error_set(error, ERROR_CONFIG, "librdkafka refuses setting \"%s\": %s", name, reason);
}

static bool
set_all(rd_kafka_conf_t *conf, const Config *config, rd_kafka_type_t type, Error *error)
{
	const ConfigSetting *settings = config_rdkafka(config);

	for (size_t i = 0; i < sizeof(producer_defaults) / sizeof(producer_defaults[0]); i++)
	{
		if (type == RD_KAFKA_PRODUCER && !set(conf, producer_defaults[i][0], producer_defaults[i][1], error))
			return false;
	}
	for (; settings->name; settings++)
	{
		if (type == RD_KAFKA_CONSUMER && concerns_producer_only(settings->name))
			continue;
		if (!set(conf, settings->name, settings->value, error))
			return false;
	}
	return true;
}

rd_kafka_conf_t *
kafka_client_conf(const Config *config, rd_kafka_type_t type, Error *error)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	if (set_all(conf, config, type, error))
		return conf;
	rd_kafka_conf_destroy(conf);
	return NULL;
}

rd_kafka_t *
kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, Error *error)
{
	char reason[512];
	rd_kafka_t *client = rd_kafka_new(type, conf, reason, sizeof(reason));

	if (client)
		return client;
	rd_kafka_conf_destroy(conf);
	error_set(error, ERROR_CONFIG, "could not create a Kafka client: %s", reason);
	return NULL;
}

void
kafka_client_log(Logger *log, rd_kafka_event_t *event)
{
	const char *facility;
	const char *text;
	int level;

	if (rd_kafka_event_log(event, &facility, &text, &level) != 0)
		return;
	/* broker losses are told once per change of state by the sink; the details are for debugging */
	if (level <= 2)
		log_error(log, "librdkafka: %s: %s", facility, text);
	else if (level <= 4 && strcmp(facility, "FAIL") != 0 && strcmp(facility, "ERROR") != 0 &&
			 strcmp(facility, "GETPID") != 0)
		log_warning(log, "librdkafka: %s: %s", facility, text);
	else
		log_debug(log, "librdkafka: %s: %s", facility, text);
}

/* ---- questions ---- */

static bool
brokers_do_not_answer(rd_kafka_resp_err_t code, Error *error)
{
	error_set(error, ERROR_RETRY, "could not reach Kafka: %s", rd_kafka_err2str(code));
	error_hint(error, "Check bootstrap.servers, and that the brokers' advertised.listeners can be reached from here.");
	return false;
}

/* Metadata of one topic answers both existence and partitions; it can make brokers create the topic, which describing its settings cannot. */
static bool
count_partitions(rd_kafka_t *client, const char *topic, int timeout_ms, int *partitions, Error *error)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
	rd_kafka_resp_err_t code;

	if (handle == NULL)
		return error_set(error, ERROR_FAILED, "could not ask for topic \"%s\": %s", topic,
						 rd_kafka_err2str(rd_kafka_last_error()));
	code = rd_kafka_metadata(client, 0, handle, &metadata, timeout_ms);
	rd_kafka_topic_destroy(handle);
	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return brokers_do_not_answer(code, error);
	*partitions = metadata->topic_cnt == 1 ? metadata->topics[0].partition_cnt : 0;
	rd_kafka_metadata_destroy(metadata);
	return true;
}

static rd_kafka_event_t *
describe_configs(rd_kafka_t *client, rd_kafka_ResourceType_t type, const char *name, int timeout_ms)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_ConfigResource_t *resource = rd_kafka_ConfigResource_new(type, name);
	rd_kafka_event_t *event;
	char reason[256];

	rd_kafka_AdminOptions_set_request_timeout(options, timeout_ms, reason, sizeof(reason));
	rd_kafka_DescribeConfigs(client, &resource, 1, options, queue);
	event = rd_kafka_queue_poll(queue, timeout_ms + 1000);
	rd_kafka_ConfigResource_destroy(resource);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	return event;
}

/* The one resource asked for, or NULL with its code and reason; belongs to the event. */
static const rd_kafka_ConfigResource_t *
described(rd_kafka_event_t *event, rd_kafka_resp_err_t *code, const char **reason)
{
	const rd_kafka_DescribeConfigs_result_t *result = event ? rd_kafka_event_DescribeConfigs_result(event) : NULL;
	const rd_kafka_ConfigResource_t **resources;
	size_t count = 0;

	*code = event ? rd_kafka_event_error(event) : RD_KAFKA_RESP_ERR__TIMED_OUT;
	*reason = event && *code ? rd_kafka_event_error_string(event) : rd_kafka_err2str(*code);
	if (*code || result == NULL)
		return NULL;
	resources = rd_kafka_DescribeConfigs_result_resources(result, &count);
	if (count != 1)
		return NULL;
	*code = rd_kafka_ConfigResource_error(resources[0]);
	if (*code == RD_KAFKA_RESP_ERR_NO_ERROR)
		return resources[0];
	*reason = rd_kafka_ConfigResource_error_string(resources[0]);
	if (*reason == NULL)
		*reason = rd_kafka_err2str(*code);
	return NULL;
}

static bool
is_access_refused(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		   code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR__AUTHENTICATION ||
		   code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED;
}

static bool
question_failed(const char *what, rd_kafka_resp_err_t code, const char *reason, Error *error)
{
	if (is_access_refused(code))
		return error_set(error, ERROR_FAILED, "Kafka refuses access to %s: %s", what, reason);
	if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT ||
		code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN || code == RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
		return brokers_do_not_answer(code, error);
	return error_set(error, ERROR_RETRY, "could not ask Kafka for %s: %s", what, reason);
}

bool
kafka_client_topic(rd_kafka_t *client, const char *topic, int timeout_ms, KafkaTopicState *state, int *partitions,
				   Error *error)
{
	rd_kafka_event_t *event = describe_configs(client, RD_KAFKA_RESOURCE_TOPIC, topic, timeout_ms);
	rd_kafka_resp_err_t code;
	const char *reason;
	bool exists = described(event, &code, &reason) != NULL;
	bool answered = exists || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;

	*state = exists ? KAFKA_TOPIC_EXISTS : KAFKA_TOPIC_MISSING;
	if (partitions)
		*partitions = 0;
	if (!answered)
		question_failed(topic, code, reason, error);
	if (event)
		rd_kafka_event_destroy(event);
	if (exists && partitions)
		return count_partitions(client, topic, timeout_ms, partitions, error);
	return answered;
}

static char *
find_setting(const rd_kafka_ConfigResource_t *resource, const char *name)
{
	const rd_kafka_ConfigEntry_t **entries;
	size_t count;

	entries = rd_kafka_ConfigResource_configs(resource, &count);
	for (size_t i = 0; i < count; i++)
	{
		const char *value = rd_kafka_ConfigEntry_value(entries[i]);

		if (strcmp(rd_kafka_ConfigEntry_name(entries[i]), name) == 0 && value)
			return bytes_copy_text(value, strlen(value));
	}
	return NULL;
}

/* Id of any broker, as text. */
static bool
some_broker(rd_kafka_t *client, int timeout_ms, char *id, size_t size, Error *error)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, NULL, &metadata, timeout_ms);

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return brokers_do_not_answer(code, error);
	snprintf(id, size, "%d", (int) metadata->orig_broker_id);
	rd_kafka_metadata_destroy(metadata);
	return true;
}

char *
kafka_client_setting(rd_kafka_t *client, const char *topic, const char *name, int timeout_ms, Error *error)
{
	char broker[16];
	rd_kafka_event_t *event;
	const rd_kafka_ConfigResource_t *resource;
	rd_kafka_resp_err_t code;
	const char *reason;
	char *value = NULL;

	if (topic == NULL && !some_broker(client, timeout_ms, broker, sizeof(broker), error))
		return NULL;
	event = describe_configs(client, topic ? RD_KAFKA_RESOURCE_TOPIC : RD_KAFKA_RESOURCE_BROKER, topic ? topic : broker,
							 timeout_ms);
	resource = described(event, &code, &reason);
	if (resource)
		value = find_setting(resource, name);
	if (resource == NULL)
		question_failed(name, code, reason, error);
	else if (value == NULL)
		error_set(error, ERROR_FAILED, "the brokers do not tell setting \"%s\"", name);
	if (event)
		rd_kafka_event_destroy(event);
	return value;
}

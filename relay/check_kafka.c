/*
 * check_kafka.c
 *	  Are the brokers there, do they have the topics, and do these take
 *	  records of the size we may send?
 */
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check.h"
#include "kafka_client.h"
#include "kafka_topics.h"
#include "memory.h"

#define TIMEOUT_MS 8000

typedef struct KafkaFacts
{
	rd_kafka_t *client;
	const char *bootstrap_servers;
	bool creates_topics; /* by themselves, or we by topic.creation.* */
	bool creation_known;
	int64_t max_request_size; /* ours */
	char *automatic;		  /* the broker's auto.create.topics.enable; NULL: not told */
	char *broker_limit;		  /* its message.max.bytes; NULL: not told */
} KafkaFacts;

/* The last reason librdkafka gave for a broken connection, for the message. */
static void
remember_error(rd_kafka_t *client, int code, const char *reason, void *opaque)
{
	Error *last = opaque;

	(void) client;
	if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
		error_set(last, ERROR_RETRY, "%s", reason);
}

static void
drop_log(const rd_kafka_t *client, int level, const char *facility, const char *text)
{
	(void) client;
	(void) level;
	(void) facility;
	(void) text;
}

static const char *
rdkafka_value(const Config *config, const char *name)
{
	for (const ConfigSetting *setting = config_rdkafka(config); setting->name != NULL; setting++)
		if (strcmp(setting->name, name) == 0)
			return setting->value;
	return NULL;
}

static rd_kafka_t *
connect_client(const Config *config, Error *last, Error *error)
{
	rd_kafka_conf_t *conf = kafka_client_conf(config, RD_KAFKA_PRODUCER, error);

	if (conf == NULL)
		return NULL;
	rd_kafka_conf_set_opaque(conf, last);
	rd_kafka_conf_set_error_cb(conf, remember_error);
	rd_kafka_conf_set_log_cb(conf, drop_log);
	return kafka_client_new(RD_KAFKA_PRODUCER, conf, error);
}

static char *
copy_value(const char *value)
{
	return value != NULL ? memory_strdup(value) : NULL;
}

static void
take_broker_settings(KafkaFacts *kafka, const rd_kafka_ConfigResource_t *broker)
{
	size_t count;
	const rd_kafka_ConfigEntry_t **entries = rd_kafka_ConfigResource_configs(broker, &count);

	for (size_t i = 0; i < count; i++)
	{
		const char *name = rd_kafka_ConfigEntry_name(entries[i]);

		if (strcmp(name, "auto.create.topics.enable") == 0)
			kafka->automatic = copy_value(rd_kafka_ConfigEntry_value(entries[i]));
		else if (strcmp(name, "message.max.bytes") == 0)
			kafka->broker_limit = copy_value(rd_kafka_ConfigEntry_value(entries[i]));
	}
}

/*
 * All that is asked of a broker in one question.  It has to be named by the id
 * that the metadata lists: the broker that answered may be known to the client
 * by its bootstrap address only.  Without an answer (no right to describe) the
 * facts stay NULL.
 */
static void
describe_broker(KafkaFacts *kafka, int32_t id)
{
	char *name = memory_printf("%d", (int) id);
	rd_kafka_queue_t *queue = rd_kafka_queue_new(kafka->client);
	rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(kafka->client, RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS);
	rd_kafka_ConfigResource_t *broker = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_BROKER, name);
	const rd_kafka_DescribeConfigs_result_t *result = NULL;
	rd_kafka_event_t *event;

	rd_kafka_AdminOptions_set_request_timeout(options, TIMEOUT_MS, NULL, 0);
	rd_kafka_DescribeConfigs(kafka->client, &broker, 1, options, queue);
	event = rd_kafka_queue_poll(queue, TIMEOUT_MS);
	if (event != NULL)
		result = rd_kafka_event_DescribeConfigs_result(event);
	if (result != NULL)
	{
		size_t count;
		const rd_kafka_ConfigResource_t **brokers = rd_kafka_DescribeConfigs_result_resources(result, &count);

		if (count == 1)
			take_broker_settings(kafka, brokers[0]);
	}
	if (event != NULL)
		rd_kafka_event_destroy(event);
	rd_kafka_ConfigResource_destroy(broker);
	rd_kafka_AdminOptions_destroy(options);
	rd_kafka_queue_destroy(queue);
	free(name);
}

static bool
check_brokers(CheckReport *report, KafkaFacts *kafka, const Error *last)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(kafka->client, 0, NULL, &metadata, TIMEOUT_MS);

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		report_ok(report, "Kafka answers at %s, %d brokers", kafka->bootstrap_servers, metadata->broker_cnt);
		if (metadata->broker_cnt > 0)
			describe_broker(kafka, metadata->brokers[0].id);
		rd_kafka_metadata_destroy(metadata);
		return true;
	}
	rd_kafka_poll(kafka->client, 100);
	report_failure(report, "could not reach Kafka at %s: %s", kafka->bootstrap_servers,
				   last->kind != ERROR_NONE ? last->message : rd_kafka_err2str(code));
	report_fix(report,
			   "correct bootstrap.servers and the security settings (producer.override.security.protocol, ...), "
			   "and see that the brokers' advertised.listeners can be reached from here");
	return false;
}

static bool
creates_by_rule(const Config *config)
{
	KafkaTopics *rules = NULL;
	Error error;
	bool creates = kafka_topics_new(config, &rules, &error) && rules != NULL;

	kafka_topics_free(rules);
	return creates;
}

static void
find_creation(const Config *config, CheckReport *report, KafkaFacts *kafka)
{
	kafka->creates_topics = creates_by_rule(config);
	kafka->creation_known = kafka->creates_topics || kafka->automatic != NULL;
	if (kafka->creates_topics)
	{
		report_ok(report, "missing topics will be created as topic.creation.* says");
		return;
	}
	kafka->creates_topics = kafka->automatic != NULL && strcasecmp(kafka->automatic, "true") == 0;
	if (kafka->automatic == NULL)
		report_warning(report, "the brokers do not tell whether they create topics (it takes the right to describe "
							   "configurations of the cluster)");
	else
		report_ok(report, "the brokers %s topics by themselves", kafka->creates_topics ? "create" : "do not create");
}

static void
report_missing_topic(CheckReport *report, const KafkaFacts *kafka, const char *topic)
{
	if (kafka->creates_topics)
	{
		report_ok(report, "topic \"%s\" is missing and will be created", topic);
		return;
	}
	if (kafka->creation_known)
		report_failure(report, "topic \"%s\" is missing and nobody creates it", topic);
	else
		report_warning(report, "topic \"%s\" is missing", topic);
	report_fix(report,
			   "kafka-topics.sh --bootstrap-server %s --create --topic '%s'; or set topic.creation.default.partitions "
			   "and topic.creation.default.replication.factor",
			   kafka->bootstrap_servers, topic);
}

/* A topic's own limit; what is larger than it is refused when it is sent. */
static void
check_size_limit(CheckReport *report, const KafkaFacts *kafka, const char *topic)
{
	Error error;
	char *limit = kafka_client_setting(kafka->client, topic, "max.message.bytes", TIMEOUT_MS, &error);

	if (limit != NULL && atoll(limit) < kafka->max_request_size)
	{
		report_warning(report, "topic \"%s\" takes %s bytes per batch, records may have up to %lld (max.request.size)",
					   topic, limit, (long long) kafka->max_request_size);
		report_fix(
			report,
			"kafka-configs.sh --bootstrap-server %s --alter --entity-type topics --entity-name '%s' --add-config "
			"max.message.bytes=%lld; or set producer.override.max.request.size=%s",
			kafka->bootstrap_servers, topic, (long long) kafka->max_request_size, limit);
	}
	free(limit);
}

/* For topics that are made later. */
static void
check_broker_size_limit(CheckReport *report, const KafkaFacts *kafka)
{
	const char *limit = kafka->broker_limit;

	if (limit == NULL)
		report_warning(report, "the brokers do not tell message.max.bytes, records may have up to %lld bytes",
					   (long long) kafka->max_request_size);
	else if (atoll(limit) < kafka->max_request_size)
	{
		report_warning(report, "the brokers take %s bytes per batch, records may have up to %lld (max.request.size)",
					   limit, (long long) kafka->max_request_size);
		report_fix(
			report,
			"raise message.max.bytes of the brokers to %lld, or set topic.creation.default.max.message.bytes, or "
			"producer.override.max.request.size=%s",
			(long long) kafka->max_request_size, limit);
	}
	else
		report_ok(report, "the brokers take batches of %s bytes, records have up to %lld", limit,
				  (long long) kafka->max_request_size);
}

static void
check_topics(CheckReport *report, const KafkaFacts *kafka, const TopicList *topics)
{
	size_t there = 0;

	for (size_t i = 0; i < topics->count; i++)
	{
		KafkaTopicState state;
		Error error;

		if (!kafka_client_topic(kafka->client, topics->names[i], TIMEOUT_MS, &state, NULL, &error))
			report_warning(report, "topic \"%s\": %s", topics->names[i], error.message);
		else if (state == KAFKA_TOPIC_MISSING)
			report_missing_topic(report, kafka, topics->names[i]);
		else
		{
			there++;
			check_size_limit(report, kafka, topics->names[i]);
		}
	}
	if (topics->count > 0)
		report_ok(report, "%zu of %zu topics are there", there, topics->count);
}

void
check_kafka(const Config *config, CheckReport *report, const TopicList *topics)
{
	KafkaFacts kafka = {NULL, rdkafka_value(config, "bootstrap.servers"), false, false, 0, NULL, NULL};
	Error last = {.kind = ERROR_NONE};
	Error error;

	if (kafka.bootstrap_servers == NULL)
	{
		report_failure(report, "no Kafka brokers are named");
		report_fix(report, "set --bootstrap-servers, BOOTSTRAP_SERVERS or bootstrap.servers in worker properties");
		return;
	}
	kafka.max_request_size = atoll(rdkafka_value(config, "message.max.bytes"));
	kafka.client = connect_client(config, &last, &error);
	if (kafka.client == NULL)
	{
		report_failure(report, "%s", error.message);
		return;
	}
	if (check_brokers(report, &kafka, &last))
	{
		find_creation(config, report, &kafka);
		check_broker_size_limit(report, &kafka);
		check_topics(report, &kafka, topics);
	}
	rd_kafka_destroy(kafka.client);
	free(kafka.automatic);
	free(kafka.broker_limit);
}

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

static bool
check_brokers(CheckReport *report, const KafkaFacts *kafka, const Error *last)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code = rd_kafka_metadata(kafka->client, 0, NULL, &metadata, TIMEOUT_MS);

	if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		report_ok(report, "Kafka answers at %s, %d brokers", kafka->bootstrap_servers, metadata->broker_cnt);
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
	Error error;
	char *automatic;

	kafka->creates_topics = creates_by_rule(config);
	kafka->creation_known = true;
	if (kafka->creates_topics)
	{
		report_ok(report, "missing topics will be created as topic.creation.* says");
		return;
	}
	automatic = kafka_client_setting(kafka->client, NULL, "auto.create.topics.enable", TIMEOUT_MS, &error);
	kafka->creation_known = automatic != NULL;
	kafka->creates_topics = automatic != NULL && strcasecmp(automatic, "true") == 0;
	if (automatic == NULL)
		report_warning(report, "could not find out whether the brokers create topics: %s", error.message);
	else
		report_ok(report, "the brokers %s topics by themselves", kafka->creates_topics ? "create" : "do not create");
	free(automatic);
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
	Error error;
	char *limit = kafka_client_setting(kafka->client, NULL, "message.max.bytes", TIMEOUT_MS, &error);

	if (limit == NULL)
		report_warning(report, "could not read the brokers' message.max.bytes: %s", error.message);
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
	free(limit);
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
	KafkaFacts kafka = {NULL, rdkafka_value(config, "bootstrap.servers"), false, false, 0};
	Error last = {ERROR_NONE, "", ""};
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
}

/*
 * test_kafka_sink.c
 *	  The Kafka sink against librdkafka's mock cluster, with errors injected.
 */
#include "unit.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

#include "bytes.h"
#include "config.h"
#include "kafka_sink.h"

#define PRODUCE_REQUEST 0 /* Kafka's API key */
#define TICKETS 2000

typedef struct Lab
{
	rd_kafka_t *host; /* the mock cluster lives in a client */
	rd_kafka_mock_cluster_t *cluster;
	Logger *log;
} Lab;

typedef struct Fixture
{
	Config *config;
	Sink *sink;
	FrameTopic topic;
	FrameHeaderset headerset;
	FrameHeaderField fields[2];
	FrameRecord *record;
	uint64_t reported[TICKETS];
	Error error;
} Fixture;

static void
report(void *arg, uint64_t ticket, uint64_t count)
{
	((Fixture *) arg)->reported[ticket] += count;
}

static Lab
lab_new(void)
{
	Lab lab = {0};
	char reason[256];

	rd_kafka_conf_t *conf = rd_kafka_conf_new();

	rd_kafka_conf_set_log_cb(conf, NULL);
	lab.host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
	lab.cluster = rd_kafka_mock_cluster_new(lab.host, 1);
	lab.log = log_new(LOG_TEXT, LOG_ERROR);
	return lab;
}

static void
lab_free(Lab *lab)
{
	rd_kafka_mock_cluster_destroy(lab->cluster);
	rd_kafka_destroy(lab->host);
	log_free(lab->log);
}

/* Pairs of name and value, ended by NULL. */
static Fixture *
fixture_new(Lab *lab, const char *topic, const char *const *settings)
{
	Fixture *fixture = bytes_alloc_zero(1, sizeof(Fixture));

	fixture->config = config_new();
	config_set(fixture->config, "topic.prefix", "app", "test");
	config_set(fixture->config, "database.dbname", "db", "test");
	config_set(fixture->config, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(lab->cluster), "test");
	for (; settings && settings[0]; settings += 2)
		config_set(fixture->config, settings[0], settings[1], "test");
	unit_ok(config_check(fixture->config, lab->log, &fixture->error), "configuration: %s", fixture->error.message);
	fixture->sink = kafka_sink_new(fixture->config, NULL, lab->log, &fixture->error);
	unit_ok(fixture->sink != NULL, "sink: %s", fixture->error.message);
	fixture->topic = (FrameTopic){.name = bytes_copy_text(topic, strlen(topic)), .size = strlen(topic)};
	fixture->fields[0] = (FrameHeaderField){"name", 4, "value", 5};
	fixture->fields[1] = (FrameHeaderField){"null", 4, NULL, 0};
	fixture->headerset = (FrameHeaderset){.fields = fixture->fields, .count = 2};
	fixture->record = bytes_alloc_zero(1, sizeof(FrameRecord));
	fixture->record->topic = &fixture->topic;
	fixture->record->headerset = &fixture->headerset;
	fixture->record->partition = -1;
	fixture->record->timestamp_ms = -1;
	fixture->record->source_lsn = 0x16B3748;
	fixture->record->key = (Bytes){"{\"id\":1}", 8};
	fixture->record->value = (Bytes){"{\"a\":1}", 7};
	return fixture;
}

static void
fixture_free(Fixture *fixture)
{
	const SinkMethods *methods = fixture->sink->methods;

	methods->headerset_forgotten(fixture->sink, &fixture->headerset);
	methods->topic_forgotten(fixture->sink, &fixture->topic);
	methods->free(fixture->sink);
	config_free(fixture->config);
	free(fixture->topic.name);
	free(fixture->record);
	free(fixture);
}

static SinkResult
put(Fixture *fixture, uint64_t ticket)
{
	SinkRecord record = {.record = fixture->record, .snapshot_mark = "true", .sequence = "[1,2]", .ticket = ticket};

	return fixture->sink->methods->put(fixture->sink, &record, &fixture->error);
}

static bool
flush(Fixture *fixture, int timeout_ms)
{
	return fixture->sink->methods->flush(fixture->sink, timeout_ms, report, fixture, &fixture->error);
}

/* The messages of a topic as "key|value|headers" lines. */
static Buffer
read_back(Lab *lab, const char *topic, int count)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	Buffer lines = {0};
	char reason[256];
	rd_kafka_t *consumer;
	rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(4);

	rd_kafka_conf_set(conf, "bootstrap.servers", rd_kafka_mock_cluster_bootstraps(lab->cluster), reason,
					  sizeof(reason));
	rd_kafka_conf_set(conf, "group.id", "g", reason, sizeof(reason));
	rd_kafka_conf_set(conf, "auto.offset.reset", "earliest", reason, sizeof(reason));
	consumer = rd_kafka_new(RD_KAFKA_CONSUMER, conf, reason, sizeof(reason));
	for (int i = 0; i < 4; i++)
		rd_kafka_topic_partition_list_add(list, topic, i)->offset = RD_KAFKA_OFFSET_BEGINNING;
	rd_kafka_assign(consumer, list);
	for (int i = 0; i < count;)
	{
		rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, 5000);
		rd_kafka_headers_t *headers;

		if (message == NULL)
			break;
		if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			i++;
			buffer_append_text(&lines, message->key ? "" : "NULL");
			buffer_append(&lines, message->key, message->key_len);
			buffer_append_text(&lines, "|");
			buffer_append_text(&lines, message->payload ? "" : "NULL");
			buffer_append(&lines, message->payload, message->len);
			buffer_append_text(&lines, "|");
			if (rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR)
				buffer_append_integer(&lines, (int64_t) rd_kafka_header_cnt(headers));
			buffer_append_text(&lines, "\n");
		}
		rd_kafka_message_destroy(message);
	}
	buffer_append(&lines, "", 1);
	rd_kafka_topic_partition_list_destroy(list);
	rd_kafka_consumer_close(consumer);
	rd_kafka_destroy(consumer);
	return lines;
}

static void
test_delivery(Lab *lab)
{
	Fixture *fixture = fixture_new(lab, "many", NULL);
	const int count = 30000;
	int refused = 0;
	uint64_t records;
	uint64_t bytes;
	bool whole = true;

	for (int i = 0; i < count;)
	{
		SinkResult result = put(fixture, 1 + (uint64_t) i / 100);

		refused += result == SINK_ERROR;
		i += result != SINK_FULL;
		if (result == SINK_FULL && !fixture->sink->methods->poll(fixture->sink, 10, report, fixture, &fixture->error))
			break;
	}
	unit_is_int(refused, 0, "all are taken");
	unit_ok(fixture->sink->methods->commit(fixture->sink, &fixture->error), "commit");
	unit_ok(flush(fixture, 20000), "flush: %s", fixture->error.message);
	for (int i = 1; i <= count / 100; i++)
		whole = whole && fixture->reported[i] == 100;
	unit_ok(whole, "each ticket is reported as often as it was put");
	fixture->sink->methods->queue(fixture->sink, &records, &bytes);
	unit_ok(records == 0 && bytes == 0, "nothing waits");
	unit_ok(fixture->sink->methods->wake_fd(fixture->sink) >= 0, "it can wake");
	fixture_free(fixture);
}

static void
test_forms(Lab *lab)
{
	static const FrameHeaderField own = {"own", 3, "x", 1};
	Fixture *fixture = fixture_new(lab, "forms", NULL);
	FrameRecord *record = fixture->record;
	Buffer lines;

	record->partition = 0;
	unit_ok(put(fixture, 1) == SINK_OK, "plain");
	record->key_schema = (Bytes){"{K", 2};
	record->value_schema = (Bytes){"{V", 2};
	record->hole_count = 2;
	record->holes[0] = (FrameHole){0, HOLE_SNAPSHOT_MARK};
	record->holes[1] = (FrameHole){7, HOLE_SEQUENCE};
	record->own_header_count = 1;
	record->own_headers[0] = own;
	unit_ok(put(fixture, 1) == SINK_OK, "schemas, holes, own headers");
	record->key_schema.size = record->value_schema.size = record->hole_count = 0;
	record->flags = RECORD_NULL_VALUE | RECORD_HEADERS_AFTER;
	record->value = (Bytes){"", 0};
	unit_ok(put(fixture, 2) == SINK_OK, "tombstone");
	record->flags = RECORD_NULL_KEY;
	record->key = (Bytes){"", 0};
	record->headerset = NULL;
	record->own_header_count = 0;
	unit_ok(put(fixture, 2) == SINK_OK, "no key, empty value, no headers");
	unit_ok(fixture->sink->methods->put_raw(fixture->sink, "forms", 0, (Bytes){"k", 1}, (Bytes){NULL, 0}, 3,
											&fixture->error) == SINK_OK,
			"raw");
	unit_ok(flush(fixture, 10000), "flush: %s", fixture->error.message);
	lines = read_back(lab, "forms", 5);
	unit_is_str(lines.data,
				"{\"id\":1}|{\"a\":1}|2\n{K{\"id\":1}}|{Vtrue{\"a\":1}[1,2]}|3\n{\"id\":1}|NULL|3\nNULL||\n"
				"k|NULL|\n",
				"what arrives");
	unit_ok(fixture->reported[1] == 2 && fixture->reported[2] == 2 && fixture->reported[3] == 1, "reports");
	buffer_free(&lines);
	fixture->record->headerset = &fixture->headerset;
	fixture_free(fixture);
}

/* What is refused goes to the dead letter topic, with its ticket. */
static void
test_parked(Lab *lab)
{
	static const char *const parking[] = {"errors.tolerance",
										  "all",
										  "errors.deadletterqueue.topic.name",
										  "dead",
										  "errors.deadletterqueue.context.headers.enable",
										  "true",
										  NULL};
	Fixture *fixture = fixture_new(lab, "parked", parking);
	char *large = bytes_alloc_zero(1, 3000000);
	uint64_t records;
	uint64_t bytes;
	Buffer lines;

	rd_kafka_mock_topic_create(lab->cluster, "dead", 4, 1);
	memset(large, 'x', 3000000);
	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	unit_ok(put(fixture, 1) == SINK_OK && flush(fixture, 20000), "parked: %s", fixture->error.message);
	unit_is_uint(fixture->reported[1], 1, "reported once the dead letter topic has it");
	fixture->record->value = (Bytes){large, 3000000};
	fixture->record->headerset = NULL;
	unit_ok(put(fixture, 2) == SINK_OK && put(fixture, 3) == SINK_FULL, "too large for the producer");
	unit_ok(flush(fixture, 20000) && fixture->reported[2] == 1, "parked without its value: %s", fixture->error.message);
	unit_is_uint(fixture->sink->parked, 2, "counted");
	unit_is_uint(kafka_sink_records_refused(fixture->sink), 0, "none was dropped");
	fixture->sink->methods->queue(fixture->sink, &records, &bytes);
	unit_ok(records == 0 && bytes == 0, "nothing waits");
	lines = read_back(lab, "dead", 2);
	unit_is_str(lines.data, "{\"id\":1}|{\"a\":1}|11\n{\"id\":1}|NULL|9\n", "the dead letter topic");
	buffer_free(&lines);
	free(large);
	fixture->record->headerset = &fixture->headerset;
	fixture_free(fixture);
}

/* errors.retry.timeout: tried again by a new producer until the owner says that the time is over. */
static void
test_patience(Lab *lab)
{
	static const char *const retrying[] = {"errors.tolerance", "all", "errors.retry.timeout", "60000", NULL};
	Fixture *fixture = fixture_new(lab, "patience", retrying);

	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	unit_ok(put(fixture, 1) == SINK_OK && !flush(fixture, 10000) && fixture->error.kind == ERROR_RETRY, "may pass: %s",
			fixture->error.message);
	unit_ok(fixture->sink->refusal_may_pass, "and the owner learns it");
	fixture_free(fixture);

	fixture = fixture_new(lab, "patience", retrying);
	fixture->sink->retries_over = true;
	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	unit_ok(put(fixture, 2) == SINK_OK && flush(fixture, 10000) && fixture->reported[2] == 1, "over: dropped");
	fixture_free(fixture);
}

static void
test_refused(Lab *lab)
{
	static const char *const tolerant[] = {"errors.tolerance", "all", NULL};
	Fixture *fixture = fixture_new(lab, "refused", NULL);
	char *large = bytes_alloc_zero(1, 3000000);

	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE);
	unit_ok(put(fixture, 5) == SINK_OK && !flush(fixture, 10000), "the broker refuses a record");
	unit_ok(fixture->error.kind == ERROR_FAILED, "failed: %s", fixture->error.message);
	unit_contains(fixture->error.message,
				  "topic \"refused\" (key of 8 bytes {\"id\":1}, value of 7 bytes, source LSN 0/16B3748)",
				  "what it says");
	unit_contains(fixture->error.hint, "max.message.bytes", "the fix");
	memset(large, 'x', 3000000);
	fixture->record->value = (Bytes){large, 3000000};
	unit_ok(put(fixture, 6) == SINK_ERROR && fixture->error.kind == ERROR_FAILED, "too large for the producer: %s",
			fixture->error.message);
	fixture_free(fixture);

	fixture = fixture_new(lab, "refused", tolerant);
	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_INVALID_RECORD);
	unit_ok(put(fixture, 7) == SINK_OK && flush(fixture, 10000), "tolerated: %s", fixture->error.message);
	unit_is_uint(fixture->reported[7], 1, "and settled");
	fixture->record->value = (Bytes){large, 3000000};
	unit_ok(put(fixture, 8) == SINK_OK, "tolerated in put");
	unit_ok(put(fixture, 9) == SINK_FULL, "the next ticket waits for the report");
	unit_ok(flush(fixture, 10000) && fixture->reported[8] == 1, "settled by poll");
	unit_is_uint(kafka_sink_records_refused(fixture->sink), 2, "counted");
	fixture_free(fixture);
	free(large);
}

static void
test_retried(Lab *lab)
{
	Fixture *fixture = fixture_new(lab, "retried", NULL);

	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 2, RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
									  RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
	unit_ok(put(fixture, 1) == SINK_OK && flush(fixture, 20000), "passing errors pass: %s", fixture->error.message);
	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH);
	unit_ok(put(fixture, 2) == SINK_OK && !flush(fixture, 20000) && fixture->error.kind == ERROR_RETRY,
			"an error of the producer asks to start over: %s", fixture->error.message);
	fixture_free(fixture);

	fixture = fixture_new(lab, "retried", NULL);
	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
	unit_ok(put(fixture, 3) == SINK_OK && !flush(fixture, 20000) && fixture->error.kind == ERROR_RETRY,
			"so does a fatal one: %s", fixture->error.message);
	unit_ok(!flush(fixture, 0) && !flush(fixture, 0) && fixture->error.kind == ERROR_RETRY,
			"and goes on asking, whoever has heard it first");
	fixture_free(fixture);
}

static void
test_away(Lab *lab)
{
	Fixture *fixture = fixture_new(lab, "away", NULL);
	char text[256] = "";
	const char *why;

	unit_ok(put(fixture, 1) == SINK_OK && flush(fixture, 10000), "first: %s", fixture->error.message);
	rd_kafka_mock_broker_set_down(lab->cluster, 1);
	unit_ok(put(fixture, 2) == SINK_OK && !flush(fixture, 1500) && fixture->error.kind == ERROR_RETRY,
			"brokers down: %s", fixture->error.message);
	unit_ok(!fixture->sink->methods->available(fixture->sink, &why), "not available");
	unit_contains(why, "Connection refused", "why");
	rd_kafka_mock_broker_set_up(lab->cluster, 1);
	unit_ok(flush(fixture, 20000) && fixture->reported[2] == 1, "delivered when they are back: %s",
			fixture->error.message);
	unit_ok(fixture->sink->methods->available(fixture->sink, &why), "available again");
	rd_kafka_mock_partition_set_leader(lab->cluster, "away", 0, -1);
	(void) !fixture->sink->methods->explain(fixture->sink, text, sizeof(text));
	unit_contains(text, "topic \"away\" partition 0 has no leader", "what it is");
	fixture_free(fixture);
}

static Fixture *
transactional_fixture(Lab *lab, const char *topic)
{
	const SinkIdentity identity = {.name = topic};
	Fixture *fixture = fixture_new(lab, topic, NULL);

	fixture->sink->methods->free(fixture->sink);
	fixture->sink = kafka_sink_new(fixture->config, &identity, lab->log, &fixture->error);
	unit_ok(fixture->sink != NULL && fixture->sink->methods->fence(fixture->sink, 20000, &fixture->error), "fence: %s",
			fixture->error.message);
	return fixture;
}

/* Polls until the sink has failed, or its transaction has ended. */
static bool
transaction_fails(Fixture *fixture)
{
	const SinkMethods *methods = fixture->sink->methods;
	const Bytes key = {"key", 3};

	if (methods->end(fixture->sink, "progress", key, key, &fixture->error) != SINK_OK)
		return false;
	for (int polls = 0; polls < 300 && methods->transaction(fixture->sink) == SINK_TRANSACTION_ENDING; polls++)
	{
		if (!methods->poll(fixture->sink, 100, report, fixture, &fixture->error))
			return true;
	}
	return false;
}

static void
test_failed_transaction(Lab *lab)
{
	Fixture *fixture = transactional_fixture(lab, "whole");

	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	unit_ok(put(fixture, 2) == SINK_OK && transaction_fails(fixture) && fixture->reported[2] == 0, "fails later");
	unit_contains(fixture->error.message, "authorization failed", "the reason");
	fixture_free(fixture);
	fixture = transactional_fixture(lab, "before");
	rd_kafka_mock_push_request_errors(lab->cluster, PRODUCE_REQUEST, 1, RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	unit_ok(put(fixture, 1) == SINK_OK && !flush(fixture, 20000), "a record that fails before");
	fixture->error = (Error){0};
	unit_ok(put(fixture, 2) == SINK_FULL, "nothing more is taken");
	for (int polls = 0; polls < 300 && fixture->error.kind == ERROR_NONE; polls++)
		(void) !fixture->sink->methods->poll(fixture->sink, 100, report, fixture, &fixture->error);
	unit_contains(fixture->error.message, "authorization failed", "the reason again");
	fixture_free(fixture);
}

/* As brokers answer that do not create topics. */
static void
test_missing_topic(Lab *lab)
{
	static const char *const hasty[] = {"rdkafka.topic.metadata.propagation.max.ms", "300", NULL};
	Fixture *fixture = fixture_new(lab, "missing", hasty);

	rd_kafka_mock_topic_set_error(lab->cluster, "missing", RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
	unit_ok(put(fixture, 1) != SINK_FULL && !flush(fixture, 10000) && fixture->error.kind == ERROR_FAILED,
			"a missing topic is no endless wait: %s", fixture->error.message);
	unit_contains(fixture->error.hint, "topic.creation.default.partitions", "the fix");
	fixture_free(fixture);
}

/* Puts a record of topic number so and so; serves the sink until it is taken. */
static bool
put_to(Fixture *fixture, FrameTopic *topics, int number, const char *value, uint64_t ticket)
{
	SinkResult result = SINK_FULL;

	fixture->record->topic = &topics[number];
	fixture->record->value = (Bytes){value, strlen(value)};
	for (int i = 0; i < 3000 && result == SINK_FULL; i++)
	{
		result = put(fixture, ticket);
		if (result == SINK_FULL && !fixture->sink->methods->poll(fixture->sink, 10, report, fixture, &fixture->error))
			return false;
	}
	return result == SINK_OK;
}

/* Each topic gets five records, the last by itself: a lone change must not wait for its lane. */
static bool
fill_topics(Fixture *fixture, FrameTopic *topics, int count)
{
	static const char *const values[] = {"0", "1", "2", "3", "4"};
	bool good = true;

	for (int i = 0; i < 5; i++)
		for (int number = 0; number < count && good; number++)
			good = put_to(fixture, topics, number, values[i], 1 + (uint64_t) number);
	return good && fixture->sink->methods->commit(fixture->sink, &fixture->error);
}

/* More topics than one producer is to have. */
static void
test_many_topics(Lab *lab, const char *name, const char *const *settings)
{
	enum
	{
		COUNT = 150
	};
	Fixture *fixture = fixture_new(lab, name, settings);
	FrameTopic *topics = bytes_alloc_zero(COUNT, sizeof(FrameTopic));
	char text[COUNT][32];
	uint64_t records;
	uint64_t bytes;
	bool whole = true;

	for (int i = 0; i < COUNT; i++)
	{
		snprintf(text[i], sizeof(text[i]), "%s_%d", name, i);
		topics[i] = (FrameTopic){.name = text[i], .size = strlen(text[i])};
	}
	unit_ok(fill_topics(fixture, topics, COUNT), "%s: all are taken: %s", name, fixture->error.message);
	unit_ok(flush(fixture, 30000), "%s: flush: %s", name, fixture->error.message);
	for (int i = 1; i <= COUNT; i++)
		whole = whole && fixture->reported[i] == 5;
	unit_ok(whole, "%s: each ticket is reported as often as it was put", name);
	fixture->sink->methods->queue(fixture->sink, &records, &bytes);
	unit_ok(records == 0 && bytes == 0, "%s: nothing waits", name);
	for (int i = 0; i < COUNT; i += 74)
	{
		Buffer lines = read_back(lab, text[i], 5);

		unit_is_str(lines.data, "{\"id\":1}|0|2\n{\"id\":1}|1|2\n{\"id\":1}|2|2\n{\"id\":1}|3|2\n{\"id\":1}|4|2\n",
					"%s: in order", text[i]);
		buffer_free(&lines);
	}
	fixture->record->topic = &fixture->topic;
	free(topics);
	fixture_free(fixture);
}

/* Exactly once they are all in one transaction. */
static void
test_many_topics_once(Lab *lab)
{
	enum
	{
		COUNT = 150
	};
	Fixture *fixture = transactional_fixture(lab, "once");
	FrameTopic *topics = bytes_alloc_zero(COUNT, sizeof(FrameTopic));
	char text[COUNT][32];
	bool whole = true;

	for (int i = 0; i < COUNT; i++)
	{
		snprintf(text[i], sizeof(text[i]), "once_%d", i);
		topics[i] = (FrameTopic){.name = text[i], .size = strlen(text[i])};
	}
	unit_ok(fill_topics(fixture, topics, COUNT) && !transaction_fails(fixture), "once: committed: %s",
			fixture->error.message);
	for (int i = 1; i <= COUNT; i++)
		whole = whole && fixture->reported[i] == 5;
	unit_ok(whole, "once: each ticket is reported as often as it was put");
	fixture->record->topic = &fixture->topic;
	free(topics);
	fixture_free(fixture);
}

/* All lanes notice that brokers are away and that they are back; freeing the sink then frees what waits. */
static void
test_many_topics_away(Lab *lab)
{
	enum
	{
		COUNT = 130
	};
	Fixture *fixture = fixture_new(lab, "lanes", NULL);
	FrameTopic *topics = bytes_alloc_zero(COUNT, sizeof(FrameTopic));
	char text[COUNT][32];
	const char *why;

	for (int i = 0; i < COUNT; i++)
	{
		snprintf(text[i], sizeof(text[i]), "gone_%d", i);
		topics[i] = (FrameTopic){.name = text[i], .size = strlen(text[i])};
	}
	unit_ok(fill_topics(fixture, topics, COUNT) && flush(fixture, 30000), "lanes: first: %s", fixture->error.message);
	rd_kafka_mock_broker_set_down(lab->cluster, 1);
	unit_ok(put_to(fixture, topics, COUNT - 1, "5", 1000), "lanes: taken while brokers are down");
	for (int i = 0; i < 100 && fixture->sink->methods->available(fixture->sink, &why); i++)
		(void) flush(fixture, 100);
	unit_ok(!fixture->sink->methods->available(fixture->sink, &why), "lanes: not available");
	rd_kafka_mock_broker_set_up(lab->cluster, 1);
	unit_ok(flush(fixture, 30000) && fixture->reported[1000] == 1, "lanes: delivered when they are back: %s",
			fixture->error.message);
	unit_ok(fixture->sink->methods->available(fixture->sink, &why), "lanes: available again");
	rd_kafka_mock_broker_set_down(lab->cluster, 1);
	unit_ok(put_to(fixture, topics, 0, "6", 1001) && put_to(fixture, topics, COUNT - 1, "6", 1001), "lanes: taken");
	fixture->record->topic = &fixture->topic;
	free(topics);
	fixture_free(fixture);
	rd_kafka_mock_broker_set_up(lab->cluster, 1);
}

int
main(void)
{
	static const char *const small[] = {"producer.override.buffer.memory", "2048", NULL};
	Lab lab = lab_new();

	test_delivery(&lab);
	test_forms(&lab);
	test_refused(&lab);
	test_parked(&lab);
	test_patience(&lab);
	test_retried(&lab);
	test_retried(&lab);
	test_missing_topic(&lab);
	test_away(&lab);
	test_failed_transaction(&lab);
	test_many_topics(&lab, "spread", NULL);
	test_many_topics(&lab, "narrow", small);
	test_many_topics_once(&lab);
	test_many_topics_away(&lab);
	lab_free(&lab);
	return unit_done();
}

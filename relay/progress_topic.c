/*
 * progress_topic.c
 *	  Progress read with a consumer of its own, written through the sink, so
 *	  that a record of progress follows the records it speaks of.
 */
#include "progress_topic.h"

#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <unistd.h>

#include "bytes.h"
#include "clock.h"
#include "kafka_client.h"
#include "kafka_topics.h"
#include "progress_json.h"

#define WRITE_GAP_MS 5000
#define REASON_SIZE 512

struct ProgressTopic
{
	const Config *config;
	Logger *log;
	char *name;
	char *prefix;
	char *slot_name;
	char *database;
	char *key;
	char *snapshot_key;
	char *snapshot; /* NULL: none that counts */
	bool has_written;
	int64_t written_at_ms;
	Progress written;
};

/* One reading of the topic. */
typedef struct Reading
{
	ProgressTopic *topic;
	rd_kafka_t *consumer;
	rd_kafka_topic_t *handle;
	int64_t end_ms;
	bool to_high_watermark;
	int64_t end_offset; /* read to there; -1: to the end of what is committed */
	Progress *progress;
	bool found;
	bool other_system;
	Error *error;
} Reading;

ProgressTopic *
progress_new(const Config *config, Logger *log, const char *slot_name, uint64_t system_identifier, const char *database)
{
	ProgressTopic *topic = bytes_alloc_zero(1, sizeof(ProgressTopic));
	const char *name = config_text(config, OPT_PROGRESS_TOPIC);
	const char *prefix = config_text(config, OPT_TOPIC_PREFIX);

	topic->config = config;
	topic->log = log;
	topic->name = bytes_copy_text(name, strlen(name));
	topic->prefix = bytes_copy_text(prefix, strlen(prefix));
	topic->slot_name = bytes_copy_text(slot_name, strlen(slot_name));
	topic->database = bytes_copy_text(database, strlen(database));
	topic->key = progress_json_key(prefix, slot_name, system_identifier, database);
	topic->snapshot_key = progress_json_snapshot_key(prefix, slot_name, system_identifier, database);
	return topic;
}

void
progress_free(ProgressTopic *topic)
{
	if (topic == NULL)
		return;
	free(topic->name);
	free(topic->prefix);
	free(topic->slot_name);
	free(topic->database);
	free(topic->key);
	free(topic->snapshot_key);
	free(topic->snapshot);
	free(topic);
}

/* ---- reading ---- */

static int
time_left_ms(const Reading *reading)
{
	int64_t left_ms = reading->end_ms - clock_monotonic_ms();

	return left_ms > 0 ? (int) left_ms : 0;
}

/* The reason librdkafka told last, which says more than a time-out does. */
static bool
reading_failed(Reading *reading, rd_kafka_resp_err_t code)
{
	rd_kafka_queue_t *queue = rd_kafka_queue_get_main(reading->consumer);
	char reason[REASON_SIZE] = "";
	ErrorKind kind = ERROR_RETRY;
	rd_kafka_event_t *event;

	while ((event = rd_kafka_queue_poll(queue, 0)) != NULL)
	{
		rd_kafka_resp_err_t event_code = rd_kafka_event_error(event);

		if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_LOG)
			kafka_client_log(reading->topic->log, event);
		else if (event_code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
			snprintf(reason, sizeof(reason), "%s", rd_kafka_event_error_string(event));
		if (event_code == RD_KAFKA_RESP_ERR__AUTHENTICATION || event_code == RD_KAFKA_RESP_ERR__SSL)
			kind = ERROR_FAILED;
		rd_kafka_event_destroy(event);
	}
	rd_kafka_queue_destroy(queue);
	if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED)
		kind = ERROR_FAILED;
	error_set(reading->error, kind, "could not read progress from topic \"%s\": %s", reading->topic->name,
			  reason[0] ? reason : rd_kafka_err2str(code));
	if (kind == ERROR_FAILED)
		error_hint(reading->error, "Allow the principal to read and write the topic, and check security settings.");
	else
		error_hint(reading->error, "Check bootstrap.servers, and that the brokers' advertised.listeners can be reached "
								   "from here.");
	return false;
}

/* A consumer's metadata request does not make brokers create the topic. */
static rd_kafka_resp_err_t
look_for_topic(Reading *reading)
{
	const struct rd_kafka_metadata *metadata;
	rd_kafka_resp_err_t code =
		rd_kafka_metadata(reading->consumer, 0, reading->handle, &metadata, time_left_ms(reading));

	if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
		return code;
	code = metadata->topic_cnt == 1 ? metadata->topics[0].err : RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
	if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topics[0].partition_cnt > 0)
		code = metadata->topics[0].partitions[0].err;
	rd_kafka_metadata_destroy(metadata);
	return code;
}

/* Waits until the topic has a leader; makes it if need be. */
static bool
have_topic(Reading *reading)
{
	static const char *const settings[] = {"cleanup.policy", "compact", NULL};
	static const useconds_t pause_us = 50000;
	bool created = false;
	rd_kafka_resp_err_t code;

	while ((code = look_for_topic(reading)) != RD_KAFKA_RESP_ERR_NO_ERROR)
	{
		bool missing = code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART || code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC;

		if (missing && !created)
		{
			log_info(reading->topic->log, "creating progress topic \"%s\"", reading->topic->name);
			if (!kafka_topics_ensure(reading->consumer, reading->topic->name, 1, -1, settings, time_left_ms(reading),
									 reading->error))
				return false;
			created = true;
		}
		else if (!missing && code != RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
			return reading_failed(reading, code);
		if (time_left_ms(reading) == 0)
			return reading_failed(reading, code);
		usleep(pause_us);
	}
	return true;
}

static bool
has_key(const rd_kafka_message_t *message, const char *key)
{
	return message->key_len == strlen(key) && memcmp(message->key, key, message->key_len) == 0;
}

/* A snapshot's state belongs to the record of progress before it. */
static void
keep_snapshot(ProgressTopic *topic, const rd_kafka_message_t *message)
{
	free(topic->snapshot);
	topic->snapshot =
		message != NULL && message->payload != NULL ? bytes_copy_text(message->payload, message->len) : NULL;
}

static void
take_message(Reading *reading, const rd_kafka_message_t *message)
{
	ProgressTopic *topic = reading->topic;

	if (message->key == NULL)
		return;
	if (has_key(message, topic->snapshot_key))
		keep_snapshot(topic, message);
	else if (has_key(message, topic->key))
	{
		keep_snapshot(topic, NULL);
		/* a null value is progress forgotten */
		reading->found = message->payload != NULL;
		if (reading->found && !progress_parse(message->payload, message->len, reading->progress))
		{
			reading->found = false;
			log_warning(topic->log, "progress record at offset %lld of topic \"%s\" is not one of ours",
						(long long) message->offset, topic->name);
		}
	}
	else if (message->payload &&
			 progress_json_same_names(message->key, message->key_len, topic->prefix, topic->slot_name, topic->database))
		reading->other_system = true;
}

static bool
read_to_end(Reading *reading)
{
	for (;;)
	{
		rd_kafka_message_t *message = rd_kafka_consume(reading->handle, 0, time_left_ms(reading));
		rd_kafka_resp_err_t code = message ? message->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
		int64_t offset = message ? message->offset : -1;

		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			take_message(reading, message);
		if (message)
			rd_kafka_message_destroy(message);
		/* short of the end: a transaction of another relay is open before it */
		if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF && offset < reading->end_offset)
			continue;
		if (code == RD_KAFKA_RESP_ERR__PARTITION_EOF)
			return true;
		if (code != RD_KAFKA_RESP_ERR_NO_ERROR)
			return reading_failed(reading, code);
	}
}

static rd_kafka_t *
open_consumer(const ProgressTopic *topic, const char *isolation_level, Error *error)
{
	const char *const settings[][2] = {
		{"enable.partition.eof", "true"},
		{"isolation.level", isolation_level},
		{"auto.offset.reset", "earliest"},
		{"fetch.wait.max.ms", "50"},
		{"log.queue", "true"},
	};
	rd_kafka_conf_t *conf = kafka_client_conf(topic->config, RD_KAFKA_CONSUMER, error);
	char reason[REASON_SIZE];
	rd_kafka_t *consumer;

	if (conf == NULL)
		return NULL;
	for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
		rd_kafka_conf_set(conf, settings[i][0], settings[i][1], reason, sizeof(reason));
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	consumer = kafka_client_new(RD_KAFKA_CONSUMER, conf, error);
	if (consumer)
		rd_kafka_set_log_queue(consumer, NULL);
	return consumer;
}

/*
 * The high watermark: to a client that reads what is committed, brokers tell
 * where the oldest open transaction begins instead.
 */
static bool
find_end(Reading *reading)
{
	rd_kafka_t *consumer = open_consumer(reading->topic, "read_uncommitted", reading->error);
	rd_kafka_resp_err_t code;
	int64_t low;

	if (consumer == NULL)
		return false;
	code = rd_kafka_query_watermark_offsets(consumer, reading->topic->name, 0, &low, &reading->end_offset,
											time_left_ms(reading));
	rd_kafka_destroy(consumer);
	return code == RD_KAFKA_RESP_ERR_NO_ERROR || reading_failed(reading, code);
}

static bool
read_topic(Reading *reading)
{
	bool good;

	if (!have_topic(reading) || (reading->to_high_watermark && !find_end(reading)))
		return false;
	if (rd_kafka_consume_start(reading->handle, 0, RD_KAFKA_OFFSET_BEGINNING) != 0)
		return reading_failed(reading, rd_kafka_last_error());
	good = read_to_end(reading);
	rd_kafka_consume_stop(reading->handle, 0);
	return good;
}

bool
progress_read(ProgressTopic *topic, const ProgressReading *how, Progress *progress, bool *found, bool *other_system,
			  Error *error)
{
	Reading reading = {.topic = topic,
					   .end_ms = clock_monotonic_ms() + how->timeout_ms,
					   .to_high_watermark = how->to_high_watermark,
					   .end_offset = -1,
					   .progress = progress,
					   .error = error};
	bool good;

	*found = false;
	*other_system = false;
	reading.consumer = open_consumer(topic, "read_committed", error);
	if (reading.consumer == NULL)
		return false;
	reading.handle = rd_kafka_topic_new(reading.consumer, topic->name, NULL);
	if (reading.handle == NULL)
	{
		error_set(error, ERROR_CONFIG, "invalid value for option \"progress.topic\": \"%s\"", topic->name);
		error_hint(error, "A topic's name has 1 to 249 letters, digits, '.', '_' and '-'.");
		rd_kafka_destroy(reading.consumer);
		return false;
	}
	good = read_topic(&reading);
	rd_kafka_topic_destroy(reading.handle);
	rd_kafka_destroy(reading.consumer);
	*found = good && reading.found;
	*other_system = good && !reading.found && reading.other_system;
	return good;
}

void
progress_drop_snapshot(ProgressTopic *topic)
{
	keep_snapshot(topic, NULL);
}

const char *
progress_stored_snapshot(const ProgressTopic *topic)
{
	return topic->snapshot;
}

/* ---- writing ---- */

SinkResult
progress_put_snapshot(ProgressTopic *topic, Sink *sink, const char *json, Error *error)
{
	Bytes key_bytes = {topic->snapshot_key, strlen(topic->snapshot_key)};
	Bytes value_bytes = {json, strlen(json)};

	return sink->methods->put_raw(sink, topic->name, 0, key_bytes, value_bytes, 0, error);
}

static SinkResult
put(ProgressTopic *topic, Sink *sink, const char *value, Error *error)
{
	Bytes key_bytes = {topic->key, strlen(topic->key)};
	Bytes value_bytes = {value, value ? strlen(value) : 0};

	if (sink->methods->end != NULL)
		return sink->methods->end(sink, topic->name, key_bytes, value_bytes, error);
	return sink->methods->put_raw(sink, topic->name, 0, key_bytes, value_bytes, 0, error);
}

static SinkResult
put_progress(ProgressTopic *topic, Sink *sink, const Progress *progress, int64_t now_ms, Error *error)
{
	char *value = progress_value_json(progress);
	SinkResult result = put(topic, sink, value, error);

	free(value);
	if (result == SINK_OK)
	{
		topic->has_written = true;
		topic->written_at_ms = now_ms;
		topic->written = *progress;
	}
	return result;
}

SinkResult
progress_end(ProgressTopic *topic, Sink *sink, const Progress *progress, Error *error)
{
	char *value = progress_value_json(progress);
	SinkResult result = put(topic, sink, value, error);

	free(value);
	return result;
}

static bool
has_moved(const ProgressTopic *topic, const Progress *progress)
{
	return !topic->has_written || topic->written.end_lsn != progress->end_lsn ||
		   topic->written.partial.count != progress->partial.count || topic->written.snapshot != progress->snapshot;
}

bool
progress_write_lazily(ProgressTopic *topic, Sink *sink, const Progress *progress, int64_t now_ms, Error *error)
{
	if (topic->has_written && now_ms - topic->written_at_ms < WRITE_GAP_MS)
		return true;
	if (!has_moved(topic, progress))
		return true;
	return put_progress(topic, sink, progress, now_ms, error) != SINK_ERROR;
}

/* Puts value (NULL: a tombstone), waiting while the sink is full, and flushes. */
static bool
put_and_wait(ProgressTopic *topic, Sink *sink, const char *value, int timeout_ms, SinkReport report, void *arg,
			 Error *error)
{
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	const int step_ms = 20;
	SinkResult result;
	int64_t left_ms;

	while ((result = put(topic, sink, value, error)) == SINK_FULL)
	{
		if (!sink->methods->poll(sink, step_ms, report, arg, error))
			return false;
		if (clock_monotonic_ms() >= end_ms)
			return error_set(error, ERROR_RETRY, "could not write progress to topic \"%s\" in %d ms", topic->name,
							 timeout_ms);
	}
	left_ms = end_ms - clock_monotonic_ms();
	return result == SINK_OK && sink->methods->flush(sink, left_ms > 0 ? (int) left_ms : 0, report, arg, error);
}

bool
progress_write_now(ProgressTopic *topic, Sink *sink, const Progress *progress, int timeout_ms, SinkReport report,
				   void *arg, Error *error)
{
	char *value = progress_value_json(progress);
	bool good = put_and_wait(topic, sink, value, timeout_ms, report, arg, error);

	free(value);
	if (good)
	{
		topic->has_written = true;
		topic->written_at_ms = clock_monotonic_ms();
		topic->written = *progress;
	}
	return good;
}

bool
progress_forget(ProgressTopic *topic, Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	return put_and_wait(topic, sink, NULL, timeout_ms, report, arg, error);
}

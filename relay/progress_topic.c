/*
 * progress_topic.c
 *	  Progress read with a consumer of its own, written through the sink, so
 *	  that a record of progress follows the records it speaks of.
 */
#include "progress_topic.h"

#include <inttypes.h>
#include <librdkafka/rdkafka.h>
#include <stdlib.h>
#include <unistd.h>

#include "bytes.h"
#include "clock.h"
#include "kafka_client.h"
#include "kafka_topics.h"
#include "signals.h"

#define REASON_SIZE 512

typedef struct ProgressTopic
{
	ProgressMedium medium; /* first: a ProgressMedium pointer is a ProgressTopic pointer */
	const Config *config;
	Logger *log;
	const char *name;
} ProgressTopic;

/* One reading of the topic. */
typedef struct Reading
{
	ProgressTopic *topic;
	rd_kafka_t *consumer;
	rd_kafka_topic_t *handle;
	int timeout_ms;
	int64_t end_ms; /* by then something must have arrived */
	bool to_high_watermark;
	bool *hidden;		/* see ProgressReading */
	int64_t end_offset; /* read to there; -1: to the end of what is committed */
	ProgressVisit visit;
	void *arg;
	Error *error;
} Reading;

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
	/* brokers compact finished segments only, and every start reads all that is left */
	static const char *const settings[] = {"cleanup.policy", "compact", "segment.bytes", "8388608", NULL};
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

static void
take_message(Reading *reading, const rd_kafka_message_t *message)
{
	if (message->key != NULL)
		reading->visit(reading->arg, (Bytes){message->key, message->key_len},
					   (Bytes){message->payload, message->payload != NULL ? message->len : 0});
}

/*
 * What was open when the reading began has not ended in time: of another
 * relay, or left behind by a broker that lost its end.
 */
static bool
open_before_end(Reading *reading, int64_t offset)
{
	if (reading->hidden != NULL)
		return *reading->hidden = true;
	error_set(reading->error, ERROR_RETRY,
			  "could not read progress from topic \"%s\": a transaction that began at offset %" PRId64
			  " has not ended, and what stands behind it is hidden until then",
			  reading->topic->name, offset);
	error_hint(reading->error,
			   "The brokers end it at the latest when the transaction.timeout.ms of its writer is over. If it stays, "
			   "it hangs: see \"kafka-transactions.sh find-hanging\".");
	return false;
}

/* Takes as long as records come; it is silence that is limited. */
static bool
read_to_end(Reading *reading)
{
	int64_t hidden_from = -1;

	while (!signals_stop_requested())
	{
		rd_kafka_message_t *message = rd_kafka_consume(reading->handle, 0, time_left_ms(reading));
		rd_kafka_resp_err_t code = message ? message->err : RD_KAFKA_RESP_ERR__TIMED_OUT;
		int64_t offset = message ? message->offset : -1;

		if (message)
		{
			if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
				take_message(reading, message);
			rd_kafka_message_destroy(message);
		}
		if (code == RD_KAFKA_RESP_ERR_NO_ERROR)
			reading->end_ms = clock_monotonic_ms() + reading->timeout_ms;
		else if (code != RD_KAFKA_RESP_ERR__PARTITION_EOF)
			return code == RD_KAFKA_RESP_ERR__TIMED_OUT && hidden_from >= 0 ? open_before_end(reading, hidden_from)
																			: reading_failed(reading, code);
		else if (offset >= reading->end_offset)
			return true;
		/* short of the end: a transaction of another relay is open before it */
		hidden_from = code == RD_KAFKA_RESP_ERR__PARTITION_EOF ? offset : -1;
	}
	return error_set(reading->error, ERROR_RETRY, "stopped while reading progress from topic \"%s\"",
					 reading->topic->name);
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

static bool
topic_read(ProgressMedium *medium, const ProgressReading *how, ProgressVisit visit, void *arg, Error *error)
{
	ProgressTopic *topic = (ProgressTopic *) medium;
	Reading reading = {.topic = topic,
					   .timeout_ms = how->timeout_ms,
					   .end_ms = clock_monotonic_ms() + how->timeout_ms,
					   .to_high_watermark = how->to_high_watermark,
					   .hidden = how->hidden,
					   .end_offset = -1,
					   .visit = visit,
					   .arg = arg,
					   .error = error};
	bool good;

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
	return good;
}

static SinkResult
topic_put(ProgressMedium *medium, Sink *sink, Bytes key, Bytes value, Error *error)
{
	return sink->methods->put_raw(sink, medium->place, 0, key, value, 0, error);
}

static SinkResult
topic_put_reported(ProgressMedium *medium, Sink *sink, Bytes key, Bytes value, uint64_t ticket, Error *error)
{
	return sink->methods->put_raw(sink, medium->place, 0, key, value, ticket, error);
}

static void
topic_free(ProgressMedium *medium)
{
	free(medium);
}

ProgressMedium *
progress_topic_new(const Config *config, Logger *log)
{
	static const ProgressMediumMethods methods = {topic_read, topic_put, topic_put_reported, topic_free};
	ProgressTopic *topic = bytes_alloc_zero(1, sizeof(ProgressTopic));

	topic->name = config_text(config, OPT_PROGRESS_TOPIC);
	topic->medium = (ProgressMedium){.methods = &methods, .place = topic->name, .kind = "topic"};
	topic->config = config;
	topic->log = log;
	return &topic->medium;
}

/*
 * kafka_sink.c
 *	  Records to Kafka through librdkafka.
 *
 * All that librdkafka has to say (delivery reports, errors, log lines, results
 * of topic creation) comes through one queue that poll serves; no callback of
 * ours runs in a thread of its own.  A message's opaque is its ticket, so a
 * record costs no memory of ours.
 */
#include "kafka_sink.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bytes.h"
#include "clock.h"
#include "kafka_client.h"
#include "kafka_shortage.h"
#include "kafka_sink_internal.h"

/* Fewer records than this waiting: the stream is not in a hurry. */
#define FEW_RECORDS 50
/* A commit this soon after another is one of many: linger.ms, 2, is the most it waits, and makes batches of them. */
#define SOON_MS 2
#define ABORT_MS 2000	/* for taking a transaction back */
#define EXPLAIN_MS 2000 /* for asking what is missing */

_Static_assert(sizeof(void *) >= sizeof(uint64_t), "a message's opaque pointer carries the ticket");

/* ---- put ---- */

/* Of a record that is not sent. */
static SinkResult
refuse(KafkaSink *self, const RefusedRecord *refused, const rd_kafka_headers_t *headers, uint64_t ticket, Error *error)
{
	Fate fate = kafka_sink_decide(self, refused, headers, ticket, error);

	if (fate == FATE_DROPPED)
	{
		self->settled_ticket = ticket;
		self->settled_count++;
	}
	eventfd_write(self->wake_fd, 1);
	return fate == FATE_ERROR ? SINK_ERROR : SINK_OK;
}

static SinkResult
produce_failed(KafkaSink *self, rd_kafka_error_t *failure, RefusedRecord *refused, const rd_kafka_headers_t *headers,
			   uint64_t ticket, Error *error)
{
	SinkResult result;

	refused->code = rd_kafka_error_code(failure);
	refused->reason = rd_kafka_error_string(failure);
	refused->batch_size = 1;
	if (refused->code == RD_KAFKA_RESP_ERR__QUEUE_FULL)
		result = SINK_FULL;
	else if (refused->code == RD_KAFKA_RESP_ERR__FATAL)
	{
		error_set(error, ERROR_RETRY, "Kafka producer cannot go on: %s", refused->reason);
		result = SINK_ERROR;
	}
	else if (refused->code == RD_KAFKA_RESP_ERR__STATE && self->transaction != NULL)
	{
		kafka_sink_note_failed(self);
		result = SINK_FULL;
	}
	else
		result = refuse(self, refused, headers, ticket, error);
	rd_kafka_error_destroy(failure);
	return result;
}

/* Have brokers refused it before? */
static bool
is_poison(const KafkaSink *self, const SinkRecord *sink_record, RefusedRecord *record)
{
	RefusedRecord wanted = *record;

	if (self->poison == NULL)
		return false;
	if (sink_record->read_again)
		wanted.first_source_lsn = wanted.last_source_lsn = 0;
	record->code = kafka_poison_find(self->poison, &wanted);
	record->batch_size = 1;
	return record->code != RD_KAFKA_RESP_ERR_NO_ERROR;
}

static void
note_place(KafkaSink *self, uint64_t source_lsn)
{
	if (source_lsn == 0)
		return;
	if (self->first_source_lsn == 0 || source_lsn < self->first_source_lsn)
		self->first_source_lsn = source_lsn;
	if (source_lsn > self->last_source_lsn)
		self->last_source_lsn = source_lsn;
}

static SinkResult
produce(KafkaSink *self, const SinkRecord *sink_record, KafkaTopic *topic, Error *error)
{
	const FrameRecord *record = sink_record->record;
	int flags;
	Bytes key = kafka_record_key(&self->scratch, record);
	Bytes value = kafka_record_value(&self->scratch, sink_record, &flags);
	rd_kafka_headers_t *headers = kafka_record_headers(record);
	RefusedRecord refused = {.topic = topic->name,
							 .key = key,
							 .value = value,
							 .partition = record->partition,
							 .by_producer = true,
							 .first_source_lsn = record->source_lsn,
							 .last_source_lsn = record->source_lsn};
	rd_kafka_vu_t parts[] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic->handle},
		{.vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = record->partition},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *) key.data, key.size}},
		{.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *) value.data, value.size}},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = flags},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *) (uintptr_t) sink_record->ticket},
		{.vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = record->timestamp_ms < 0 ? 0 : record->timestamp_ms},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
	};
	size_t count = sizeof(parts) / sizeof(parts[0]);
	rd_kafka_error_t *failure = NULL;
	SinkResult result;

	if (is_poison(self, sink_record, &refused))
		result = refuse(self, &refused, headers, sink_record->ticket, error);
	else if ((failure = rd_kafka_produceva(topic->producer, parts, headers ? count : count - 1)) == NULL)
	{
		kafka_sources_remember(self->sources, sink_record->ticket, record->source_lsn);
		note_place(self, record->source_lsn);
		self->waiting_bytes += key.size + value.size;
		return SINK_OK;
	}
	else
		result = produce_failed(self, failure, &refused, headers, sink_record->ticket, error);
	if (headers)
		rd_kafka_headers_destroy(headers);
	if (flags == RD_KAFKA_MSG_F_FREE)
		free((void *) value.data);
	return result;
}

static SinkResult
kafka_put(Sink *sink, const SinkRecord *sink_record, Error *error)
{
	KafkaSink *self = kafka_sink(sink);
	FrameTopic *frame_topic = sink_record->record->topic;
	KafkaTopic *topic = frame_topic->sink_topic;
	SinkResult ready;

	/* one ticket at a time is kept for poll */
	if ((self->settled_count > 0 && self->settled_ticket != sink_record->ticket) ||
		kafka_parking_waits(self->parking) || kafka_lanes_full(&self->lanes, self->waiting_bytes))
		return SINK_FULL;
	if (topic == NULL)
	{
		topic = kafka_topic_table_find(&self->topics, frame_topic->name);
		frame_topic->sink_topic = topic;
	}
	ready = kafka_topic_table_open(&self->topics, topic, error);
	if (ready == SINK_OK && self->transaction != NULL)
		ready = kafka_transaction_open(self->transaction, error);
	return ready == SINK_OK ? produce(self, sink_record, topic, error) : ready;
}

static SinkResult
kafka_put_raw(Sink *sink, const char *topic, int32_t partition, Bytes key, Bytes value, uint64_t ticket, Error *error)
{
	KafkaSink *self = kafka_sink(sink);
	FrameTopic frame_topic = {.name = (char *) topic, .size = strlen(topic)};
	FrameRecord *record = bytes_alloc_zero(1, sizeof(FrameRecord));
	SinkRecord sink_record = {.record = record, .ticket = ticket};
	SinkResult result;

	record->topic = &frame_topic;
	record->partition = partition;
	record->timestamp_ms = -1;
	record->key = key;
	record->value = value;
	record->flags = (key.data ? 0 : RECORD_NULL_KEY) | (value.data ? 0 : RECORD_NULL_VALUE);
	result = kafka_put(&self->sink, &sink_record, error);
	free(record);
	return result;
}

/* Under load the linger time makes batches; with few records waiting it would only make them late. */
static bool
kafka_commit(Sink *sink, Error *error)
{
	KafkaSink *self = kafka_sink(sink);
	int64_t now_ms = clock_monotonic_ms();
	bool alone = now_ms - self->committed_ms >= SOON_MS;

	(void) error;
	if (self->transaction == NULL && alone && kafka_lanes_waiting(&self->lanes) < FEW_RECORDS)
		kafka_lanes_flush(&self->lanes);
	self->committed_ms = now_ms;
	return true;
}

static int
kafka_wake_fd(Sink *sink)
{
	return kafka_sink(sink)->wake_fd;
}

static SinkTransaction
kafka_sink_transaction(Sink *sink)
{
	KafkaSink *self = kafka_sink(sink);

	return self->transaction ? kafka_transaction_state(self->transaction) : SINK_TRANSACTION_NONE;
}

static bool
is_busy(KafkaSink *self)
{
	return kafka_lanes_waiting(&self->lanes) > 0 || kafka_sink_transaction(&self->sink) == SINK_TRANSACTION_ENDING;
}

static bool
kafka_flush(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	KafkaSink *self = kafka_sink(sink);
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	const int step_ms = 100;

	for (;;)
	{
		int64_t left_ms = end_ms - clock_monotonic_ms();
		int wait_ms = left_ms > step_ms ? step_ms : left_ms > 0 ? (int) left_ms : 0;

		if (!kafka_sink_poll(sink, is_busy(self) ? wait_ms : 0, report, arg, error))
			return false;
		if (!is_busy(self) && !kafka_parking_waits(self->parking))
			return true;
		if (left_ms <= 0)
			break;
	}
	return error_set(error, ERROR_RETRY, "could not deliver %d records to Kafka in %d ms%s%s",
					 kafka_lanes_waiting(&self->lanes), timeout_ms, self->health.why_down[0] ? ": " : "",
					 self->health.why_down);
}

static void
kafka_queue(Sink *sink, uint64_t *records, uint64_t *bytes)
{
	*records = (uint64_t) kafka_lanes_waiting(&kafka_sink(sink)->lanes);
	*bytes = kafka_sink(sink)->waiting_bytes;
}

/* With nothing waiting nobody knows, so the next record may try. */
static bool
kafka_available(Sink *sink, const char **why)
{
	KafkaSink *self = kafka_sink(sink);

	*why = self->health.why_down;
	return !self->health.brokers_down || kafka_lanes_waiting(&self->lanes) == 0;
}

static bool
kafka_explain(Sink *sink, char *why, size_t size)
{
	const KafkaLanes *lanes = &kafka_sink(sink)->lanes;
	int64_t end_ms = clock_monotonic_ms() + EXPLAIN_MS;

	for (size_t i = 0; i < lanes->count; i++)
	{
		int64_t left_ms = end_ms - clock_monotonic_ms();

		if (left_ms <= 0)
			return false;
		if (kafka_shortage_explain(lanes->lanes[i].producer, (int) left_ms, why, size))
			return true;
	}
	return false;
}

static void
kafka_topic_forgotten(Sink *sink, FrameTopic *topic)
{
	/* kept by name: the stream may define it again */
	(void) sink;
	topic->sink_topic = NULL;
}

static void
kafka_headerset_forgotten(Sink *sink, FrameHeaderset *headerset)
{
	(void) sink;
	if (headerset->sink_headers)
		rd_kafka_headers_destroy(headerset->sink_headers);
	headerset->sink_headers = NULL;
}

/* ---- exactly once ---- */

static void
nothing_is_reported(void *arg, uint64_t ticket, uint64_t count)
{
	(void) arg;
	(void) ticket;
	(void) count;
}

static bool
kafka_fence(Sink *sink, int timeout_ms, Error *error)
{
	KafkaSink *self = kafka_sink(sink);
	Error reason = {.kind = ERROR_NONE};
	Error late;

	if (kafka_transaction_fence(self->transaction, timeout_ms, error))
		return true;
	if (error->kind != ERROR_RETRY)
		return false;
	/* librdkafka says only that time is up; why is among its events */
	if (!kafka_sink_poll(sink, 0, nothing_is_reported, NULL, &reason))
		*error = reason;
	else if (self->health.why_down[0] != '\0')
	{
		late = *error;
		error_set(error, late.kind, "%s: %s", late.message, self->health.why_down);
	}
	return false;
}

static SinkResult
kafka_end(Sink *sink, const char *topic, Bytes key, Bytes value, Error *error)
{
	SinkResult result = kafka_put_raw(sink, topic, 0, key, value, 0, error);

	if (result == SINK_OK)
		kafka_transaction_end(kafka_sink(sink)->transaction, true);
	return result;
}

/* What was not delivered is dropped: whoever frees an unflushed sink starts over. */
static void
kafka_free(Sink *sink)
{
	KafkaSink *self = kafka_sink(sink);

	if (self->transaction && !self->health.brokers_down)
		kafka_transaction_take_back(self->transaction, self->lanes.lanes[0].queue, ABORT_MS);
	kafka_transaction_free(self->transaction);
	kafka_lanes_stop(&self->lanes);
	kafka_topic_table_free(&self->topics);
	kafka_parking_free(self->parking);
	kafka_lanes_free(&self->lanes);
	if (self->wake_fd >= 0)
		close(self->wake_fd);
	buffer_free(&self->scratch.key);
	buffer_free(&self->scratch.value);
	free(self->sources);
	free(self);
}

/* ---- making ---- */

#define COMMON_METHODS \
	.put = kafka_put, .put_raw = kafka_put_raw, .commit = kafka_commit, .poll = kafka_sink_poll, \
	.wake_fd = kafka_wake_fd, .flush = kafka_flush, .queue = kafka_queue, .available = kafka_available, \
	.explain = kafka_explain, .topic_forgotten = kafka_topic_forgotten, \
	.headerset_forgotten = kafka_headerset_forgotten, .free = kafka_free

static const SinkMethods kafka_methods = {COMMON_METHODS};

static const SinkMethods transactional_methods = {
	COMMON_METHODS,
	.fence = kafka_fence,
	.end = kafka_end,
	.transaction = kafka_sink_transaction,
};

static bool
open_producer(KafkaSink *self, const Config *config, const SinkIdentity *identity, Error *error)
{
	rd_kafka_conf_t *conf = kafka_client_conf(config, RD_KAFKA_PRODUCER, error);
	rd_kafka_t *producer;

	if (conf == NULL)
		return false;
	if (identity != NULL && !kafka_transaction_configure(conf, config, identity, error))
	{
		rd_kafka_conf_destroy(conf);
		return false;
	}
	self->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (self->wake_fd < 0)
	{
		rd_kafka_conf_destroy(conf);
		return error_set(error, ERROR_FAILED, "could not create an event descriptor: %s", strerror(errno));
	}
	self->topics.lanes = &self->lanes;
	self->lanes.config = config;
	self->lanes.log = self->log;
	self->lanes.wake_fd = self->wake_fd;
	if (!kafka_lanes_begin(&self->lanes, conf, identity != NULL, error))
		return false;
	producer = self->lanes.lanes[0].producer;
	self->parking = kafka_parking_new(producer, &self->policy, &self->waiting_bytes, self->log);
	if (identity != NULL)
		self->transaction = kafka_transaction_new(producer, self->wake_fd, error);
	return identity == NULL || self->transaction != NULL;
}

Sink *
kafka_sink_new(const Config *config, const SinkIdentity *identity, Logger *log, Error *error)
{
	KafkaSink *self = bytes_alloc_zero(1, sizeof(KafkaSink));

	self->sink.methods = identity != NULL ? &transactional_methods : &kafka_methods;
	self->log = log;
	self->health.log = log;
	self->wake_fd = -1;
	self->policy = dead_letter_policy(config);
	self->progress_topic = config_text(config, OPT_PROGRESS_TOPIC);
	self->sources = bytes_alloc_zero(REMEMBERED_TICKETS, sizeof(TicketSource));
	if (kafka_topics_new(config, &self->topics.creation, error) && open_producer(self, config, identity, error))
		return &self->sink;
	kafka_free(&self->sink);
	return NULL;
}

void
kafka_sink_set_poison(Sink *sink, KafkaPoison *poison)
{
	kafka_sink(sink)->poison = poison;
}

uint64_t
kafka_sink_records_refused(const Sink *sink)
{
	return ((const KafkaSink *) sink)->refused;
}

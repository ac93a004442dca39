/*
 * kafka_sink_poll.c
 *	  What librdkafka has to say: reports, errors, log lines; and what becomes
 *	  of records that were not taken.
 */
#include "kafka_sink_internal.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "clock.h"
#include "kafka_client.h"

/* A transaction fails a moment before the report comes that says of which record. */
#define REASON_MS 500

/* One service of the queue. */
typedef struct Serving
{
	KafkaSink *sink;
	const KafkaLane *lane;
	SinkReport report;
	void *arg;
	Error *error;
	uint64_t ticket; /* a run of reports for the same ticket is one call */
	uint64_t count;
} Serving;

/* ---- refused records ---- */

void
kafka_sink_note_failed(KafkaSink *self)
{
	/* one that ends tells by itself */
	if (self->failed_ms == 0 && kafka_transaction_state(self->transaction) == SINK_TRANSACTION_OPEN)
		self->failed_ms = clock_monotonic_ms();
}

/*
 * Brokers judge a batch, not a record: only of one that was alone, and for what
 * does not concern its topic, is it known that its going helps.
 */
static bool
is_its_own(const RefusedRecord *refused)
{
	return refused->batch_size == 1 && !kafka_refusal_may_pass(refused->code) &&
		   refused->code != RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION;
}

/* Of a record whose ticket is forgotten it is only known that it was put since this sink began. */
static bool
remember_poison(KafkaSink *self, const RefusedRecord *refused)
{
	RefusedRecord placed = *refused;

	if (self->poison == NULL || !is_its_own(refused))
		return false;
	if (placed.last_source_lsn == 0)
	{
		placed.first_source_lsn = self->first_source_lsn;
		placed.last_source_lsn = self->last_source_lsn;
	}
	return kafka_poison_add(self->poison, &placed);
}

static void
hint_at_batch(const RefusedRecord *refused, Error *error)
{
	char known[sizeof(error->hint)];

	snprintf(known, sizeof(known), "%s", error->hint);
	error_hint(error,
			   "%.500s%sThe record went with %zu others: which of them is refused is not known. A start with "
			   "rdkafka.batch.num.messages=1 tells, and errors.tolerance=all lets go of that one alone.",
			   known, *known != '\0' ? " " : "", refused->batch_size - 1);
}

Fate
kafka_sink_decide(KafkaSink *self, const RefusedRecord *refused, const rd_kafka_headers_t *headers, uint64_t ticket,
				  Error *error)
{
	DeliveryVerdict verdict = kafka_judge(refused->code, refused->batch_size);
	bool one_of_many = false;

	if (self->transaction != NULL && kafka_refusal_is_purge(refused->code))
	{
		kafka_sink_note_failed(self);
		return FATE_OPEN;
	}
	if (verdict == DELIVERY_REFUSED && self->policy.retry_timeout_ms != 0 && !self->sink.retries_over &&
		kafka_refusal_may_pass(refused->code))
	{
		self->sink.refusal_may_pass = true;
		verdict = DELIVERY_RETRY;
	}
	/* records of the relay's own, such as progress, are never let go */
	if (verdict == DELIVERY_REFUSED && self->policy.tolerates && ticket != 0 &&
		strcmp(refused->topic, self->progress_topic) != 0)
	{
		if (self->transaction == NULL || refused->by_producer)
			return kafka_parking_let_go(self->parking, refused, headers, ticket, &self->sink.parked, &self->refused,
										error);
		/* brokers have given up the whole transaction: it comes again, and then without that record */
		if (remember_poison(self, refused))
			verdict = DELIVERY_RETRY;
		else
			one_of_many = refused->batch_size > 1;
	}
	kafka_describe_refusal(refused, verdict == DELIVERY_RETRY ? ERROR_RETRY : ERROR_FAILED, error);
	if (one_of_many && !kafka_refusal_may_pass(refused->code))
		hint_at_batch(refused, error);
	return FATE_ERROR;
}

/* ---- poll ---- */

/* In a transaction a report only shows that Kafka is moving. */
static void
pass_on(Serving *serving, uint64_t ticket, uint64_t count)
{
	KafkaTransaction *transaction = serving->sink->transaction;

	if (transaction == NULL)
		serving->report(serving->arg, ticket, count);
	else
	{
		kafka_transaction_hold(transaction, ticket, count);
		serving->report(serving->arg, 0, 0);
	}
}

static void
report_run(Serving *serving)
{
	if (serving->count > 0 && serving->ticket != 0)
		pass_on(serving, serving->ticket, serving->count);
	serving->count = 0;
}

static void
settle(Serving *serving, uint64_t ticket)
{
	if (ticket != serving->ticket)
		report_run(serving);
	serving->ticket = ticket;
	serving->count++;
}

static bool
serve_failed_message(Serving *serving, const rd_kafka_message_t *message, size_t batch_size)
{
	uint64_t ticket = (uint64_t) (uintptr_t) message->_private;
	RefusedRecord refused = {.topic = rd_kafka_topic_name(message->rkt),
							 .code = message->err,
							 .batch_size = batch_size,
							 .key = {message->key, message->key_len},
							 .value = {message->payload, message->len},
							 .partition = message->partition};
	rd_kafka_headers_t *headers = NULL;
	Fate fate;

	kafka_sources_fill(serving->sink->sources, ticket, &refused);
	if (rd_kafka_message_headers(message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
		headers = NULL;
	fate = kafka_sink_decide(serving->sink, &refused, headers, ticket, serving->error);
	if (fate == FATE_DROPPED)
		settle(serving, ticket);
	return fate != FATE_ERROR;
}

static bool
serve_reports(Serving *serving, rd_kafka_event_t *event)
{
	size_t batch_size = rd_kafka_event_message_count(event);
	const rd_kafka_message_t *message;
	bool delivered = false;
	bool good = true;

	while (good && (message = rd_kafka_event_message_next(event)) != NULL)
	{
		serving->sink->waiting_bytes -= message->key_len + message->len;
		if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR)
		{
			settle(serving, (uint64_t) (uintptr_t) message->_private);
			delivered = true;
		}
		else
			good = serve_failed_message(serving, message, batch_size);
	}
	report_run(serving);
	if (delivered)
		kafka_health_good(&serving->sink->health);
	return good;
}

static bool
serve_event(Serving *serving, rd_kafka_event_t *event)
{
	switch (rd_kafka_event_type(event))
	{
		case RD_KAFKA_EVENT_DR:
			return serve_reports(serving, event);
		case RD_KAFKA_EVENT_ERROR:
			return kafka_lanes_may_ignore(&serving->sink->lanes, serving->lane, event) ||
				   kafka_health_error(&serving->sink->health, serving->lane->producer, event, serving->error);
		case RD_KAFKA_EVENT_CREATETOPICS_RESULT:
			return kafka_topic_table_created(event, serving->sink->log, serving->error);
		case RD_KAFKA_EVENT_LOG:
			if (serving->sink->transaction != NULL)
				kafka_transaction_note_log(serving->sink->transaction, event);
			kafka_client_log(serving->sink->log, event);
			return true;
		default:
			return true;
	}
}

static void
serve_settled(Serving *serving)
{
	KafkaSink *self = serving->sink;

	if (self->settled_count > 0)
		pass_on(serving, self->settled_ticket, self->settled_count);
	self->settled_count = 0;
}

/* The transaction has failed for good: the record that is the reason, if it is one, replaces *serving->error. */
static void
await_reason(Serving *serving)
{
	int64_t end_ms = clock_monotonic_ms() + REASON_MS;
	rd_kafka_event_t *event;
	bool good = true;

	while (good && clock_monotonic_ms() < end_ms)
	{
		event = rd_kafka_queue_poll(serving->lane->queue, REASON_MS / 10);
		good = event == NULL || serve_event(serving, event);
		rd_kafka_event_destroy(event);
	}
}

/* All that a lane's queue holds. Waits for the first event at most timeout_ms. */
static bool
serve_lane(Serving *serving, const KafkaLane *lane, int timeout_ms)
{
	rd_kafka_event_t *event;
	bool good = true;

	serving->lane = lane;
	while (good && (event = rd_kafka_queue_poll(lane->queue, timeout_ms)) != NULL)
	{
		good = serve_event(serving, event);
		rd_kafka_event_destroy(event);
		timeout_ms = 0;
	}
	return good;
}

/* A fatal error is told once by an event, which whoever polled then may not have passed on. */
static bool
all_can_go_on(const KafkaLanes *lanes, Error *error)
{
	for (size_t i = 0; i < lanes->count; i++)
		if (rd_kafka_fatal_error(lanes->lanes[i].producer, NULL, 0) != RD_KAFKA_RESP_ERR_NO_ERROR)
			return kafka_health_fatal(lanes->lanes[i].producer, error);
	return true;
}

bool
kafka_sink_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	KafkaSink *self = kafka_sink(sink);
	Serving serving = {.sink = self, .report = report, .arg = arg, .error = error};
	eventfd_t woken;
	bool good = true;

	/* the end of a transaction shows there only, and any of several queues */
	if ((self->transaction != NULL || self->lanes.count > 1) && timeout_ms > 0)
	{
		(void) poll(&(struct pollfd){self->wake_fd, POLLIN, 0}, 1, timeout_ms);
		timeout_ms = 0;
	}
	/* before the queue is served: librdkafka signals again when it was empty */
	if (eventfd_read(self->wake_fd, &woken) == 0)
		timeout_ms = 0;
	serve_settled(&serving);
	for (size_t i = 0; good && i < self->lanes.count; i++)
		good = serve_lane(&serving, &self->lanes.lanes[i], timeout_ms);
	good = good && kafka_parking_send(self->parking, error);
	if (good && self->transaction != NULL)
	{
		good = kafka_transaction_poll(self->transaction, report, arg, error);
		if (!good && error->kind == ERROR_FAILED)
			await_reason(&serving);
		else if (good && self->failed_ms != 0 && kafka_transaction_state(self->transaction) == SINK_TRANSACTION_OPEN &&
				 clock_monotonic_ms() - self->failed_ms >= REASON_MS)
			good = kafka_transaction_broken(self->transaction, error);
	}
	return good && all_can_go_on(&self->lanes, error);
}

/*
 * relay.c
 *	  What all parts of a running relay do with its sink and its counters.
 */
#include "relay.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "dead_letter.h"
#include "pg_session.h"
#include "signals.h"

/* The longest wait for a sink that cannot wake us. */
#define SINK_WITHOUT_FD_MS 20
/* What is always waited for: a stop, the sink, the heartbeat, work of incremental snapshots. */
#define OWN_FDS 4

void
relay_report(void *arg, uint64_t ticket, uint64_t count)
{
	Relay *relay = arg;

	relay->delivered = true;
	if ((ticket & NOTIFICATION_TICKET) != 0)
	{
		notifications_report(relay->notifications, ticket, count);
		return;
	}
	if ((ticket & SLOT_LIMIT_TICKET) != 0)
	{
		slot_limit_reported(&relay->limit, ticket);
		return;
	}
	relay->values.records_delivered += count;
	if (relay->tracker != NULL)
		lsn_tracker_delivered_many(relay->tracker, ticket, count);
}

/*
 * errors.retry.timeout: the same record is met again as long as the confirmed
 * position stands still, so the clock belongs to that position.
 */
static void
note_refusal(Relay *relay)
{
	uint64_t position = relay->tracker != NULL ? lsn_tracker_confirmable(relay->tracker) : 0;

	if (relay->refused_ms == 0 || relay->refused_lsn != position)
		relay->refused_ms = clock_monotonic_ms();
	relay->refused_lsn = position;
}

static bool
retries_over(const Relay *relay)
{
	int64_t timeout_ms = config_int(relay->config, OPT_ERRORS_RETRY_TIMEOUT);

	return relay->refused_ms != 0 && timeout_ms >= 0 && relay->tracker != NULL &&
		   lsn_tracker_confirmable(relay->tracker) == relay->refused_lsn &&
		   clock_monotonic_ms() - relay->refused_ms >= timeout_ms;
}

static bool
note_sink_error(Relay *relay, const Error *error)
{
	if (error->kind != ERROR_RETRY)
		return false;
	relay->sink_broken = true;
	if (relay->sink->refusal_may_pass)
		note_refusal(relay);
	return false;
}

SinkResult
relay_sink_put(Relay *relay, const SinkRecord *record, Error *error)
{
	SinkRecord positioned = *record;
	SinkResult result;

	if (relay->refused_ms != 0)
		relay->sink->retries_over = retries_over(relay);
	if (relay->positioned != NULL && record->commit_lsn != 0)
	{
		position_headers_add(relay->positioned, record->record, record->commit_lsn);
		positioned.record = &relay->positioned->record;
	}
	result = relay->sink->methods->put(relay->sink, &positioned, error);
	if (result == SINK_OK)
	{
		lsn_tracker_sent(relay->tracker, record->ticket);
		relay->values.records++;
	}
	else if (result == SINK_ERROR)
		note_sink_error(relay, error);
	return result;
}

bool
relay_sink_poll(Relay *relay, int timeout_ms, Error *error)
{
	if (relay->refused_ms != 0)
		relay->sink->retries_over = retries_over(relay);
	if (relay->sink->methods->poll(relay->sink, timeout_ms, relay_report, relay, error))
		return true;
	return note_sink_error(relay, error);
}

bool
relay_sink_flush(Relay *relay, int timeout_ms, Error *error)
{
	if (relay->sink->methods->flush(relay->sink, timeout_ms, relay_report, relay, error))
		return true;
	return note_sink_error(relay, error);
}

bool
relay_sink_commit(Relay *relay, Error *error)
{
	if (relay->sink->methods->commit(relay->sink, error))
		return true;
	return note_sink_error(relay, error);
}

void
relay_sink_stuck(Relay *relay, Error *error)
{
	const SinkMethods *methods = relay->sink->methods;
	const char *why = NULL;
	char reason[1024];

	if (!methods->available(relay->sink, &why) && why != NULL)
		error_set(error, ERROR_RETRY, "%s", why);
	else if (methods->explain != NULL && methods->explain(relay->sink, reason, sizeof(reason)))
		error_set(error, ERROR_RETRY, "nothing was delivered for 10 seconds: %s", reason);
	else
		error_set(error, ERROR_RETRY, "nothing was delivered for 10 seconds");
}

bool
relay_notify(Relay *relay, Error *error)
{
	size_t before = notifications_waiting(relay->notifications);

	if (before == 0)
		return true;
	if (notifications_put(relay->notifications, relay->sink, error) == SINK_ERROR)
		return note_sink_error(relay, error);
	return notifications_waiting(relay->notifications) == before || relay_sink_commit(relay, error);
}

bool
relay_heartbeat(Relay *relay, int64_t now_ms, Error *error)
{
	bool sent;

	if (!relay_notify(relay, error))
		return false;
	if (!heartbeat_step(relay->heartbeat, relay->sink, now_ms, &sent, error))
		return note_sink_error(relay, error);
	if (sent)
		relay->values.heartbeats++;
	return true;
}

static void
topic_forgotten(void *arg, FrameTopic *topic)
{
	Relay *relay = arg;

	relay->sink->methods->topic_forgotten(relay->sink, topic);
}

static void
headerset_forgotten(void *arg, FrameHeaderset *headerset)
{
	Relay *relay = arg;

	relay->sink->methods->headerset_forgotten(relay->sink, headerset);
}

FrameReaderCallbacks
relay_reader_callbacks(Relay *relay)
{
	return (FrameReaderCallbacks){
		.topic_forgotten = topic_forgotten,
		.headerset_forgotten = headerset_forgotten,
		.arg = relay,
	};
}

static void
describe_refused(const FrameEntry *entry, char *text, size_t size)
{
	const char *reason = entry->refused.reason == REFUSED_TOO_LARGE ? "is too large" : "cannot be converted";
	char key[256];
	char bytes[48] = "";

	dead_letter_excerpt(entry->refused.key, key, sizeof(key));
	if (entry->refused.size > 0)
		snprintf(bytes, sizeof(bytes), ", %" PRIu64 " bytes", entry->refused.size);
	snprintf(text, size, "record for topic \"%s\" at LSN " LSN_FORMAT " (%s%s%s) %s: %.*s",
			 entry->refused.topic != NULL ? entry->refused.topic->name : "", LSN_ARGS(entry->refused.source_lsn),
			 key[0] != '\0' ? "key" : "no key", key, bytes, reason, (int) entry->refused.detail.size,
			 entry->refused.detail.data);
}

/* Its key, and headers that say what happened; the value is what could not be had. */
static SinkResult
park_refused(Relay *relay, const DeadLetterPolicy *policy, const FrameEntry *entry, const char *words, uint64_t ticket,
			 Error *error)
{
	bool too_large = entry->refused.reason == REFUSED_TOO_LARGE;
	FrameTopic topic = {.name = (char *) policy->topic, .size = strlen(policy->topic)};
	DeadLetter letter = {
		.topic = entry->refused.topic != NULL ? entry->refused.topic->name : NULL,
		.partition = -1,
		.lsn = entry->refused.source_lsn,
		.stage = too_large ? "KAFKA_PRODUCE" : "VALUE_CONVERTER",
		.class_name = too_large ? "org.apache.kafka.connect.runtime.WorkerSourceTask"
								: config_text(relay->config, OPT_VALUE_CONVERTER),
		.exception = too_large ? "org.apache.kafka.common.errors.RecordTooLargeException"
							   : "org.apache.kafka.connect.errors.DataException",
		.message = words,
	};
	FrameRecord *record = bytes_alloc_zero(1, sizeof(FrameRecord));
	SinkRecord sink_record = {.record = record, .ticket = ticket};
	SinkResult result;

	record->topic = &topic;
	record->index = entry->refused.index;
	record->source_lsn = entry->refused.source_lsn;
	record->partition = -1;
	record->timestamp_ms = -1;
	record->key = entry->refused.key;
	record->flags = RECORD_NULL_VALUE | (entry->refused.key.size == 0 ? RECORD_NULL_KEY : 0);
	if (config_key_form(relay->config) != FORM_JSON && config_key_form(relay->config) != FORM_JSON_WITH_SCHEMA)
		record->flags |= RECORD_KEY_OPAQUE;
	record->own_header_count = dead_letter_headers(&letter, policy, record->own_headers);
	result = relay_sink_put(relay, &sink_record, error);
	if (topic.sink_topic != NULL)
		relay->sink->methods->topic_forgotten(relay->sink, &topic);
	free(record);
	return result;
}

SinkResult
relay_refused(Relay *relay, const FrameEntry *entry, uint64_t ticket, Error *error)
{
	DeadLetterPolicy policy = dead_letter_policy(relay->config);
	SinkResult result = SINK_OK;
	char words[1024];

	describe_refused(entry, words, sizeof(words));
	if (!policy.tolerates)
	{
		error_set(error, ERROR_FAILED, "%s", words);
		error_hint(error, "raise producer.override.max.request.size (and the topic's max.message.bytes), or set "
						  "errors.tolerance=all to drop such records, or to park them in "
						  "errors.deadletterqueue.topic.name");
		return SINK_ERROR;
	}
	if (policy.topic != NULL)
		result = park_refused(relay, &policy, entry, words, ticket, error);
	if (result != SINK_OK)
		return result;
	if (policy.topic == NULL)
		log_warning(relay->log, "dropped a %s", words);
	else
		log_line(relay->log, policy.log || relay->values.dead_letters == 0 ? LOG_WARNING : LOG_DEBUG, "parked a %s",
				 words);
	if (policy.topic == NULL)
		relay->values.refused_records++;
	else
		relay->values.dead_letters++;
	return SINK_OK;
}

/* Of the last transaction delivered the xid is known only if it is the last received, too. */
static void
note_last_commit(Relay *relay, uint64_t last_commit_end_lsn)
{
	bool last_received = lsn_tracker_last_commit_end(relay->tracker) == last_commit_end_lsn;

	relay->progress.last_commit_end_lsn = last_commit_end_lsn;
	relay->progress.xid = last_received ? relay->last_xid : 0;
}

void
relay_note_progress(Relay *relay)
{
	uint64_t confirmable_lsn = lsn_tracker_confirmable(relay->tracker);
	uint64_t commit_lsn = lsn_tracker_last_commit(relay->tracker);
	uint64_t last_commit_end_lsn = lsn_tracker_last_commit_end(relay->tracker);

	/* exactly once: what is delivered is what is stored, see relay_commit.h */
	if (relay->settings.exactly_once)
		return;
	if (confirmable_lsn <= relay->progress.end_lsn)
		return;
	if (resume_ends_partial(&relay->progress, confirmable_lsn, commit_lsn))
	{
		relay->progress.partial.commit_lsn = 0;
		relay->progress.partial.count = 0;
	}
	relay->progress.end_lsn = confirmable_lsn;
	relay->progress.commit_lsn = commit_lsn;
	if (commit_lsn != 0)
		note_last_commit(relay, confirmable_lsn);
	else if (last_commit_end_lsn != 0 && last_commit_end_lsn <= confirmable_lsn)
		note_last_commit(relay, last_commit_end_lsn);
}

void
relay_note_cut(Relay *relay)
{
	relay_note_progress(relay);
	if (relay->settings.exactly_once || relay->cut_count == 0 || lsn_tracker_outstanding(relay->tracker) != 0)
		return;
	relay->progress.partial.commit_lsn = relay->cut_commit_lsn;
	relay->progress.partial.count = relay->cut_count;
	relay->cut_count = 0; /* of that stream and its sink, not of a later one */
}

void
relay_publish(Relay *relay, int64_t now_ms)
{
	MetricsValues *values = &relay->values;

	if (relay->tracker != NULL)
	{
		uint64_t confirmed_lsn = lsn_tracker_confirmable(relay->tracker);

		if (confirmed_lsn != values->confirmed_lsn)
			values->progress_at_ms = now_ms;
		values->confirmed_lsn = confirmed_lsn;
		values->outstanding_records = lsn_tracker_outstanding(relay->tracker);
		values->caught_up = lsn_tracker_idle(relay->tracker) && confirmed_lsn >= values->server_lsn;
	}
	if (values->caught_up || relay->delivered)
		values->progress_at_ms = now_ms;
	if (relay->sink != NULL)
	{
		relay->sink->methods->queue(relay->sink, &values->queue_records, &values->queue_bytes);
		values->sink_dead_letters = relay->sink->parked;
		if (relay->settings.sink_refused != NULL)
			values->sink_refused_records = relay->settings.sink_refused(relay->sink);
	}
	metrics_publish(relay->settings.metrics, values);
}

static void
wait_for(Relay *relay, const struct pollfd *more, int count, int timeout_ms)
{
	short heartbeat_events = 0;
	int heartbeat_socket = heartbeat_fd(relay->heartbeat, &heartbeat_events);
	int wake_fd = relay->sink != NULL ? relay->sink->methods->wake_fd(relay->sink) : -1;
	struct pollfd fds[RELAY_WAIT_MAX + OWN_FDS] = {
		{.fd = signals_stop_requested() ? -1 : signals_fd(), .events = POLLIN},
		{.fd = wake_fd, .events = POLLIN},
		{.fd = heartbeat_socket, .events = heartbeat_events},
		{.fd = relay->work_fd, .events = POLLIN},
	};

	memcpy(fds + OWN_FDS, more, (size_t) count * sizeof(struct pollfd));
	if (wake_fd < 0 && relay->tracker != NULL && lsn_tracker_outstanding(relay->tracker) > 0 &&
		timeout_ms > SINK_WITHOUT_FD_MS)
		timeout_ms = SINK_WITHOUT_FD_MS;
	(void) poll(fds, (nfds_t) (count + OWN_FDS), timeout_ms);
}

void
relay_wait(Relay *relay, int fd, short events, int timeout_ms)
{
	const struct pollfd more = {.fd = fd, .events = events};

	wait_for(relay, &more, 1, timeout_ms);
}

void
relay_wait_readable(Relay *relay, const int *fds, int count, int timeout_ms)
{
	struct pollfd more[RELAY_WAIT_MAX];

	for (int i = 0; i < count; i++)
		more[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
	wait_for(relay, more, count, timeout_ms);
}

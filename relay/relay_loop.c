/*
 * relay_loop.c
 *	  The one loop of streaming, as a list of named steps.
 */
#include "relay_loop_internal.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "bytes.h"
#include "clock.h"
#include "incremental_snapshot.h"
#include "pg_session.h"
#include "relay_commit.h"
#include "relay_limit.h"
#include "relay_signals.h"
#include "signals.h"

/* Messages taken from the stream before the sink and the clock get their turn. */
#define MESSAGES_PER_TURN 64
#define BYTES_PER_TURN (512 * 1024)
/* A sink that takes nothing for so long makes us let go of the walsender. */
#define SINK_PATIENCE_MS 10000
/* At a stop: to the end of an open transaction where no progress is kept, and for delivery. */
#define FINISH_TRANSACTION_MS 2000
#define STOP_FLUSH_MS 5000
#define STOP_STREAM_MS 3000
/* A sink that is full and cannot wake us. */
#define FULL_PAUSE_MS 10
/*
 * Far behind, and all that has come is read: more is let come before it is.
 * A burst makes a few big batches of the producer within linger.ms, where a
 * trickle makes many small ones, which cost relay and brokers far more.
 */
#define REST_MS 5

static void
open_unit(Loop *loop)
{
	if (loop->ticket != 0)
		return;
	loop->ticket = lsn_tracker_open(loop->relay->tracker);
	loop->unit_commit_lsn = loop->header.commit_lsn;
	loop->unit_count = loop->header.first_index;
}

static bool
close_unit(Loop *loop, Error *error)
{
	Relay *relay = loop->relay;

	open_unit(loop);
	lsn_tracker_close(relay->tracker, loop->ticket, loop->header.commit_lsn, loop->header.end_lsn);
	loop->ticket = 0;
	loop->received_lsn = loop->header.end_lsn;
	relay->values.transactions++;
	relay->values.last_commit_time_us = loop->header.commit_time_us;
	relay->last_xid = loop->header.xid;
	if (relay->endpos_lsn != 0 && loop->header.end_lsn >= relay->endpos_lsn)
		loop->endpos_reached = true;
	return relay_sink_commit(relay, error);
}

static bool
put_record(Loop *loop, Error *error)
{
	SinkRecord record = {.record = &loop->entry->record, .commit_lsn = loop->header.commit_lsn};

	open_unit(loop);
	record.ticket = loop->ticket;
	switch (relay_sink_put(loop->relay, &record, error))
	{
		case SINK_OK:
			loop->entry_pending = false;
			loop->unit_count = record.record->index + 1;
			incremental_record(loop->relay->incremental, record.record->relation, record.record->key_hash,
							   loop->header.xid);
			return true;
		case SINK_FULL:
			loop->entry_pending = true;
			return true;
		default:
			return false;
	}
}

/* Counted as delivered only if it may be let go: the next start must meet it again, not skip it. */
static bool
take_refused(Loop *loop, Error *error)
{
	SinkResult result;

	open_unit(loop);
	result = relay_refused(loop->relay, loop->entry, loop->ticket, error);
	loop->entry_pending = result == SINK_FULL;
	if (result != SINK_OK)
		return result != SINK_ERROR;
	loop->unit_count = loop->entry->refused.index + 1;
	incremental_record(loop->relay->incremental, loop->entry->refused.relation, 0, loop->header.xid);
	return true;
}

static bool
take_mark(Loop *loop, Error *error)
{
	SinkResult result;

	open_unit(loop);
	result = incremental_mark(loop->relay->incremental, &loop->header, loop->entry, loop->ticket, error);
	loop->entry_pending = result == SINK_FULL;
	return result != SINK_ERROR;
}

/* Between transactions: the rows of a window that needs no mark. */
static bool
close_window(Loop *loop, Error *error)
{
	Incremental *incremental = loop->relay->incremental;
	SinkResult result;

	loop->window_pending = false;
	if (loop->ticket != 0 || !incremental_closes(incremental, loop->received_lsn))
		return true;
	result = incremental_close(incremental, error);
	loop->window_pending = result == SINK_FULL;
	return result == SINK_OK ? relay_sink_commit(loop->relay, error) : result == SINK_FULL;
}

/* Does the stream wait for the sink? */
static bool
waits(const Loop *loop)
{
	return loop->entry_pending || loop->window_pending;
}

/* The entry that the sink had no room for. */
static bool
put_again(Loop *loop, Error *error)
{
	switch (loop->entry->kind)
	{
		case ENTRY_REFUSED:
			return take_refused(loop, error);
		case ENTRY_MARK:
			return take_mark(loop, error);
		default:
			return put_record(loop, error);
	}
}

static bool
refuse_partial(const Relay *relay, Error *error)
{
	error_set(error, ERROR_REFUSED,
			  "%" PRIu64 " records of the transaction that commits at " LSN_FORMAT
			  " are delivered, under other options or by another version of the plugin",
			  relay->progress.partial.count, LSN_ARGS(relay->progress.partial.commit_lsn));
	error_hint(error, "Run with those until the transaction is delivered; or once with exactly.once.support=requested, "
					  "which sends all of it again.");
	return false;
}

static bool
check_hello(Loop *loop, Error *error)
{
	Relay *relay = loop->relay;
	uint64_t config_hash = resume_hash(loop->entry->hello.config_hash, loop->entry->hello.plugin_version);

	if (!resume_partial_fits(loop->plan, &relay->progress, config_hash))
	{
		if (relay->settings.exactly_once)
			return refuse_partial(relay, error);
		loop->hello_fits = false;
		relay->progress.partial.commit_lsn = 0; /* never to be stored beside the new hash */
		relay->progress.partial.count = 0;
	}
	relay->progress.config_hash = config_hash;
	relay->progress.timeline = loop->entry->hello.timeline;
	return true;
}

static bool
handle_entry(Loop *loop, Error *error)
{
	switch (loop->entry->kind)
	{
		case ENTRY_HELLO:
			return check_hello(loop, error);
		case ENTRY_BEGIN:
			open_unit(loop);
			return true;
		case ENTRY_RECORD:
			return put_record(loop, error);
		case ENTRY_REFUSED:
			return take_refused(loop, error);
		case ENTRY_COMMIT:
		case ENTRY_MESSAGE:
			return close_unit(loop, error) && close_window(loop, error);
		case ENTRY_MARK:
			return take_mark(loop, error);
		default:
			return true;
	}
}

/* Goes on with the frame at work until its end or until the sink is full. */
static bool
work_on_frame(Loop *loop, Error *error)
{
	if (loop->entry_pending && !put_again(loop, error))
		return false;
	if (loop->window_pending && !close_window(loop, error))
		return false;
	while (loop->frame_open && !waits(loop) && loop->hello_fits && !loop->endpos_reached)
	{
		switch (frame_reader_next(loop->reader, loop->entry, error))
		{
			case FRAME_STEP_ENTRY:
				if (!handle_entry(loop, error))
					return false;
				break;
			case FRAME_STEP_END:
				loop->frame_open = false;
				break;
			case FRAME_STEP_ERROR:
				return false;
		}
	}
	return true;
}

static bool
begin_frame(Loop *loop, const StreamMessage *message, Error *error)
{
	Relay *relay = loop->relay;

	relay->values.bytes += message->size;
	if (!frame_reader_begin(loop->reader, message->data, message->size, &loop->header, error))
		return false;
	if (loop->ticket != 0 && loop->header.commit_lsn != loop->unit_commit_lsn)
		return error_set(error, ERROR_FAILED,
						 "malformed replication stream: a frame of transaction " LSN_FORMAT
						 " inside transaction " LSN_FORMAT,
						 LSN_ARGS(loop->header.commit_lsn), LSN_ARGS(loop->unit_commit_lsn));
	/* the commit LSN of a non-transactional message is the end of its record: at endpos it still belongs to it */
	if (relay->endpos_lsn != 0 && loop->ticket == 0 && loop->header.commit_lsn >= relay->endpos_lsn &&
		loop->header.end_lsn > relay->endpos_lsn)
		loop->endpos_reached = true;
	loop->frame_open = true;
	return work_on_frame(loop, error);
}

static void
take_keepalive(Loop *loop, const StreamMessage *message)
{
	Relay *relay = loop->relay;

	loop->reply_wanted |= message->reply_requested;
	loop->confirmation_asked |= message->reply_requested;
	if (message->wal_end > relay->values.server_lsn)
		relay->values.server_lsn = message->wal_end;
	if (loop->ticket != 0 || message->held) /* transactions before wal_end are still to come */
		return;
	lsn_tracker_keepalive(relay->tracker, message->wal_end);
	if (message->wal_end > loop->received_lsn)
		loop->received_lsn = message->wal_end;
	if (relay->endpos_lsn != 0 && message->wal_end >= relay->endpos_lsn)
		loop->endpos_reached = true;
}

/* May the stream be read now? */
static bool
reading(const Loop *loop)
{
	return !waits(loop) && !loop->endpos_reached && loop->hello_fits;
}

/* Is the stream left alone for a moment? */
static bool
resting(const Loop *loop)
{
	return loop->now_ms < loop->rest_until_ms;
}

/* What has arrived goes to the sink, up to a turn's worth. */
static LoopEnd
step_receive(Loop *loop, Error *error)
{
	uint64_t bytes_before = loop->relay->values.bytes;
	StreamMessage message = {0};

	if (resting(loop) && !waits(loop))
		return LOOP_STOPPED;
	loop->stream_dry = false;
	if (waits(loop) && !work_on_frame(loop, error))
		return LOOP_FAILED;
	for (int taken = 0; taken < MESSAGES_PER_TURN && reading(loop); taken++)
	{
		StreamStep step = replication_stream_next(loop->stream, &message, error);

		loop->behind = message.held;
		switch (step)
		{
			case STREAM_NOTHING:
				loop->stream_dry = true;
				loop->rest_until_ms = loop->behind ? loop->now_ms + REST_MS : 0;
				return LOOP_STOPPED;
			case STREAM_KEEPALIVE:
				take_keepalive(loop, &message);
				if (!close_window(loop, error))
					return LOOP_FAILED;
				break;
			case STREAM_DATA:
				if (!begin_frame(loop, &message, error))
					return LOOP_FAILED;
				break;
			case STREAM_ERROR:
				return LOOP_LOST;
		}
		loop->relay->values.heard_at_ms = loop->now_ms;
		if (loop->relay->values.bytes - bytes_before >= BYTES_PER_TURN)
			break;
	}
	return LOOP_STOPPED;
}

/* Has the sink nothing to do? Exactly once, what it took may wait for the end of a transaction. */
static bool
sink_has_all(const Relay *relay)
{
	uint64_t records;
	uint64_t bytes;

	if (!relay->settings.exactly_once)
		return lsn_tracker_outstanding(relay->tracker) == 0 && !relay_limit_waits(relay);
	relay->sink->methods->queue(relay->sink, &records, &bytes);
	return records == 0 && relay->sink->methods->transaction(relay->sink) != SINK_TRANSACTION_ENDING;
}

/* Reports come in; a sink that has been stuck for too long is noticed. */
static LoopEnd
step_sink(Loop *loop, Error *error)
{
	Relay *relay = loop->relay;

	relay->delivered = false;
	if (!relay_sink_poll(relay, 0, error))
		return LOOP_FAILED;
	if (relay->delivered || (!waits(loop) && sink_has_all(relay)))
	{
		loop->sink_moved_ms = loop->now_ms;
		relay->values.progress_at_ms = loop->now_ms;
	}
	if (loop->now_ms - loop->sink_moved_ms < SINK_PATIENCE_MS)
		return LOOP_STOPPED;
	relay_sink_stuck(relay, error);
	return LOOP_SINK_AWAY;
}

static bool
step_heartbeat(Loop *loop, Error *error)
{
	return relay_heartbeat(loop->relay, loop->now_ms, error);
}

static CommitPoint
commit_point(const Loop *loop)
{
	return (CommitPoint){
		.in_unit = loop->ticket != 0,
		.unit_commit_lsn = loop->unit_commit_lsn,
		.unit_count = loop->unit_count,
		.dry = loop->stream_dry && !loop->behind,
		.last = loop->endpos_reached || loop->stop_since_ms != 0,
		.asked = loop->confirmation_asked,
	};
}

static bool
step_progress(Loop *loop, Error *error)
{
	const CommitPoint point = commit_point(loop);
	Relay *relay = loop->relay;

	if (relay->settings.exactly_once)
		return incremental_in_window(relay->incremental) || relay_commit_step(relay, &point, loop->now_ms, error);
	relay_note_progress(relay);
	if (relay->progress_topic == NULL)
		return true;
	if (!relay_limit_step(relay, loop->now_ms, error))
		return false;
	if (progress_write_lazily(relay->progress_topic, relay->sink, &relay->progress, loop->now_ms, error))
		return true;
	relay->sink_broken |= error->kind == ERROR_RETRY;
	return false;
}

/*
 * Is it time to go?  Where no progress is kept, a transaction cut in the
 * middle would be repeated from its start, so its end is read if it comes soon.
 */
static bool
step_stop(Loop *loop)
{
	Relay *relay = loop->relay;

	if (loop->endpos_reached && !loop->entry_pending && lsn_tracker_outstanding(relay->tracker) == 0)
		return true;
	if (!signals_stop_requested())
		return false;
	if (loop->stop_since_ms == 0)
		loop->stop_since_ms = loop->now_ms;
	return loop->ticket == 0 || (relay->settings.sink_keeps_progress && !relay->settings.exactly_once) ||
		   loop->endpos_reached || loop->now_ms - loop->stop_since_ms > FINISH_TRANSACTION_MS;
}

static int64_t
earlier(int64_t left, int64_t right)
{
	return left < right ? left : right;
}

/* Sleeps until something happens; not at all while there is work. */
static void
step_wait(Loop *loop)
{
	Relay *relay = loop->relay;
	int64_t due_ms = earlier(relay_loop_status_due_ms(loop), loop->now_ms + 1000);
	short events = 0;
	int fd = -1;

	if (reading(loop) && !loop->stream_dry)
		return;
	due_ms = earlier(due_ms, heartbeat_due_ms(relay->heartbeat));
	if (resting(loop))
		due_ms = earlier(due_ms, loop->rest_until_ms);
	else if (reading(loop))
		events |= POLLIN;
	if (loop->status_unsent)
		events |= POLLOUT;
	if (events != 0)
		fd = replication_stream_fd(loop->stream);
	due_ms = earlier(due_ms, incremental_due_ms(relay->incremental));
	due_ms = earlier(due_ms, relay_signals_due_ms(relay));
	if (waits(loop))
		due_ms = earlier(due_ms, loop->now_ms + FULL_PAUSE_MS);
	if (due_ms < loop->now_ms + 1)
		due_ms = loop->now_ms + 1; /* a heartbeat that waits for a full sink */
	relay_wait(relay, fd, events, (int) (due_ms - loop->now_ms));
}

/* One turn of all steps; LOOP_STOPPED: go on (or stop, if *stop). */
static LoopEnd
turn(Loop *loop, bool *stop, Error *error)
{
	LoopEnd end;

	loop->now_ms = clock_monotonic_ms();
	end = step_receive(loop, error);
	if (end == LOOP_STOPPED)
		end = step_sink(loop, error);
	if (end != LOOP_STOPPED)
		return end;
	if (!loop->hello_fits)
		return LOOP_AGAIN;
	if (!step_heartbeat(loop, error) || !relay_signals_step(loop->relay, loop->now_ms, error) ||
		!incremental_step(loop->relay->incremental, loop->now_ms, error) || !step_progress(loop, error))
		return LOOP_FAILED;
	if (incremental_blocking(loop->relay->incremental) != NULL && loop->ticket == 0)
		return LOOP_SNAPSHOT;
	if (!relay_loop_status(loop, error))
		return LOOP_LOST;
	relay_loop_metrics(loop);
	*stop = step_stop(loop);
	if (!*stop)
		step_wait(loop);
	return LOOP_STOPPED;
}

/* Remembers how much of an open transaction was handed over. */
static void
note_cut(Loop *loop)
{
	loop->relay->cut_commit_lsn = loop->unit_commit_lsn;
	loop->relay->cut_count = loop->ticket != 0 ? loop->unit_count : 0;
}

/*
 * Everything put is delivered, and then PostgreSQL is told.  A sink that is
 * away does not hold up the stop; a sink that refused a record makes it
 * LOOP_FAILED.
 */
static LoopEnd
finish(Loop *loop, bool *lost, Error *error)
{
	Relay *relay = loop->relay;
	const CommitPoint point = commit_point(loop);
	bool done = relay->settings.exactly_once ? relay_store_all(relay, &point, STOP_FLUSH_MS, error)
											 : relay_deliver_all(relay, STOP_FLUSH_MS, error);
	LoopEnd end = done || error->kind == ERROR_RETRY ? LOOP_STOPPED : LOOP_FAILED;
	Error late;

	*lost = !relay_loop_send_status(loop, &late) || !replication_stream_finish(loop->stream, STOP_STREAM_MS, &late);
	if (*lost)
		log_debug(relay->log, "final status update: %s", late.message);
	return end;
}

/* The same before a blocking snapshot; a stop, or a sink that is away, comes first. */
static LoopEnd
finish_as(Loop *loop, LoopEnd end, bool *lost, Error *error)
{
	LoopEnd finished;

	error->kind = ERROR_NONE;
	finished = finish(loop, lost, error);
	if (end == LOOP_STOPPED || finished != LOOP_STOPPED)
		return finished;
	return error->kind == ERROR_RETRY ? LOOP_LOST : end;
}

static void
loop_start(Loop *loop, Relay *relay)
{
	FrameReaderCallbacks callbacks = relay_reader_callbacks(relay);

	loop->relay = relay;
	loop->reader = frame_reader_new(&callbacks);
	loop->entry = bytes_alloc_zero(1, sizeof(FrameEntry));
	loop->hello_fits = true;
	loop->now_ms = clock_monotonic_ms();
	loop->sink_moved_ms = loop->now_ms;
	loop->received_lsn = loop->plan->start_lsn;
	loop->request_reply = true; /* where the server stands, at once */
	relay->cut_count = 0;
	incremental_stream_begins(relay->incremental);
	if (relay->settings.exactly_once)
		relay_commit_begin(relay, loop->now_ms);
	relay->values.heard_at_ms = loop->now_ms;
	relay->values.progress_at_ms = loop->now_ms;
}

/* What the plugin held back went down with the transaction that it could not decode: the rest must not wait for ever. */
static bool
ask_one_by_one(Loop *loop, Error *error)
{
	if (!loop->behind || loop->relay->no_packs)
		return false;
	loop->relay->no_packs = true;
	error->kind = ERROR_RETRY;
	return true;
}

LoopEnd
relay_loop(Relay *relay, ReplicationStream *stream, const ResumePlan *plan, int status_interval_ms, bool *lost,
		   Error *error)
{
	Loop loop = {.stream = stream, .plan = plan, .status_interval_ms = status_interval_ms};
	LoopEnd end = LOOP_STOPPED;
	bool stop = false;
	Error late;

	*lost = false;
	loop_start(&loop, relay);
	while (end == LOOP_STOPPED && !stop)
		end = turn(&loop, &stop, error);
	if (end == LOOP_FAILED && error->kind == ERROR_RETRY)
		end = LOOP_LOST;
	if (end == LOOP_LOST && error->kind != ERROR_RETRY && !ask_one_by_one(&loop, error))
		end = LOOP_FAILED;
	note_cut(&loop);
	if (end == LOOP_STOPPED || end == LOOP_SNAPSHOT)
		end = finish_as(&loop, end, lost, error);
	else if (end == LOOP_FAILED)
		(void) finish(&loop, lost, &late); /* what came before the failure is not to be repeated */
	incremental_stream_ended(relay->incremental);
	frame_reader_free(loop.reader);
	free(loop.entry);
	return end;
}

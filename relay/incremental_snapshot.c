/*
 * incremental_snapshot.c
 *	  Phases of a window, the inbox of signals, and what is stored when.
 */
#include "incremental_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "incremental_notices.h"
#include "incremental_rows.h"
#include "incremental_window.h"
#include "incremental_worker.h"
#include "memory.h"
#include "pg_session.h"

#define PAUSE_FIRST_MS 20
#define PAUSE_LAST_MS 5000

Incremental *
incremental_new(Relay *relay)
{
	Incremental *self = bytes_alloc_zero(1, sizeof(Incremental));

	self->relay = relay;
	self->state = incremental_state_new();
	self->window = incremental_window_new();
	self->pause_ms = PAUSE_FIRST_MS;
	return self;
}

static void
drop_window(Incremental *self)
{
	incremental_rows_free(self->rows);
	self->rows = NULL;
	chunk_result_clear(&self->chunk);
	free(self->sequence);
	self->sequence = NULL;
	self->id[0] = '\0';
	self->own_unit = false;
	incremental_window_end(self->window);
	self->phase = PHASE_IDLE;
}

static void
drop_work(Incremental *self)
{
	if (self->worker != NULL)
		incremental_worker_abandon(self->worker);
	snapshot_signal_clear(&self->signal);
	drop_window(self);
}

void
incremental_free(Incremental *self)
{
	if (self == NULL)
		return;
	drop_work(self);
	incremental_worker_free(self->worker);
	incremental_window_free(self->window);
	incremental_state_free(self->state);
	incremental_blocking_drop(self);
	free(self);
}

void
incremental_load(Incremental *self, const char *json)
{
	IncrementalState *state;

	if (self->loaded && !self->relay->settings.exactly_once)
		return;
	state = json != NULL ? incremental_state_parse(json, strlen(json)) : NULL;
	if (json != NULL && state == NULL)
		log_warning(self->relay->log, "what was stored of signals is not one of ours: %.200s", json);
	incremental_state_free(self->state);
	self->state = state != NULL ? state : incremental_state_new();
	if (!self->loaded && self->state->table_count > 0)
		log_info(self->relay->log, "incremental snapshot goes on: %zu tables are left", self->state->table_count);
	self->loaded = true;
	incremental_blocking_check(self);
	notice_state(self->relay, self->state);
}

void
incremental_unload(Incremental *self)
{
	drop_work(self);
	self->loaded = false;
	self->unstored = false;
}

void
incremental_server_ends(Incremental *self, uint64_t wal_end)
{
	if (!incremental_state_fits_history(self->state, wal_end))
		log_warning(self->relay->log,
					"the last signal stands in WAL that this server never had: it is forgotten, others "
					"at that place are taken");
}

int64_t
incremental_kafka_offset(const Incremental *self)
{
	return self->state->kafka_offset;
}

void
incremental_stream_begins(Incremental *self)
{
	drop_work(self);
	self->closing = false;
	self->due_ms = 0;
	/* the sink that was given it may be gone */
	self->unstored = !self->relay->settings.exactly_once &&
					 (self->state->signal_lsn != 0 || self->state->inbox_count > 0 || self->state->table_count > 0);
}

void
incremental_stream_ended(Incremental *self)
{
	drop_work(self);
}

void
incremental_record(Incremental *self, const FrameRelation *relation, uint64_t key_hash, uint32_t xid)
{
	if (relation != NULL)
		incremental_window_note(self->window, relation->oid, key_hash, xid);
}

/* ---- storing ---- */

/* Signals and tables are bounded; the values of a key are not. */
static bool
is_storable(Incremental *self, const char *json)
{
	bool too_large = strlen(json) > INCREMENTAL_STATE_MAX;

	if (too_large && !self->too_large)
		log_warning(self->relay->log,
					"the state of signals is too large to be stored (%zu bytes): a restart repeats what follows",
					strlen(json));
	self->too_large = too_large;
	return !too_large;
}

/* With a ticket: as a record of that unit, which is not confirmed before. */
static SinkResult
store(Incremental *self, uint64_t ticket, Error *error)
{
	Relay *relay = self->relay;
	bool reported;
	char *json;
	SinkResult result;

	if (relay->progress_topic == NULL)
	{
		self->unstored = false;
		return SINK_OK;
	}
	json = incremental_state_json(self->state);
	if (!is_storable(self, json))
	{
		free(json);
		self->unstored = false;
		return SINK_OK;
	}
	result = progress_put_signals(relay->progress_topic, relay->sink, json, ticket, &reported, error);
	free(json);
	if (result == SINK_OK && reported)
		lsn_tracker_sent(relay->tracker, ticket);
	if (result == SINK_OK)
		self->unstored = false;
	if (result == SINK_ERROR)
		relay->sink_broken |= error->kind == ERROR_RETRY;
	return result;
}

void
incremental_changed(Incremental *self)
{
	self->unstored = true;
	if (self->state->table_count == 0)
		self->state->paused = false;
	notice_state(self->relay, self->state);
}

/* ---- the end of a window ---- */

/* Its rows are delivered: the position counts. */
static void
advance(Incremental *self)
{
	for (size_t i = 0; i < self->chunk.passed_count; i++)
		incremental_state_next(self->state);
	incremental_position_clear(&self->state->position);
	self->state->position = self->chunk.position;
	memset(&self->chunk.position, 0, sizeof(self->chunk.position));
	self->pause_ms = PAUSE_FIRST_MS;
	self->due_ms = 0;
	self->blind -= self->blind > 0;
	drop_window(self);
	incremental_changed(self);
}

/* Not one of its rows has gone out; tables that ended before it have. */
static void
read_again(Incremental *self)
{
	size_t passed = self->chunk.passed_count;

	log_debug(self->relay->log, "a chunk is read again, since the stream does not tell which of its rows have changed");
	for (size_t i = 0; i < passed; i++)
		incremental_state_next(self->state);
	self->blind += self->blind < BLIND_MAX;
	drop_window(self);
	incremental_back_off(self);
	if (passed > 0)
		incremental_changed(self);
}

static void
begin_sending(Incremental *self, const char *sequence, size_t size, uint64_t ticket)
{
	self->sequence = bytes_copy_text(sequence, size);
	self->rows = incremental_rows_new(self->relay, self->chunk.frames);
	self->chunk.frames = NULL;
	self->ticket = ticket;
	self->phase = PHASE_SENDING;
}

static SinkResult
send_rows(Incremental *self, Error *error)
{
	SinkResult result;

	if (!relay_notify(self->relay, error))
		return SINK_ERROR;
	if (notifications_waiting(self->relay->notifications) > 0)
		return SINK_FULL;
	result = incremental_rows_send(self->rows, self->window, self->sequence, self->ticket, error);
	if (result != SINK_OK)
		return result;
	log_debug(self->relay->log, "incremental snapshot: %" PRIu64 " rows sent, %" PRIu64 " left to the stream",
			  incremental_rows_sent(self->rows), incremental_rows_dropped(self->rows));
	if (self->own_unit)
		lsn_tracker_close_between(self->relay->tracker, self->ticket);
	if (incremental_rows_are_blind(self->rows))
	{
		read_again(self);
		return SINK_OK;
	}
	self->phase = PHASE_DELIVERING;
	if (self->relay->settings.exactly_once)
		advance(self);
	return SINK_OK;
}

/* Exactly once the position follows the rows at once, in the same transaction of the sink. */
static SinkResult
finish_sending(Incremental *self, Error *error)
{
	SinkResult result = self->phase == PHASE_SENDING ? send_rows(self, error) : SINK_OK;

	if (result == SINK_OK && self->relay->settings.exactly_once && self->unstored)
		result = store(self, 0, error);
	return result;
}

/* ---- marks ---- */

/* Is it the mark that ends the window at work? */
static bool
ends_window(const Incremental *self, const SnapshotSignal *signal, bool from_message)
{
	bool by_delete =
		!from_message &&
		strcmp(config_text(self->relay->config, OPT_INCREMENTAL_SNAPSHOT_WATERMARKING_STRATEGY), "insert_delete") == 0;
	const char *suffix = by_delete ? "-open" : from_message ? "" : "-close";
	size_t size = strlen(self->id);

	if (size == 0 || self->mark == MARK_POSITION || (self->mark == MARK_MESSAGE) != from_message ||
		signal->type != (by_delete ? SIGNAL_DELETED : SIGNAL_WINDOW_CLOSE))
		return false;
	return strncmp(signal->id, self->id, size) == 0 && strcmp(signal->id + size, suffix) == 0;
}

/* A signal of the stream: it is taken once, and stored with the transaction that brought it, each time it comes. */
static SinkResult
take_signal(Incremental *self, const FrameHeader *header, const FrameEntry *entry, bool from_message, uint64_t ticket,
			Error *error)
{
	if (!incremental_state_knows(self->state, header->commit_lsn, entry->mark.lsn))
	{
		self->state->signal_commit_lsn = header->commit_lsn;
		self->state->signal_lsn = entry->mark.lsn;
		incremental_push(self, from_message ? FROM_MESSAGE : FROM_ROW, header->xid, entry->mark.lsn, entry->mark.data);
	}
	return store(self, ticket, error);
}

static bool
is_for_us(const Incremental *self, const SnapshotSignal *signal, bool from_message)
{
	if (from_message)
		return signal->slot != NULL && strcmp(signal->slot, self->relay->slot_name) == 0;
	return config_has_item(self->relay->config, OPT_SIGNAL_ENABLED_CHANNELS, "source");
}

static bool finish_job(Incremental *self, Error *error);

static SinkResult
finish_mark(Incremental *self, Error *error)
{
	SinkResult result = finish_sending(self, error);

	self->closing = result == SINK_FULL;
	return result;
}

SinkResult
incremental_mark(Incremental *self, const FrameHeader *header, const FrameEntry *entry, uint64_t ticket, Error *error)
{
	bool from_message = entry->mark.channel.size == strlen("message") &&
						memcmp(entry->mark.channel.data, "message", entry->mark.channel.size) == 0;
	SnapshotSignal signal;
	bool ends;
	bool wanted;

	if (self->closing)
		return finish_mark(self, error);
	signal = snapshot_signal_parse(entry->mark.data.data, entry->mark.data.size);
	ends = ends_window(self, &signal, from_message);
	wanted = is_for_us(self, &signal, from_message) && signal.type != SIGNAL_WINDOW_OPEN &&
			 signal.type != SIGNAL_WINDOW_CLOSE && signal.type != SIGNAL_DELETED;
	snapshot_signal_clear(&signal);
	if (ends && self->phase == PHASE_CHUNK)
	{
		/* the mark is faster than the answer of the statement that made it */
		if (!finish_job(self, error))
			return SINK_ERROR;
		if (self->phase == PHASE_CHUNK)
			return SINK_FULL;
	}
	if (ends && self->phase == PHASE_WINDOW)
	{
		begin_sending(self, entry->mark.sequence.data, entry->mark.sequence.size, ticket);
		self->closing = true;
		return finish_mark(self, error);
	}
	return wanted ? take_signal(self, header, entry, from_message, ticket, error) : SINK_OK;
}

bool
incremental_closes(const Incremental *self, uint64_t received_lsn)
{
	/* a mark lies before the position, so it would have come */
	return self->closing ||
		   (self->phase == PHASE_WINDOW && self->chunk.position_lsn != 0 && received_lsn >= self->chunk.position_lsn);
}

/* It is not an error: a window may close by its position as well, only later. */
static void
warn_of_mark(Incremental *self)
{
	if (self->mark == MARK_POSITION || self->mark_missed)
		return;
	self->mark_missed = true;
	if (self->mark == MARK_ROWS)
		log_warning(
			self->relay->log,
			"what windows of the incremental snapshot write to table \"%s\" does not come back by the stream, they "
			"close by its position: see that the publication has all rows and columns of the table, and with "
			"insert_delete that column 1 is of its replica identity",
			config_text(self->relay->config, OPT_SIGNAL_DATA_COLLECTION));
	else
		log_warning(self->relay->log, "messages of windows of the incremental snapshot do not come back by the stream, "
									  "they close by its position");
}

SinkResult
incremental_close(Incremental *self, Error *error)
{
	uint64_t last_commit_end_lsn = lsn_tracker_last_commit_end(self->relay->tracker);
	char text[64] = "";
	SinkResult result;

	/* once rows are on their way, or the state that follows them, a next window has to wait */
	if (self->phase == PHASE_WINDOW && !self->closing)
	{
		warn_of_mark(self);
		snprintf(text, sizeof(text), "[\\\"%" PRIu64 "\\\",\\\"%" PRIu64 "\\\"]", last_commit_end_lsn,
				 last_commit_end_lsn);
		if (last_commit_end_lsn == 0)
			snprintf(text, sizeof(text), "[null,\\\"%" PRIu64 "\\\"]", self->chunk.position_lsn);
		begin_sending(self, text, strlen(text), lsn_tracker_open(self->relay->tracker));
		self->own_unit = true;
	}
	result = finish_sending(self, error);
	self->closing = result == SINK_FULL;
	return result;
}

bool
incremental_in_window(const Incremental *self)
{
	return self->relay->settings.exactly_once && (self->phase == PHASE_SENDING || (self->closing && self->unstored));
}

bool
incremental_wants_position(const Incremental *self)
{
	return self->phase == PHASE_WINDOW;
}

void
incremental_back_off(Incremental *self)
{
	self->due_ms = clock_monotonic_ms() + self->pause_ms;
	self->pause_ms = self->pause_ms * 2 < PAUSE_LAST_MS ? self->pause_ms * 2 : PAUSE_LAST_MS;
}

bool
incremental_is_stored(const Incremental *self)
{
	return !self->unstored;
}

bool
incremental_store(Incremental *self, Error *error)
{
	SinkResult result;

	while ((result = store(self, 0, error)) == SINK_FULL)
		if (!relay_sink_poll(self->relay, PAUSE_FIRST_MS, error))
			return false;
	return result == SINK_OK;
}

/* ---- the worker ---- */

/* It will not read better: the table is given up, the snapshot goes on. */
static void
give_table_up(Incremental *self, const Error *error)
{
	ChunkPassed passed = {TABLE_SQL_EXCEPTION, self->state->position.rows, -1};
	const ChunkResult result = {.passed = &passed, .passed_count = 1};

	log_warning(self->relay->log, "%s", error->message);
	notice_chunk(self->relay, self->state, &result);
	incremental_state_next(self->state);
	if (self->state->table_count == 0)
		notice_completed(self->relay, self->state->correlation);
	incremental_changed(self);
}

static void
finish_chunk(Incremental *self, WorkerResult *result)
{
	self->chunk = result->chunk;
	memset(&result->chunk, 0, sizeof(result->chunk));
	if (!result->good)
	{
		drop_window(self);
		if (result->error.kind != ERROR_RETRY)
			give_table_up(self, &result->error);
		else if (!self->trouble_logged)
			log_warning(self->relay->log, "the incremental snapshot waits: %s", result->error.message);
		self->trouble_logged = result->error.kind == ERROR_RETRY;
		incremental_back_off(self);
		return;
	}
	self->trouble_logged = false;
	self->mark = self->chunk.mark;
	if (!incremental_window_read(self->window, self->chunk.seen_by, !self->chunk.standby) ||
		incremental_window_is_blind(self->window))
	{
		log_debug(self->relay->log, "a chunk is read again, since the stream is ahead of what it saw");
		drop_window(self);
		incremental_back_off(self);
		return;
	}
	notice_chunk(self->relay, self->state, &self->chunk);
	self->phase = PHASE_WINDOW;
	if (self->chunk.frames != NULL)
		return;
	notice_completed(self->relay, self->state->correlation);
	advance(self);
}

/* Takes what the worker has done, if it has. */
static bool
finish_job(Incremental *self, Error *error)
{
	WorkerResult result;

	if (self->worker == NULL || !incremental_worker_take(self->worker, &result))
		return true;
	if (result.job == JOB_SIGNAL)
		incremental_finish_signal(self, &result);
	else
		finish_chunk(self, &result);
	chunk_result_clear(&result.chunk);
	incremental_state_free(result.tables);
	free(result.matched);
	return relay_notify(self->relay, error);
}

static bool
start_job(Incremental *self, int64_t now_ms, Error *error)
{
	if (self->phase != PHASE_IDLE || now_ms < self->due_ms || self->blocking != NULL)
		return true;
	if (self->state->inbox_count > 0)
		return incremental_start_signal(self, error);
	if (self->state->table_count == 0 || self->state->paused || notifications_waiting(self->relay->notifications) > 0)
		return true;
	return incremental_start_chunk(self, error);
}

bool
incremental_step(Incremental *self, int64_t now_ms, Error *error)
{
	if (!finish_job(self, error))
		return false;
	if (self->phase == PHASE_DELIVERING && lsn_tracker_is_delivered(self->relay->tracker, self->ticket))
		advance(self);
	if (self->unstored && self->phase != PHASE_SENDING && store(self, 0, error) == SINK_ERROR)
		return false;
	return start_job(self, now_ms, error);
}

void
incremental_settle(Incremental *self)
{
	Error error;

	if (self->phase == PHASE_DELIVERING && lsn_tracker_is_delivered(self->relay->tracker, self->ticket))
		advance(self);
	if (self->unstored && !self->relay->settings.exactly_once && store(self, 0, &error) != SINK_OK)
		log_debug(self->relay->log, "could not store the state of signals");
}

int64_t
incremental_due_ms(const Incremental *self)
{
	bool wants = self->phase == PHASE_IDLE && self->blocking == NULL &&
				 (self->state->inbox_count > 0 || (self->state->table_count > 0 && !self->state->paused));

	return wants ? self->due_ms : INT64_MAX;
}

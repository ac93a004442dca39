/*
 * incremental_inbox.c
 *	  Signals, one after the other.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "incremental_internal.h"
#include "incremental_notices.h"
#include "memory.h"
#include "pg_session.h"

static void
signal_over(Incremental *self)
{
	snapshot_signal_clear(&self->signal);
	incremental_state_shift(self->state);
	self->phase = PHASE_IDLE;
	incremental_changed(self);
}

/* Anybody may write what comes by the stream, so whatever does not fit is left out. */
void
incremental_push(Incremental *self, const char *channel, uint32_t xid, uint64_t lsn, Bytes json)
{
	char *text = memory_printf(ORIGIN_FORMAT "%.*s", channel, xid, lsn, (int) json.size, json.data);

	if (!incremental_state_push(self->state, text, strlen(text)))
		log_warning(
			self->relay->log,
			"a signal of channel \"%s\" is left out: it has %zu bytes, %zu signals wait before it (a signal may "
			"have %d bytes, those that wait %d bytes in all)",
			channel, json.size, self->state->inbox_count, INCREMENTAL_SIGNAL_MAX, INCREMENTAL_PART_MAX);
	free(text);
	incremental_changed(self);
}

bool
incremental_kafka_signal(Incremental *self, Bytes json, int64_t offset)
{
	self->state->kafka_offset = offset;
	incremental_push(self, FROM_KAFKA, 0, 0, json);
	return incremental_takes_signals(self);
}

bool
incremental_takes_signals(const Incremental *self)
{
	return incremental_state_has_room(self->state);
}

static void
add_tables(Incremental *self, const IncrementalState *tables)
{
	IncrementalState *state = self->state;
	bool first = state->table_count == 0;

	if (!incremental_state_add_all(state, tables))
	{
		log_warning(
			self->relay->log,
			"signal \"%s\" cannot be executed: its %zu tables, with their conditions, and the %zu that are left "
			"are more than can be stored (%d bytes)",
			self->signal.id, tables->table_count, state->table_count, INCREMENTAL_PART_MAX);
		return;
	}
	free(state->correlation);
	state->correlation = memory_strdup(self->signal.id);
	notice_tables(self->relay, first ? state : tables, self->signal.id, first);
}

static void
stop_tables(Incremental *self, const bool *matched)
{
	IncrementalState *state = self->state;
	char **names = bytes_alloc_zero(state->table_count + 1, sizeof(char *));
	size_t count = 0;

	for (size_t i = 0, at = 0; at < state->table_count; i++)
	{
		if (matched[i])
		{
			names[count++] = notice_table_name(&state->tables[at]);
			incremental_state_remove(state, at);
		}
		else
			at++;
	}
	if (count == 0)
		log_warning(self->relay->log, "signal \"%s\" stops no table of the incremental snapshot", self->signal.id);
	else
		notice_stopped(self->relay, state, state->correlation, (const char *const *) names, count);
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
}

static void
log_signal(const Incremental *self)
{
	const Progress *progress = &self->relay->progress;
	char *position = memory_printf(LSN_FORMAT, LSN_ARGS(progress->end_lsn));
	char *text = snapshot_signal_log_text(&self->signal, position);

	log_info(self->relay->log, "%s", text);
	free(text);
	free(position);
}

static void
set_paused(Incremental *self, bool paused)
{
	IncrementalState *state = self->state;

	if (state->table_count == 0 || state->paused == paused)
		return;
	state->paused = paused;
	notice_paused(self->relay, state, paused);
}

/* Signals that need no database. */
static void
execute_now(Incremental *self)
{
	switch (self->signal.type)
	{
		case SIGNAL_PAUSE:
			set_paused(self, true);
			break;
		case SIGNAL_RESUME:
			set_paused(self, false);
			break;
		case SIGNAL_LOG:
			log_signal(self);
			break;
		case SIGNAL_NONE:
			log_warning(self->relay->log, "signal \"%s\" cannot be executed: %s", self->signal.id, self->signal.reason);
			break;
		default:
			break;
	}
	signal_over(self);
}

/* The transaction that brought it, and where in it; 0 for signals from Kafka. */
static uint64_t
read_origin(const char *text, uint32_t *xid)
{
	uint64_t lsn = 0;

	*xid = 0;
	(void) sscanf(text, "%*[a-z]:%" SCNu32 ":%" SCNx64, xid, &lsn);
	return lsn;
}

void
incremental_finish_signal(Incremental *self, WorkerResult *result)
{
	if (!result->good && result->error.kind == ERROR_RETRY)
	{
		log_debug(self->relay->log, "%s", result->error.message);
		snapshot_signal_clear(&self->signal);
		self->phase = PHASE_IDLE;
		incremental_back_off(self);
		return;
	}
	if (!result->good)
		log_warning(self->relay->log, "signal \"%s\" cannot be executed: %s", self->signal.id, result->error.message);
	else if (!result->genuine)
		log_warning(self->relay->log, "signal \"%s\" is ignored: it was not made by wal2debezium.signal()",
					self->signal.id);
	else if (self->signal.type == SIGNAL_EXECUTE && self->signal.blocking)
	{
		self->blocking = result->tables; /* stays in the inbox until it is delivered */
		result->tables = NULL;
		self->blocking->signal_lsn = read_origin(self->state->inbox[0], &self->blocking->signal_xid);
		free(self->blocking_signal);
		self->blocking_signal = memory_strdup(self->state->inbox[0]);
		snapshot_signal_clear(&self->signal);
		self->phase = PHASE_IDLE;
		return;
	}
	else if (self->signal.type == SIGNAL_EXECUTE)
		add_tables(self, result->tables);
	else if (self->signal.type == SIGNAL_STOP)
		stop_tables(self, result->matched);
	else
	{
		execute_now(self);
		return;
	}
	signal_over(self);
}

bool
incremental_start_signal(Incremental *self, Error *error)
{
	const char *text = self->state->inbox[0];
	const char *json = strchr(text, ' ') != NULL ? strchr(text, ' ') + 1 : text;
	bool from_message = strncmp(text, FROM_MESSAGE ":", strlen(FROM_MESSAGE ":")) == 0;
	WorkerRequest request = {.job = JOB_SIGNAL, .verify = from_message, .json = json, .state = self->state};

	self->signal = snapshot_signal_parse(json, strlen(json));
	if (!from_message && self->signal.type != SIGNAL_EXECUTE && self->signal.type != SIGNAL_STOP)
	{
		execute_now(self);
		return true;
	}
	read_origin(text, &request.xid);
	request.signal = &self->signal;
	self->phase = PHASE_SIGNAL;
	return incremental_ask(self, &request, error);
}

/* ---- blocking snapshots ---- */

const IncrementalState *
incremental_blocking(const Incremental *self)
{
	return self->blocking;
}

/* Is the first of the inbox the one that asked for it? */
static bool
is_of_blocking(const Incremental *self)
{
	return self->blocking != NULL && self->state->inbox_count > 0 &&
		   strcmp(self->state->inbox[0], self->blocking_signal) == 0;
}

void
incremental_blocking_drop(Incremental *self)
{
	incremental_state_free(self->blocking);
	free(self->blocking_signal);
	self->blocking = NULL;
	self->blocking_signal = NULL;
}

void
incremental_blocking_check(Incremental *self)
{
	if (!is_of_blocking(self))
		incremental_blocking_drop(self);
}

void
incremental_blocking_done(Incremental *self)
{
	if (is_of_blocking(self))
		incremental_state_shift(self->state);
	incremental_blocking_drop(self);
	incremental_changed(self);
}

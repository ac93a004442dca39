/*
 * snapshot_ledger.c
 *	  See snapshot_ledger.h.
 */
#include "snapshot_ledger.h"

#include <stdlib.h>

#include "clock.h"
#include "memory.h"
#include "signals.h"

#define WRITE_GAP_MS 250
#define STOP_FLUSH_MS 5000
/* Exactly once: of a transaction; what a crash makes read again, and how late readers of committed records may be. */
#define PART_AGE_MS 1000
/* Brokers take 1 MB by default; beyond, the snapshot cannot go on after a crash. */
#define STATE_SIZE_MAX 900000

typedef struct Position
{
	uint64_t ticket;
	SnapshotPart *part;
	uint32_t next;
	bool done;
} Position;

struct SnapshotLedger
{
	Relay *relay;
	const SnapshotTargets *targets;
	const CutSnapshot *base;
	bool keep;
	uint64_t ticket; /* the newest */

	/* a ring, tickets ascending */
	Position *positions;
	size_t capacity; /* a power of two */
	size_t head;
	size_t count;

	bool changed; /* since the last write */
	bool too_large;
	int64_t written_ms;
};

SnapshotLedger *
snapshot_ledger_new(Relay *relay, const SnapshotTargets *targets, const CutSnapshot *base, bool keep)
{
	SnapshotLedger *ledger = bytes_alloc_zero(1, sizeof(SnapshotLedger));

	ledger->relay = relay;
	ledger->targets = targets;
	ledger->base = base;
	ledger->keep = keep;
	ledger->capacity = 256;
	ledger->positions = bytes_alloc(ledger->capacity * sizeof(Position));
	ledger->changed = true; /* what is to be read, before any of it is */
	return ledger;
}

void
snapshot_ledger_free(SnapshotLedger *ledger)
{
	if (ledger == NULL)
		return;
	free(ledger->positions);
	free(ledger);
}

uint64_t
snapshot_ledger_open(SnapshotLedger *ledger)
{
	ledger->ticket = lsn_tracker_open(ledger->relay->tracker);
	return ledger->ticket;
}

void
snapshot_ledger_close(SnapshotLedger *ledger)
{
	lsn_tracker_close(ledger->relay->tracker, ledger->ticket, 0, 0);
}

static void
grow(SnapshotLedger *ledger)
{
	Position *bigger = bytes_alloc(2 * ledger->capacity * sizeof(Position));

	for (size_t i = 0; i < ledger->count; i++)
		bigger[i] = ledger->positions[(ledger->head + i) & (ledger->capacity - 1)];
	free(ledger->positions);
	ledger->positions = bigger;
	ledger->head = 0;
	ledger->capacity *= 2;
}

static void
push(SnapshotLedger *ledger, SnapshotPart *part)
{
	if (ledger->count == ledger->capacity)
		grow(ledger);
	ledger->positions[(ledger->head + ledger->count++) & (ledger->capacity - 1)] =
		(Position){ledger->ticket, part, part->read_next, part->read_done};
}

void
snapshot_ledger_read(SnapshotLedger *ledger, SnapshotPart *part, uint32_t next, bool done)
{
	SnapshotTarget *target = part->target;

	part->read_done = done;
	if (!done)
		part->read_next = next;
	if (target->marks.waiting == NULL)
		push(ledger, part);
	else if (!part->waiting)
	{
		part->waiting = true;
		target->parts_waiting++;
	}
}

void
snapshot_ledger_released(SnapshotLedger *ledger, SnapshotTarget *target)
{
	for (size_t i = 0; target->parts_waiting > 0 && i < target->part_count; i++)
	{
		SnapshotPart *part = &target->parts[i];

		if (!part->waiting)
			continue;
		part->waiting = false;
		target->parts_waiting--;
		push(ledger, part);
	}
}

/* Positions of tickets before this one count from now on. */
static void
take_before(SnapshotLedger *ledger, uint64_t first_pending)
{
	while (ledger->count > 0 && ledger->positions[ledger->head].ticket < first_pending)
	{
		const Position *position = &ledger->positions[ledger->head];
		SnapshotPart *part = position->part;

		part->delivered_next = position->next > part->delivered_next ? position->next : part->delivered_next;
		part->delivered |= position->done;
		part->target->begun = true;
		ledger->changed = true;
		ledger->head = (ledger->head + 1) & (ledger->capacity - 1);
		ledger->count--;
	}
}

static void
take_delivered(SnapshotLedger *ledger)
{
	take_before(ledger, ledger->ticket + 1 - lsn_tracker_units_pending(ledger->relay->tracker));
}

/* The caller frees. */
static char *
make_json(const SnapshotLedger *ledger)
{
	CutSnapshot state = *ledger->base;
	char *json;

	state.table_count = 0;
	state.tables = NULL;
	snapshot_targets_state(ledger->targets, &state);
	json = snapshot_state_json(&state);
	for (size_t i = 0; i < state.table_count; i++)
		free(state.tables[i].ranges);
	free(state.tables);
	return json;
}

static bool
fits(SnapshotLedger *ledger, const char *json)
{
	if (strlen(json) <= STATE_SIZE_MAX)
		return true;
	if (!ledger->too_large)
		log_warning(ledger->relay->log,
					"the snapshot has too many parts for its progress to be stored (%zu bytes): after "
					"a crash it begins again",
					strlen(json));
	ledger->too_large = true;
	return false;
}

bool
snapshot_ledger_step(SnapshotLedger *ledger, Error *error)
{
	Relay *relay = ledger->relay;
	int64_t now_ms = clock_monotonic_ms();
	SinkResult result;
	char *json;

	take_delivered(ledger);
	if (relay->settings.exactly_once || !ledger->keep || relay->progress_topic == NULL || !ledger->changed ||
		ledger->too_large || (ledger->written_ms != 0 && now_ms - ledger->written_ms < WRITE_GAP_MS))
		return true;
	json = make_json(ledger);
	result = fits(ledger, json) ? progress_put_snapshot(relay->progress_topic, relay->sink, json, error) : SINK_FULL;
	free(json);
	if (result == SINK_OK)
	{
		ledger->changed = false;
		ledger->written_ms = now_ms;
	}
	else if (result == SINK_ERROR)
		relay->sink_broken |= error->kind == ERROR_RETRY;
	return result != SINK_ERROR;
}

/* How old it is, for whoever asks why it failed, too. */
static bool
transaction_is_open(Relay *relay, int64_t now_ms)
{
	bool open = relay->sink->methods->transaction(relay->sink) == SINK_TRANSACTION_OPEN;

	if (open && !relay->commit.open)
		relay->commit.began_ms = now_ms;
	relay->commit.open = open;
	return open;
}

bool
snapshot_ledger_part_due(SnapshotLedger *ledger)
{
	Relay *relay = ledger->relay;
	int64_t now_ms = clock_monotonic_ms();

	return relay->settings.exactly_once && transaction_is_open(relay, now_ms) && ledger->keep && !ledger->too_large &&
		   now_ms - relay->commit.began_ms >= PART_AGE_MS;
}

bool
snapshot_ledger_end_part(SnapshotLedger *ledger, bool *due, Error *error)
{
	Relay *relay = ledger->relay;
	SinkResult result = SINK_OK;
	char *json;

	take_before(ledger, ledger->ticket + 1);
	json = make_json(ledger);
	if (fits(ledger, json))
		result = progress_end_snapshot(relay->progress_topic, relay->sink, json, error);
	free(json);
	*due = result == SINK_FULL;
	if (result == SINK_ERROR)
		relay->sink_broken |= error->kind == ERROR_RETRY;
	return result != SINK_ERROR;
}

void
snapshot_ledger_cut(SnapshotLedger *ledger)
{
	Relay *relay = ledger->relay;
	bool stop = signals_stop_requested() && !relay->sink_broken;
	Error error;

	if (!ledger->keep || relay->settings.exactly_once)
		return;
	if (stop && !relay_sink_flush(relay, STOP_FLUSH_MS, &error))
		log_warning(relay->log, "stopping with records not delivered, they will be sent again: %s", error.message);
	take_delivered(ledger);
	free(relay->snapshot_state);
	relay->snapshot_state = make_json(ledger);
	if (stop && relay->progress_topic != NULL && fits(ledger, relay->snapshot_state) &&
		(progress_put_snapshot(relay->progress_topic, relay->sink, relay->snapshot_state, &error) != SINK_OK ||
		 !relay_sink_flush(relay, STOP_FLUSH_MS, &error)))
		log_warning(relay->log, "could not write the snapshot's progress: %s", error.message);
}

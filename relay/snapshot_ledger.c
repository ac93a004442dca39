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

static void
take_delivered(SnapshotLedger *ledger)
{
	uint64_t first_pending = ledger->ticket + 1 - lsn_tracker_units_pending(ledger->relay->tracker);

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
	if (!ledger->keep || relay->progress_topic == NULL || !ledger->changed || ledger->too_large ||
		(ledger->written_ms != 0 && now_ms - ledger->written_ms < WRITE_GAP_MS))
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

void
snapshot_ledger_cut(SnapshotLedger *ledger)
{
	Relay *relay = ledger->relay;
	bool stop = signals_stop_requested() && !relay->sink_broken;
	Error error;

	if (!ledger->keep)
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

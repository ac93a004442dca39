/*
 * lsn_tracker.c
 *	  A ring of units in stream order; confirmed ones leave at its head.
 */
#include "lsn_tracker.h"

#include <stdlib.h>

#include "bytes.h"

#define FIRST_CAPACITY 1024

typedef struct Unit
{
	uint64_t outstanding;
	uint64_t commit_lsn; /* 0: a keepalive */
	uint64_t end_lsn;
	bool closed;
} Unit;

struct LsnTracker
{
	Unit *units;	   /* unit of ticket t stands at t % capacity */
	uint64_t capacity; /* a power of two */
	uint64_t head;	   /* oldest ticket not confirmable */
	uint64_t next;	   /* ticket of the next unit */
	uint64_t confirmable;
	uint64_t confirmable_commit;
	uint64_t last_end;	  /* end of the last closed unit, confirmable or not */
	uint64_t last_commit; /* its commit LSN; 0: a keepalive or none */
	bool requires_stored;
	uint64_t stored;
	uint64_t last_commit_end;
	uint64_t outstanding;
};

LsnTracker *
lsn_tracker_new(uint64_t start_lsn)
{
	LsnTracker *tracker = bytes_alloc_zero(1, sizeof(LsnTracker));

	tracker->capacity = FIRST_CAPACITY;
	tracker->units = bytes_alloc(tracker->capacity * sizeof(Unit));
	tracker->head = 1;
	tracker->next = 1;
	tracker->confirmable = start_lsn;
	tracker->last_end = start_lsn;
	return tracker;
}

void
lsn_tracker_free(LsnTracker *tracker)
{
	if (tracker == NULL)
		return;
	free(tracker->units);
	free(tracker);
}

static Unit *
unit_at(const LsnTracker *tracker, uint64_t ticket)
{
	return &tracker->units[ticket & (tracker->capacity - 1)];
}

/* NULL: not a unit that is still waited for, so nothing can follow from its reports. */
static Unit *
find_unit(const LsnTracker *tracker, uint64_t ticket)
{
	if (ticket < tracker->head || ticket >= tracker->next)
		return NULL;
	return unit_at(tracker, ticket);
}

static Unit *
last_unit(const LsnTracker *tracker)
{
	return tracker->next > tracker->head ? unit_at(tracker, tracker->next - 1) : NULL;
}

static void
grow(LsnTracker *tracker)
{
	LsnTracker bigger = *tracker;

	bigger.capacity *= 2;
	bigger.units = bytes_alloc(bigger.capacity * sizeof(Unit));
	for (uint64_t ticket = tracker->head; ticket < tracker->next; ticket++)
		*unit_at(&bigger, ticket) = *unit_at(tracker, ticket);
	free(tracker->units);
	*tracker = bigger;
}

/* Lets go of finished units at the head. */
static void
advance(LsnTracker *tracker)
{
	while (tracker->head < tracker->next)
	{
		const Unit *unit = unit_at(tracker, tracker->head);

		if (!unit->closed || unit->outstanding > 0)
			return;
		tracker->confirmable = unit->end_lsn;
		tracker->confirmable_commit = unit->commit_lsn;
		tracker->head++;
	}
}

uint64_t
lsn_tracker_open(LsnTracker *tracker)
{
	if (tracker->next - tracker->head == tracker->capacity)
		grow(tracker);
	*unit_at(tracker, tracker->next) = (Unit){0};
	return tracker->next++;
}

void
lsn_tracker_sent(LsnTracker *tracker, uint64_t ticket)
{
	Unit *unit = find_unit(tracker, ticket);

	if (unit == NULL)
		return;
	unit->outstanding++;
	tracker->outstanding++;
}

void
lsn_tracker_delivered(LsnTracker *tracker, uint64_t ticket)
{
	lsn_tracker_delivered_many(tracker, ticket, 1);
}

void
lsn_tracker_delivered_many(LsnTracker *tracker, uint64_t ticket, uint64_t count)
{
	Unit *unit = find_unit(tracker, ticket);

	if (unit == NULL)
		return;
	if (count > unit->outstanding)
		count = unit->outstanding;
	unit->outstanding -= count;
	tracker->outstanding -= count;
	if (ticket == tracker->head)
		advance(tracker);
}

void
lsn_tracker_close(LsnTracker *tracker, uint64_t ticket, uint64_t commit_lsn, uint64_t end_lsn)
{
	Unit *unit = find_unit(tracker, ticket);

	if (unit == NULL || unit->closed)
		return;
	/* the low-watermark must not go back whatever the stream says */
	if (end_lsn < tracker->last_end)
		end_lsn = tracker->last_end;
	unit->closed = true;
	unit->commit_lsn = commit_lsn;
	unit->end_lsn = end_lsn;
	tracker->last_end = end_lsn;
	tracker->last_commit = commit_lsn;
	tracker->last_commit_end = end_lsn;
	advance(tracker);
}

void
lsn_tracker_close_between(LsnTracker *tracker, uint64_t ticket)
{
	Unit *unit = find_unit(tracker, ticket);

	if (unit == NULL || unit->closed)
		return;
	unit->closed = true;
	unit->commit_lsn = tracker->last_commit;
	unit->end_lsn = tracker->last_end;
	advance(tracker);
}

bool
lsn_tracker_is_delivered(const LsnTracker *tracker, uint64_t ticket)
{
	const Unit *unit = find_unit(tracker, ticket);

	return unit != NULL ? unit->closed && unit->outstanding == 0 : ticket < tracker->head;
}

void
lsn_tracker_keepalive(LsnTracker *tracker, uint64_t wal_end)
{
	Unit *last = last_unit(tracker);

	if ((last && !last->closed) || wal_end <= tracker->last_end)
		return;
	/* keepalives in a row are one unit, or a slow sink would make the ring grow for nothing */
	if (last == NULL || last->commit_lsn != 0 || last->outstanding > 0)
	{
		lsn_tracker_open(tracker);
		last = last_unit(tracker);
		last->closed = true;
	}
	last->end_lsn = wal_end;
	tracker->last_end = wal_end;
	tracker->last_commit = 0;
	advance(tracker);
}

void
lsn_tracker_require_stored(LsnTracker *tracker)
{
	tracker->requires_stored = true;
	tracker->stored = tracker->confirmable;
}

void
lsn_tracker_stored(LsnTracker *tracker, uint64_t stored_lsn)
{
	if (stored_lsn > tracker->stored)
		tracker->stored = stored_lsn;
}

uint64_t
lsn_tracker_closed_end(const LsnTracker *tracker, uint64_t *commit_lsn)
{
	*commit_lsn = tracker->last_commit;
	return tracker->last_end;
}

uint64_t
lsn_tracker_confirmable(const LsnTracker *tracker)
{
	if (tracker->requires_stored && tracker->stored < tracker->confirmable)
		return tracker->stored;
	return tracker->confirmable;
}

uint64_t
lsn_tracker_last_commit(const LsnTracker *tracker)
{
	return tracker->confirmable_commit;
}

uint64_t
lsn_tracker_last_commit_end(const LsnTracker *tracker)
{
	return tracker->last_commit_end;
}

uint64_t
lsn_tracker_outstanding(const LsnTracker *tracker)
{
	return tracker->outstanding;
}

bool
lsn_tracker_idle(const LsnTracker *tracker)
{
	return tracker->head == tracker->next;
}

uint64_t
lsn_tracker_units_pending(const LsnTracker *tracker)
{
	return tracker->next - tracker->head;
}

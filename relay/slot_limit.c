/*
 * slot_limit.c
 *	  See slot_limit.h.
 */
#include "slot_limit.h"

void
slot_limit_begin(SlotLimit *limit, bool enforced, uint64_t confirmed_lsn)
{
	/* tickets go on, so that a late report of another stream is nobody's */
	*limit = (SlotLimit){.enforced = enforced, .durable = confirmed_lsn, .ticket = limit->ticket};
}

static uint64_t
ahead_of(SlotLimit *limit, int64_t now_ms)
{
	bool busy = limit->ahead != 0 && now_ms - limit->put_ms < SLOT_LIMIT_BUSY_MS;

	limit->ahead = busy ? limit->ahead * 2 : SLOT_LIMIT_AHEAD_FIRST;
	if (limit->ahead > SLOT_LIMIT_AHEAD_MAX)
		limit->ahead = SLOT_LIMIT_AHEAD_MAX;
	return limit->ahead;
}

uint64_t
slot_limit_next(SlotLimit *limit, uint64_t position, int64_t now_ms)
{
	if (!limit->enforced)
		return 0;
	if (position != limit->position)
		limit->moved_ms = now_ms;
	limit->position = position;
	if (limit->pending != 0)
		return 0;
	if (position > limit->durable)
		return position + ahead_of(limit, now_ms);
	if (!limit->announced)
		return position;
	if (position < limit->durable && now_ms - limit->moved_ms >= SLOT_LIMIT_IDLE_MS)
		return position;
	return 0;
}

uint64_t
slot_limit_put(SlotLimit *limit, uint64_t limit_lsn, int64_t now_ms)
{
	if (limit_lsn < limit->durable)
		limit->durable = limit_lsn;
	limit->announced = true;
	limit->pending = limit_lsn;
	limit->put_ms = now_ms;
	limit->ticket = ((limit->ticket & ~SLOT_LIMIT_TICKET) + 1) | SLOT_LIMIT_TICKET;
	return limit->ticket;
}

void
slot_limit_not_put(SlotLimit *limit, uint64_t limit_lsn)
{
	if (limit_lsn >= limit->durable)
		return;
	limit->durable = limit_lsn;
	limit->announced = false; /* tried again */
}

void
slot_limit_reported(SlotLimit *limit, uint64_t ticket)
{
	if (limit->pending == 0 || ticket != limit->ticket)
		return;
	limit->durable = limit->pending;
	limit->pending = 0;
}

uint64_t
slot_limit_allows(const SlotLimit *limit, uint64_t position)
{
	return limit->enforced && limit->durable < position ? limit->durable : position;
}

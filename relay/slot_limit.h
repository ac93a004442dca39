/*
 * slot_limit.h
 *	  At least once: how far the slot may have been confirmed by us.  Pure: no
 *	  clock of its own, no I/O.
 *
 * Progress is written lazily, so after a crash the slot may stand beyond it
 * without anybody else's doing.  Therefore a limit is announced (stored beside
 * the progress) before anything up to it is confirmed: a slot that stands
 * beyond every limit, and beyond progress, was moved by somebody else.
 *
 * The limit lies somewhat ahead, so that a busy stream announces about once a
 * second.  When nothing has moved for a while, and at a stop, it is taken back
 * to the position itself; from then on nothing beyond that is confirmed, even
 * before the lower limit is known to be stored.
 *
 * Limits of one stream are put one at a time, so the newest that is durable is
 * either the one reported last or the one on its way, and none of what was
 * confirmed lies beyond either.
 */
#ifndef SLOT_LIMIT_H
#define SLOT_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

/* Marks tickets of announcements; the sink reports them with all others. */
#define SLOT_LIMIT_TICKET ((uint64_t) 1 << 62)

/* How far ahead, in bytes of WAL: doubled while announcements follow each other within a second. */
#define SLOT_LIMIT_AHEAD_FIRST (UINT64_C(64) * 1024)
#define SLOT_LIMIT_AHEAD_MAX (UINT64_C(64) * 1024 * 1024)
#define SLOT_LIMIT_BUSY_MS 1000
#define SLOT_LIMIT_IDLE_MS 5000

typedef struct SlotLimit
{
	bool enforced;	  /* false: everything may be confirmed */
	bool announced;	  /* something, in this stream */
	uint64_t durable; /* this may be confirmed */
	uint64_t pending; /* on its way to the store; 0: none */
	uint64_t ticket;  /* of the last one put */
	uint64_t ahead;
	uint64_t position; /* last seen */
	int64_t moved_ms;  /* when it changed */
	int64_t put_ms;	   /* when a limit was put last */
} SlotLimit;

/* A stream begins: confirmed_lsn is where the slot stands, which nobody is to be asked about. */
extern void slot_limit_begin(SlotLimit *limit, bool enforced, uint64_t confirmed_lsn);

/* position: what is delivered. Returns the limit to be stored now; 0: none. */
extern uint64_t slot_limit_next(SlotLimit *limit, uint64_t position, int64_t now_ms);
/* It was handed over, and will be reported with the ticket that is returned. */
extern uint64_t slot_limit_put(SlotLimit *limit, uint64_t limit_lsn, int64_t now_ms);
/* It was not taken now, but may become durable with something else: nothing beyond it may be confirmed. */
extern void slot_limit_not_put(SlotLimit *limit, uint64_t limit_lsn);
extern void slot_limit_reported(SlotLimit *limit, uint64_t ticket);

/* How much of what is delivered may be confirmed. */
extern uint64_t slot_limit_allows(const SlotLimit *limit, uint64_t position);

#endif

/*
 * slot_watch.h
 *	  A thread with a connection of its own that looks at the slot every
 *	  slot.watch.interval.ms: whatever the relay's loop waits for, it does not.
 */
#ifndef SLOT_WATCH_H
#define SLOT_WATCH_H

#include "config.h"
#include "error.h"
#include "log.h"
#include "metrics.h"

typedef struct SlotWatch SlotWatch;

/*
 * Starts watching.  Everything is borrowed until slot_watch_free().
 * on_stuck is called in the thread, after the state was logged, when
 * watchdog.timeout.ms is over; it is not expected to return.  NULL without
 * error: slot.watch.interval.ms is 0.
 */
extern bool slot_watch_new(const Config *config, Logger *log, Metrics *metrics, void (*on_stuck)(void),
						   SlotWatch **watch, Error *error) MUST_CHECK;

/* Ends the thread: at once, unless it is waiting for the server, then within seconds. NULL is fine. */
extern void slot_watch_free(SlotWatch *watch);

#endif

/*
 * lsn_tracker.h
 *	  Delivered commits to the LSN that may be confirmed.  Pure: no clock, no
 *	  I/O, no allocation once its ring has grown.
 *
 * Units (transactions, non-transactional messages, adopted keepalives) are
 * opened in stream order.  Each counts the records handed to the sink and the
 * records the sink reported durable.  The confirmable position is the end LSN
 * of the last unit of the longest prefix of closed units without outstanding
 * records: a low-watermark, whatever the order of the reports.
 */
#ifndef LSN_TRACKER_H
#define LSN_TRACKER_H

#include <stdbool.h>
#include <stdint.h>

typedef struct LsnTracker LsnTracker;

/* start_lsn: what is confirmed already. */
extern LsnTracker *lsn_tracker_new(uint64_t start_lsn);
extern void lsn_tracker_free(LsnTracker *tracker);

/* Opens the next unit and returns its ticket (rising from 1). Only one is open at a time. */
extern uint64_t lsn_tracker_open(LsnTracker *tracker);
/* One more record of the open unit was handed to the sink. */
extern void lsn_tracker_sent(LsnTracker *tracker, uint64_t ticket);
/* The sink reported one record of that unit durable (or settled: refused and tolerated). Any order. */
extern void lsn_tracker_delivered(LsnTracker *tracker, uint64_t ticket);
/* Several at once. */
extern void lsn_tracker_delivered_many(LsnTracker *tracker, uint64_t ticket, uint64_t count);
/* The open unit is complete: no record of it follows. end_lsn must not go back. */
extern void lsn_tracker_close(LsnTracker *tracker, uint64_t ticket, uint64_t commit_lsn, uint64_t end_lsn);
/*
 * A keepalive's WAL end: an empty unit.  Ignored while a unit is open, and
 * when it is not beyond the last unit.
 */
extern void lsn_tracker_keepalive(LsnTracker *tracker, uint64_t wal_end);

/*
 * From now on nothing beyond what is stored may be confirmed (exactly once:
 * the position must stand in the progress before PostgreSQL forgets it).  What
 * is confirmable already counts as stored.
 */
extern void lsn_tracker_require_stored(LsnTracker *tracker);
extern void lsn_tracker_stored(LsnTracker *tracker, uint64_t stored_lsn);

/* End LSN of the last closed unit, delivered or not; *commit_lsn: its commit, 0 for a keepalive or none. */
extern uint64_t lsn_tracker_closed_end(const LsnTracker *tracker, uint64_t *commit_lsn);

/* Closes a unit of records between two transactions: the position stays where it is. */
extern void lsn_tracker_close_between(LsnTracker *tracker, uint64_t ticket);
/* Is the unit closed, and nothing of it outstanding? */
extern bool lsn_tracker_is_delivered(const LsnTracker *tracker, uint64_t ticket);

/* What may be confirmed now. Never goes back. */
extern uint64_t lsn_tracker_confirmable(const LsnTracker *tracker);
/* Commit LSN of the unit that lsn_tracker_confirmable() ends; 0 if it was a keepalive or nothing yet. */
extern uint64_t lsn_tracker_last_commit(const LsnTracker *tracker);
/* End LSN of the last closed unit that was a transaction or message: the first element of source.sequence. 0: none. */
extern uint64_t lsn_tracker_last_commit_end(const LsnTracker *tracker);
/* Records handed over and not reported. */
extern uint64_t lsn_tracker_outstanding(const LsnTracker *tracker);
/* Nothing open and nothing outstanding. */
extern bool lsn_tracker_idle(const LsnTracker *tracker);
/* Units not yet confirmable, the open one included. */
extern uint64_t lsn_tracker_units_pending(const LsnTracker *tracker);

#endif

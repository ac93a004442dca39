/*
 * relay_start_internal.h
 *	  What the start procedure knows, shared by its files.
 */
#ifndef RELAY_START_INTERNAL_H
#define RELAY_START_INTERNAL_H

#include <libpq-fe.h>

#include "relay.h"
#include "replication_slot.h"
#include "snapshot_state.h"

typedef struct Start
{
	Relay *relay;
	PGconn *conn; /* replication connection, ours until the stream takes it over */
	ServerIdentity server;
	ReplicationSlot slot;
	ResumePlan plan;
	CutSnapshot *cut;	  /* what is missing of a snapshot; NULL: nothing is known that could go on */
	bool cut_begun;		  /* rows of one that was cut are delivered */
	bool progress_is_new; /* it was read by this start */
} Start;

/*
 * Exactly once: a new sink whose name says whose progress it writes; what the
 * old one had open is taken back.  From its fence on nobody else of that name
 * writes; hence only while nobody else uses the slot.
 */
extern bool start_make_sink(Start *start, bool for_snapshot, Error *error) MUST_CHECK;

/*
 * Stores relay->progress where the sink keeps it, with all that the sink
 * holds; in memory it stands in any case.
 */
extern bool start_write_progress(Relay *relay, Error *error) MUST_CHECK;

/* Is the slot new with this start? */
extern bool start_makes_slot(const Start *start);

/* ---- relay_start_snapshot.c ---- */

/* What is missing of a snapshot that was cut, by this process or an earlier one, if it can go on: start->cut. */
extern void start_find_cut(Start *start);
/* The snapshot of the plan, to the end; progress then says so. */
extern bool start_take_snapshot(Start *start, const CreatedSlot *created, Error *error) MUST_CHECK;
/*
 * A blocking snapshot that a signal asked for, between two streams, if there
 * is one.  Until it is delivered the signal stands in what is stored, so a
 * crash does not lose it.  One that cannot be read, or not in the time of a
 * transaction, is given up with a warning: the stream must go on.
 */
extern bool start_take_blocking(Start *start, Error *error) MUST_CHECK;

#endif

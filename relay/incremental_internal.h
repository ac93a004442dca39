/*
 * incremental_internal.h
 *	  What incremental snapshots hold, shared by the files that make them up.
 */
#ifndef INCREMENTAL_INTERNAL_H
#define INCREMENTAL_INTERNAL_H

#include <inttypes.h>

#include "incremental_rows.h"
#include "incremental_snapshot.h"
#include "incremental_window.h"
#include "incremental_worker.h"
#include "snapshot_signal.h"

/* Where a signal of the inbox came from stands before it: the channel, the transaction, the LSN. */
#define ORIGIN_FORMAT "%s:%" PRIu32 ":%" PRIX64 " "
#define FROM_MESSAGE "message"
#define FROM_ROW "source"
#define FROM_KAFKA "kafka"

/* So many chunks read in vain make the next ones half as large; counted up to the second. */
#define BLIND_PATIENCE 3
#define BLIND_MAX (16 * BLIND_PATIENCE)

typedef enum Phase
{
	PHASE_IDLE,
	PHASE_SIGNAL,	  /* the worker resolves the first of the inbox */
	PHASE_CHUNK,	  /* the worker reads */
	PHASE_WINDOW,	  /* rows wait for the window's end in the stream */
	PHASE_SENDING,	  /* rows go to the sink */
	PHASE_DELIVERING, /* at least once: all are sent, not all delivered */
} Phase;

struct Incremental
{
	Relay *relay;
	IncrementalState *state;
	bool loaded;
	IncrementalWindow *window;
	IncrementalWorker *worker; /* NULL: not yet needed */

	Phase phase;
	SnapshotSignal signal; /* PHASE_SIGNAL */
	char id[37];		   /* of the window */
	WindowMark mark;
	bool mark_missed; /* one has not come, which is logged */
	ChunkResult chunk;
	IncrementalRows *rows;
	char *sequence;	 /* PHASE_SENDING */
	uint64_t ticket; /* of the unit that the rows go under */
	bool own_unit;	 /* made for them */

	bool unstored;	/* the state has changed since it was stored */
	bool closing;	/* the mark at work ends the window */
	bool too_large; /* the state, for a record; that is logged */
	IncrementalState *blocking;
	char *blocking_signal; /* the text of the inbox that asked for it */
	int blind;			   /* chunks in a row that were read in vain, about */
	int64_t due_ms;		   /* not before, after something went wrong */
	int pause_ms;
	bool trouble_logged;
};

/* The state is another: it is to be stored. */
extern void incremental_changed(Incremental *self);
/* The next job not at once. */
extern void incremental_back_off(Incremental *self);
/* Gives the worker a job. */
extern bool incremental_ask(Incremental *self, const WorkerRequest *request, Error *error) MUST_CHECK;
/* Opens a window for the next rows. */
extern bool incremental_start_chunk(Incremental *self, Error *error) MUST_CHECK;

/* Into the inbox, where it is left out with a warning if there is no room. */
extern void incremental_push(Incremental *self, const char *channel, uint32_t xid, uint64_t lsn, Bytes json);
/* What was resolved of a blocking snapshot is forgotten; or only if its signal is not the first of the inbox any more. */
extern void incremental_blocking_drop(Incremental *self);
extern void incremental_blocking_check(Incremental *self);

/* The first of the inbox: executed, or resolved by the worker first. */
extern bool incremental_start_signal(Incremental *self, Error *error) MUST_CHECK;
extern void incremental_finish_signal(Incremental *self, WorkerResult *result);

#endif

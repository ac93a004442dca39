/*
 * relay_commit.h
 *	  Exactly once: transactions of the sink that end with the progress they
 *	  make.
 *
 * relay->progress is what is committed.  It changes only when the sink has
 * said that a transaction is durable, and only then may PostgreSQL be told.
 */
#ifndef RELAY_COMMIT_H
#define RELAY_COMMIT_H

#include "relay.h"

/* Where the stream is. */
typedef struct CommitPoint
{
	bool in_unit;			  /* a transaction of PostgreSQL is not at its end */
	uint64_t unit_commit_lsn; /* its commit LSN, and */
	uint64_t unit_count;	  /* how many of its records were put */
	bool dry;				  /* nothing more has arrived, nor will at once */
	bool last;				  /* nothing more is wanted */
	bool asked;				  /* the server waits for confirmation */
} CommitPoint;

/* A stream begins: what is confirmed from now on must be stored. */
extern void relay_commit_begin(Relay *relay, int64_t now_ms);

/* Takes note of a transaction that has become durable, and ends the next one when it is time. Never blocks. */
extern bool relay_commit_step(Relay *relay, const CommitPoint *point, int64_t now_ms, Error *error) MUST_CHECK;

/* Waits at most timeout_ms until everything put, and the position, is stored. Not in the middle of a transaction. */
extern bool relay_commit_all(Relay *relay, const CommitPoint *point, int timeout_ms, Error *error) MUST_CHECK;
/*
 * The same at the end of a stream, but what belongs together and is not there
 * whole is taken back with the sink.  False: not known to be stored; logged.
 */
extern bool relay_store_all(Relay *relay, const CommitPoint *point, int timeout_ms, Error *error) MUST_CHECK;
/* At least once: everything put is delivered, then progress is written.  False: it was not delivered; logged. */
extern bool relay_deliver_all(Relay *relay, int timeout_ms, Error *error) MUST_CHECK;

#endif

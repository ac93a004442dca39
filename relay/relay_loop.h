/*
 * relay_loop.h
 *	  The loop: frames from the stream to the sink, reports from the sink to
 *	  status updates.
 */
#ifndef RELAY_LOOP_H
#define RELAY_LOOP_H

#include "relay.h"
#include "replication_stream.h"

typedef enum LoopEnd
{
	LOOP_STOPPED,	/* by a signal, or endpos is delivered: flush, confirm, go */
	LOOP_LOST,		/* the stream; or the sink, if relay->sink_broken: *error says why */
	LOOP_SINK_AWAY, /* the sink takes nothing: the stream is to be closed until it does; *error says why */
	LOOP_SNAPSHOT,	/* a blocking snapshot is due: everything before is delivered, as at LOOP_STOPPED */
	LOOP_AGAIN,		/* the partial transaction in progress is of other options: start over */
	LOOP_FAILED,	/* *error */
} LoopEnd;

/*
 * Runs until one of these.  relay->tracker is the stream's own and holds what
 * is outstanding at the end.  At LOOP_STOPPED everything that could be
 * delivered is, the final status update is processed by the server, and
 * relay->progress is up to date (with `partial`, if a transaction was cut);
 * the stream can take commands unless *lost.
 */
extern LoopEnd relay_loop(Relay *relay, ReplicationStream *stream, const ResumePlan *plan, int status_interval_ms,
						  bool *lost, Error *error);

#endif

/*
 * relay_start.h
 *	  The start procedure: from nothing to a stream, by way of slot, progress,
 *	  plan and snapshot.  The same for the first start and every recovery.
 */
#ifndef RELAY_START_H
#define RELAY_START_H

#include "relay.h"
#include "replication_stream.h"

typedef struct StartedStream
{
	ReplicationStream *stream; /* NULL: endpos lies before the start, nothing to stream */
	ResumePlan plan;
	int status_interval_ms;
} StartedStream;

/*
 * relay->sink must exist with nothing outstanding; exactly once it is made here,
 * when nobody else uses the slot.  progress_timeout_ms bounds
 * the reading of the progress topic.  At success relay->tracker is new and
 * stands at the start position.  ERROR_RETRY: back off and call again.
 */
extern bool relay_start(Relay *relay, int progress_timeout_ms, StartedStream *started, Error *error) MUST_CHECK;

#endif

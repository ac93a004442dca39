/*
 * snapshot_worker.h
 *	  One connection of a snapshot, and the part of a table that it reads.
 */
#ifndef SNAPSHOT_WORKER_H
#define SNAPSHOT_WORKER_H

#include "snapshot_targets.h"

typedef struct SnapshotWorker
{
	PGconn *conn;		 /* the owner's */
	SnapshotPart *part;	 /* NULL: idle */
	FrameReader *frames; /* of the call at work */
	PGresult *arrived;	 /* a frame that was looked at and not yet taken */
} SnapshotWorker;

/* What each call of a snapshot function is told; borrowed. */
typedef struct SnapshotCall
{
	const char *seen_by; /* text of pg_current_snapshot() */
	const char *plugin_config;
	const FrameReaderCallbacks *callbacks;
} SnapshotCall;

/* An idle connection begins to read a part. */
extern bool snapshot_worker_start(SnapshotWorker *worker, SnapshotPart *part, const SnapshotCall *call,
								  Error *error) MUST_CHECK;

typedef enum SnapshotArrival
{
	SNAPSHOT_ARRIVED_NOTHING,
	SNAPSHOT_ARRIVED_FRAME, /* worker->arrived, the same until it is taken */
	SNAPSHOT_ARRIVED_END,	/* the part is read, the connection idle again */
	SNAPSHOT_ARRIVED_ERROR,
} SnapshotArrival;

/* Looks at what has come, without waiting. The worker has a part. */
extern SnapshotArrival snapshot_worker_look(SnapshotWorker *worker, Error *error) MUST_CHECK;
/* Done with worker->arrived. */
extern void snapshot_worker_taken(SnapshotWorker *worker);
/* Frees all but the connection. */
extern void snapshot_worker_clear(SnapshotWorker *worker);

#endif

/*
 * snapshot_coordinator.h
 *	  The initial snapshot: every captured table, read by the plugin's
 *	  functions under one snapshot, to the sink.
 */
#ifndef SNAPSHOT_COORDINATOR_H
#define SNAPSHOT_COORDINATOR_H

#include "incremental_state.h"
#include "relay.h"
#include "snapshot_state.h"

/*
 * Sees that the extension is there, before a slot is made for the snapshot:
 * tries CREATE EXTENSION, and says who must run it if that is not allowed.
 */
extern bool snapshot_prepare(Relay *relay, Error *error) MUST_CHECK;

typedef struct SnapshotRequest
{
	const char *exported_name; /* the snapshot to read under; the connection that exported it must stay as it is */
	uint64_t stream_lsn;	   /* where the stream begins afterwards; 0: there is none */
	uint32_t timeline;
	bool keep; /* what is delivered is worth keeping: the snapshot may go on after a crash */
	const IncrementalState
		*chosen;				/* a blocking snapshot: these tables, conditions are SELECTs; NULL: all captured ones */
	const CutSnapshot *resumed; /* goes on with what is missing of it; NULL: from the beginning */
	bool *unreadable;			/* set if PostgreSQL is why it failed; may be NULL */
} SnapshotRequest;

/*
 * Reads all captured tables, with snapshot.max.threads connections under one
 * snapshot, and returns when every record is delivered.
 *
 * With exported_name *snapshot_lsn is its consistent point.  Without, a
 * snapshot of its own is taken and *snapshot_lsn becomes the server's position
 * before it, or that of the snapshot resumed.  Replaces relay->tracker by one
 * for its own records.  Nothing is read unless all captured tables may be
 * read.  A stop request ends it with ERROR_RETRY; what is missing then stands
 * in relay->snapshot_state, as after any failure.
 */
extern bool snapshot_run(Relay *relay, const SnapshotRequest *request, uint64_t *snapshot_lsn, Error *error) MUST_CHECK;

#endif

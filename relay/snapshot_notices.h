/*
 * snapshot_notices.h
 *	  Notifications of an initial snapshot, in their place among its records.
 */
#ifndef SNAPSHOT_NOTICES_H
#define SNAPSHOT_NOTICES_H

#include "relay.h"
#include "snapshot_reader.h"
#include "snapshot_targets.h"

typedef struct SnapshotNotices SnapshotNotices;

/* Before anything is known of the tables.  relay is borrowed. */
extern SnapshotNotices *snapshot_notices_new(Relay *relay);
extern void snapshot_notices_free(SnapshotNotices *notices);

/* What will be read: the tables that are missing, of a snapshot that goes on. */
extern void snapshot_notices_tables(SnapshotNotices *notices, const SnapshotTargets *targets);

/*
 * Of a part that a connection begins or has read, and of a table read whole.
 * They wait while the sink is full, as the reader does for records.
 */
extern bool snapshot_notices_begin(SnapshotNotices *notices, SnapshotReader *reader, const SnapshotPart *part,
								   Error *error) MUST_CHECK;
extern bool snapshot_notices_end(SnapshotNotices *notices, SnapshotReader *reader, const SnapshotPart *part,
								 Error *error) MUST_CHECK;
/* The last record is sent. */
extern bool snapshot_notices_completed(SnapshotNotices *notices, SnapshotReader *reader, Error *error) MUST_CHECK;

/* A part could not be read. */
extern void snapshot_notices_failed(SnapshotNotices *notices, const SnapshotTarget *target);
/* The snapshot is cut, by whatever. */
extern void snapshot_notices_aborted(SnapshotNotices *notices);

#endif

/*
 * snapshot_coordinator.h
 *	  The initial snapshot: every captured table, read by the plugin's
 *	  functions under one snapshot, to the sink.
 */
#ifndef SNAPSHOT_COORDINATOR_H
#define SNAPSHOT_COORDINATOR_H

#include "relay.h"

/*
 * Sees that the extension is there, before a slot is made for the snapshot:
 * tries CREATE EXTENSION, and says who must run it if that is not allowed.
 */
extern bool snapshot_prepare(Relay *relay, Error *error) MUST_CHECK;

/*
 * Reads all captured tables and returns when every record is delivered.
 *
 * exported_name: the snapshot to read under, with *snapshot_lsn its consistent
 * point; the connection that exported it must stay as it is.  NULL: takes a
 * snapshot of its own and sets *snapshot_lsn to the server's position before it.
 * Replaces relay->tracker by one for its own records.  Nothing is read unless
 * all captured tables may be read.  A stop request ends it with ERROR_RETRY.
 */
extern bool snapshot_run(Relay *relay, const char *exported_name, uint64_t *snapshot_lsn, Error *error) MUST_CHECK;

#endif

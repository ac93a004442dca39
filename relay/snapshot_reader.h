/*
 * snapshot_reader.h
 *	  Frames of wal2debezium.snapshot_frames() to the sink, with Debezium's
 *	  snapshot marks.
 *
 * The last row of a table, and of the whole, is known as such only when
 * nothing follows, so one record is always held back.
 */
#ifndef SNAPSHOT_READER_H
#define SNAPSHOT_READER_H

#include "relay.h"

typedef struct SnapshotReader SnapshotReader;

/* Sends through relay->sink under the ticket; relay is borrowed. */
extern SnapshotReader *snapshot_reader_new(Relay *relay, uint64_t ticket);
/* Before the sink is freed. */
extern void snapshot_reader_free(SnapshotReader *reader);

/* One call of snapshot_frames() begins, its frames follow, it ends. */
extern void snapshot_reader_begin_table(SnapshotReader *reader);
/* Waits while the sink is full; ERROR_RETRY at a stop request. */
extern bool snapshot_reader_frame(SnapshotReader *reader, const char *data, size_t size, Error *error) MUST_CHECK;
extern void snapshot_reader_end_table(SnapshotReader *reader);

/* All tables are read: the record held back is the last. */
extern bool snapshot_reader_finish(SnapshotReader *reader, Error *error) MUST_CHECK;

/* Waits until something happens at the sink, at fd or after a while, and serves reports. */
extern bool snapshot_reader_wait(SnapshotReader *reader, int fd, short events, Error *error) MUST_CHECK;

#endif

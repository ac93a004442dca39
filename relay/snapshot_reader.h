/*
 * snapshot_reader.h
 *	  Frames of snapshot functions to the sink, with Debezium's snapshot marks.
 *
 * The last row of a table, and of the whole, is known as such only when
 * nothing follows, so one record of each table at work is held back, and that
 * of the table that ended last.  Several connections may read one table.
 */
#ifndef SNAPSHOT_READER_H
#define SNAPSHOT_READER_H

#include "held_record.h"
#include "relay.h"

typedef struct SnapshotReader SnapshotReader;

/* One table being read; zeroed before use, `begun` set if an earlier run has delivered some of its rows. */
typedef struct TableMarks
{
	const FrameRecord *waiting; /* the record held back; NULL: none */
	HeldRecord held;			/* where it is between frames */
	bool begun;
	bool ended; /* what waits is the table's last */
	uint64_t rows;
} TableMarks;

/* The record of a table that was held back has gone to the sink, under the unit that is open. */
typedef void (*SnapshotReleased)(void *arg, TableMarks *table);

/* Sends through relay->sink; relay is borrowed.  begun: an earlier run has delivered some rows. */
extern SnapshotReader *snapshot_reader_new(Relay *relay, bool begun, SnapshotReleased released, void *arg);
/* Before the sink is freed. */
extern void snapshot_reader_free(SnapshotReader *reader);
/* Lets go of a table's record; before the reader is freed. */
extern void snapshot_reader_drop_table(SnapshotReader *reader, TableMarks *table);

/* What is sent until the next call goes under this unit of relay->tracker. */
extern void snapshot_reader_unit(SnapshotReader *reader, uint64_t ticket);

/* How far a frame says that its call has come. */
typedef struct SnapshotChunk
{
	bool known; /* the frame says something */
	bool done;	/* the call has read all */
	uint32_t next_block;
} SnapshotChunk;

/*
 * Takes a frame of the call that `frames` reads.  Waits while the sink is
 * full; ERROR_RETRY at a stop request.
 */
extern bool snapshot_reader_frame(SnapshotReader *reader, TableMarks *table, FrameReader *frames, const char *data,
								  size_t size, SnapshotChunk *chunk, Error *error) MUST_CHECK;
/* Records of the table, or if it has ended of another, follow: what is held back of it need not wait for them. */
extern bool snapshot_reader_release(SnapshotReader *reader, TableMarks *table, Error *error) MUST_CHECK;
/* Nothing of the table follows. */
extern bool snapshot_reader_end_table(SnapshotReader *reader, TableMarks *table, Error *error) MUST_CHECK;

/* All tables have ended: the record held back is the last. */
extern bool snapshot_reader_finish(SnapshotReader *reader, Error *error) MUST_CHECK;

/* Waits until something happens at the sink, at one of the descriptors (readable) or after a while; serves reports. */
extern bool snapshot_reader_wait(SnapshotReader *reader, const int *fds, int count, Error *error) MUST_CHECK;
/* Serves the sink's reports without waiting. */
extern bool snapshot_reader_serve(SnapshotReader *reader, Error *error) MUST_CHECK;

#endif

/*
 * snapshot_targets.h
 *	  What a snapshot has to read: tables, in order, cut in ranges of blocks.
 */
#ifndef SNAPSHOT_TARGETS_H
#define SNAPSHOT_TARGETS_H

#include <libpq-fe.h>

#include "incremental_state.h"
#include "relay.h"
#include "snapshot_reader.h"
#include "snapshot_state.h"

/* One call of a snapshot function. */
typedef struct SnapshotPart
{
	struct SnapshotTarget *target;
	SnapshotRange range;
	const char *rows; /* which, in the words of snapshot_blocks() */
	bool again;		  /* blocks delivered before, read once more for rows that have moved there */

	uint32_t delivered_next; /* first block not known to be delivered */
	bool delivered;			 /* all of it is */
	bool waiting;			 /* a record held back keeps the following from being so */
	bool read_done;
	bool inside_block; /* the last frame taken ended between positions */
	uint32_t read_next;
} SnapshotPart;

typedef struct SnapshotTarget
{
	uint32_t oid;
	uint32_t filenode;
	char *schema;
	char *table;
	const char *statement; /* of snapshot.select.statement.overrides; NULL: none; borrowed from the config */
	bool heap;			   /* its blocks can be read one by one */
	bool loose;			   /* the stream does not show changed rows whole: see docs/architecture.md */
	bool whole;			   /* after a crash it is read again from its start */
	bool begun;			   /* some of its rows are delivered */
	uint32_t blocks;
	double rows; /* estimate */
	TableMarks marks;
	size_t part_count;
	SnapshotPart *parts;
	size_t parts_started;
	size_t parts_read;
	size_t parts_waiting;
} SnapshotTarget;

typedef struct SnapshotTargets
{
	SnapshotTarget **items;
	size_t count;
	size_t listed; /* captured tables, those delivered by an earlier run included */
} SnapshotTargets;

/*
 * Lists the captured tables of the snapshot in Debezium's order and checks
 * that all may be read: all or none, since a snapshot that fails in its middle
 * has cost hours (with `chosen`, those that a signal asks for).  With `state`,
 * only what is missing of it.  conn is in the snapshot's transaction.
 */
extern bool snapshot_targets_list(SnapshotTargets *targets, Relay *relay, PGconn *conn, const CutSnapshot *state,
								  const IncrementalState *chosen, int threads, Error *error) MUST_CHECK;
/* Keeps those that a signal asks for; conditions are their SELECTs and are borrowed. */
extern void snapshot_targets_choose(SnapshotTargets *targets, const IncrementalState *chosen, int threads, Logger *log);
/* After snapshot_reader_drop_table for each. */
extern void snapshot_targets_free(SnapshotTargets *targets);

/* Fills in what is not yet delivered. */
extern void snapshot_targets_state(const SnapshotTargets *targets, CutSnapshot *state);

/* Part by part, in order; NULL: all are given out. */
extern SnapshotPart *snapshot_targets_next(SnapshotTargets *targets);

/* Of all blocks to read, how many are read, 0 to 1. */
extern double snapshot_targets_fraction(const SnapshotTargets *targets);

/* Of the options under which a snapshot may go on. */
extern uint64_t snapshot_options_hash(const Config *config);

#endif

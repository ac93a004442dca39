/*
 * snapshot_state.h
 *	  How far an initial snapshot has been delivered, and its form in the
 *	  progress topic.  Pure.
 *
 * A snapshot that was cut is finished under a new snapshot of the server: of
 * the blocks that are missing, those rows are read that the first one saw
 * (docs/architecture.md says why nothing is lost by that).  So what is kept is
 * what the first one saw, and per table the blocks that are missing.  A table
 * not listed is delivered.
 */
#ifndef SNAPSHOT_STATE_H
#define SNAPSHOT_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* The end of a range that goes to the table's end. */
#define SNAPSHOT_TO_END UINT32_MAX

/* Blocks next to end, end not included. */
typedef struct SnapshotRange
{
	uint32_t next;
	uint32_t end;
} SnapshotRange;

typedef struct SnapshotTable
{
	uint32_t oid;
	uint32_t filenode; /* another one: the table was rewritten, its blocks are not those that were read */
	bool begun;		   /* some of its rows are delivered */
	bool whole;		   /* the blocks say nothing: it is read again from its start */
	size_t range_count;
	SnapshotRange *ranges; /* missing */
} SnapshotTable;

typedef struct CutSnapshot
{
	uint64_t lsn;		 /* consistent point: source.lsn of the rows */
	uint64_t stream_lsn; /* where the stream begins after it */
	uint32_t timeline;
	uint64_t options_hash; /* of the options that decide what is read and how it is shown */
	char *seen_by;		   /* text of pg_current_snapshot() */
	char *txid;			   /* NULL: a standby had none to give */
	char *ts_us;
	bool begun; /* some row is delivered */
	size_t table_count;
	SnapshotTable *tables;
} CutSnapshot;

extern CutSnapshot *snapshot_state_new(void);
extern void snapshot_state_free(CutSnapshot *state);

/* Adds an empty table, borrowed until the next call. */
extern SnapshotTable *snapshot_state_add(CutSnapshot *state);
extern void snapshot_table_add_range(SnapshotTable *table, uint32_t next, uint32_t end);
/* NULL: nothing of it is missing. */
extern const SnapshotTable *snapshot_state_find(const CutSnapshot *state, uint32_t oid);

/* The caller frees. */
extern char *snapshot_state_json(const CutSnapshot *state);
/* NULL: not one of ours, or not whole. */
extern CutSnapshot *snapshot_state_parse(const char *json, size_t size);

/* Hash of two texts, for options_hash. */
extern uint64_t snapshot_state_hash(const char *first, const char *second);

#endif

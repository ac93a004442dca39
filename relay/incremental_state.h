/*
 * incremental_state.h
 *	  What of signals and incremental snapshots must survive a restart, and its
 *	  JSON.  Pure.
 */
#ifndef INCREMENTAL_STATE_H
#define INCREMENTAL_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A table to be read. */
typedef struct IncrementalTable
{
	char *schema; /* "": the name fits no table */
	char *table;
	char *condition;	 /* of a WHERE; NULL: all rows */
	char *surrogate_key; /* NULL: the key of its records */
	char *correlation;	 /* the signal's id */
} IncrementalTable;

/* The values of a key's columns, as text. */
typedef struct IncrementalKey
{
	size_t count; /* 0: none */
	char **values;
} IncrementalKey;

/* How far the first of the tables is read. */
typedef struct IncrementalPosition
{
	char *columns; /* JSON array of the key's columns, to see whether it is still the same; NULL: not begun */
	IncrementalKey last;
	IncrementalKey maximum;
	uint64_t rows;
	int64_t total_rows; /* -1: not counted */
} IncrementalPosition;

typedef struct IncrementalState
{
	/* the last signal of the stream that was taken: of those in one transaction by their own LSN */
	uint64_t signal_commit_lsn;
	uint64_t signal_lsn;
	uint32_t signal_xid;  /* not stored: of a blocking snapshot's signal, as signal_lsn then is */
	int64_t kafka_offset; /* of the last signal taken from the signal topic; -1: none */
	bool paused;
	char **inbox; /* signals taken and not yet executed, as JSON, in order */
	size_t inbox_count;
	IncrementalTable *tables;
	size_t table_count;
	IncrementalPosition position;
	char *correlation; /* id of the last signal that asked for tables; NULL: none */
} IncrementalState;

extern IncrementalState *incremental_state_new(void);
extern void incremental_state_free(IncrementalState *state);

/* Was a signal at this place taken before? */
extern bool incremental_state_knows(const IncrementalState *state, uint64_t commit_lsn, uint64_t lsn);

extern void incremental_state_push(IncrementalState *state, const char *json, size_t size);
/* Removes the first of the inbox. */
extern void incremental_state_shift(IncrementalState *state);

/* Copies all texts; NULLs stay. */
extern void incremental_state_add(IncrementalState *state, const IncrementalTable *table);
/* The first table is done with. */
extern void incremental_state_next(IncrementalState *state);
/* Removes table i, wherever it stands. */
extern void incremental_state_remove(IncrementalState *state, size_t i);

extern void incremental_key_clear(IncrementalKey *key);
extern IncrementalKey incremental_key_copy(const IncrementalKey *key);
extern void incremental_position_clear(IncrementalPosition *position);
extern IncrementalPosition incremental_position_copy(const IncrementalPosition *position);

/* The caller frees. */
extern char *incremental_state_json(const IncrementalState *state);
/* NULL: not one of ours, or not whole. */
extern IncrementalState *incremental_state_parse(const char *json, size_t size);

#endif

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

/*
 * What is stored is one record, which brokers must take: by default 1,048,588
 * bytes with all that is around it.
 */
#define INCREMENTAL_STATE_MAX 900000
/* As JSON: all signals of the inbox; all else when tables are added, since the keys of the position come on top. */
#define INCREMENTAL_PART_MAX 400000
/* A signal, and how many wait at most. */
#define INCREMENTAL_SIGNAL_MAX (64 * 1024)
#define INCREMENTAL_INBOX_MAX 1000

extern IncrementalState *incremental_state_new(void);
extern void incremental_state_free(IncrementalState *state);

/* Was a signal at this place taken before? */
extern bool incremental_state_knows(const IncrementalState *state, uint64_t commit_lsn, uint64_t lsn);

/* False: a limit is reached, nothing has changed. */
extern bool incremental_state_push(IncrementalState *state, const char *json, size_t size);
/* May a signal of any allowed size be pushed? */
extern bool incremental_state_has_room(const IncrementalState *state);
/* Removes the first of the inbox. */
extern void incremental_state_shift(IncrementalState *state);

/* Copies all texts; NULLs stay. */
extern void incremental_state_add(IncrementalState *state, const IncrementalTable *table);
/* Adds those of the other; false: they are too many to be stored, nothing has changed. */
extern bool incremental_state_add_all(IncrementalState *state, const IncrementalState *other);
/* The first table is done with. */
extern void incremental_state_next(IncrementalState *state);
/* Removes table i, wherever it stands. */
extern void incremental_state_remove(IncrementalState *state, size_t i);

/*
 * Forgets which signal was the last, if it stands beyond the end of the
 * server's WAL: that history is no more (a restore).  True: it did.
 */
extern bool incremental_state_fits_history(IncrementalState *state, uint64_t server_wal_end);

extern void incremental_key_clear(IncrementalKey *key);
extern IncrementalKey incremental_key_copy(const IncrementalKey *key);
extern void incremental_position_clear(IncrementalPosition *position);
extern IncrementalPosition incremental_position_copy(const IncrementalPosition *position);

/* The caller frees. */
extern char *incremental_state_json(const IncrementalState *state);
/* NULL: not one of ours, or not whole. */
extern IncrementalState *incremental_state_parse(const char *json, size_t size);

#endif

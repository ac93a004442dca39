/*
 * incremental_chunk_internal.h
 *	  A call of chunk_read(), shared by the files that make it up.
 */
#ifndef INCREMENTAL_CHUNK_INTERNAL_H
#define INCREMENTAL_CHUNK_INTERNAL_H

#include "incremental_chunk.h"

/* What can come of reading a table. */
typedef enum Reading
{
	READING_ROWS,
	READING_ENDED, /* *status says how */
	READING_LOST,  /* *error: nothing is known of the table, try again */
} Reading;

/* One call of chunk_read(). */
typedef struct Chunk
{
	ChunkReader *reader;
	const ChunkRequest *request;
	ChunkResult *result;
	Error *error;
	const IncrementalTable *table; /* at work */
	char *name;					   /* of the table, quoted */
	char *where;				   /* "WHERE ..." of its condition; the key's range is added with AND */
} Chunk;

extern PGresult *chunk_query(Chunk *chunk, const char *sql, int count, const char *const *values, const char *what);
/* Replaces a text that is owned. */
extern void chunk_set_text(char **text, char *value);

/* An error of a reading statement ends the table; one that passes (pg_session_passes) ends the chunk. */
extern Reading chunk_failed(Chunk *chunk, TableStatus *status);
extern Reading chunk_skipped(Chunk *chunk, TableStatus *status, TableStatus as, const char *why);

/*
 * READING_ROWS: nobody changes or rewrites the table until the transaction ends.
 * To be called before its snapshot is taken: the rows that ALTER TABLE or
 * VACUUM FULL write anew are not seen by older snapshots.
 */
extern Reading chunk_lock_table(Chunk *chunk, TableStatus *status);
/* READING_ROWS: the reader knows the table as it is now. */
extern Reading chunk_know_table(Chunk *chunk, TableStatus *status);

/* Rows to read at once. */
extern int64_t chunk_size(const Chunk *chunk);
/*
 * Into result->frames and rows.  More than fits into memory is dropped, then
 * chunk_size() is less than before; a single row, or key value, always fits.
 */
extern bool chunk_read_frames(Chunk *chunk, const char *statement, bool *dropped) MUST_CHECK;

#endif

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
	READING_LOST,  /* *error: the connection */
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

/* An error of a statement that will come again ends the table; a lost connection ends the chunk. */
extern Reading chunk_failed(Chunk *chunk, TableStatus *status);
extern Reading chunk_skipped(Chunk *chunk, TableStatus *status, TableStatus as, const char *why);

/* READING_ROWS: the reader knows the table as it is now. */
extern Reading chunk_know_table(Chunk *chunk, TableStatus *status);

#endif

/*
 * incremental_chunk.h
 *	  One chunk of an incremental snapshot, read by a connection of its own;
 *	  blocks, so it runs in the thread of incremental_worker.h.
 */
#ifndef INCREMENTAL_CHUNK_H
#define INCREMENTAL_CHUNK_H

#include <libpq-fe.h>

#include "config.h"
#include "error.h"
#include "incremental_state.h"
#include "log.h"

/* How the end of a window shows in the stream. */
typedef enum WindowMark
{
	MARK_ROWS,	   /* rows of signal.data.collection */
	MARK_MESSAGE,  /* a logical message */
	MARK_POSITION, /* nothing is written: the stream passes a position */
} WindowMark;

/* What became of a table; the names are Debezium's. */
typedef enum TableStatus
{
	TABLE_SUCCEEDED,
	TABLE_EMPTY,
	TABLE_NO_PRIMARY_KEY,
	TABLE_SQL_EXCEPTION,
	TABLE_UNKNOWN_SCHEMA,
} TableStatus;

/* A table that ended in this chunk, in the order of the request's. */
typedef struct ChunkPassed
{
	TableStatus status;
	uint64_t rows;
	int64_t total_rows;
} ChunkPassed;

typedef struct ChunkRequest
{
	char id[37]; /* of the window */
	WindowMark mark;
	const IncrementalState *state; /* tables, position, correlation; not changed while the chunk is read */
	int64_t size;				   /* rows */
	bool count_rows;			   /* for notifications */
	const char *run_id;
} ChunkRequest;

typedef struct ChunkResult
{
	bool standby;
	WindowMark mark;	   /* that ends the window: MARK_POSITION in recovery, or the request's */
	char *seen_by;		   /* the snapshot, as text */
	uint64_t position_lsn; /* what the snapshot saw lies before it, and the mark */
	ChunkPassed *passed;
	size_t passed_count;
	bool began;					  /* the table at work is a new one */
	IncrementalPosition position; /* of the first table that did not end */
	PGresult *frames;			  /* its rows, a frame in each row of the result; NULL: no table is left */
	uint64_t rows;
} ChunkResult;

/* How reading goes, kept between chunks of one connection. */
typedef struct ChunkReader
{
	const Config *config;
	Logger *log;
	PGconn *conn;
	char *described; /* what the table at work looked like when it was described */
	char *table_oid;
	char *list;	 /* its key columns, quoted */
	char *texts; /* the same as text */
	char *descending;
	char **types; /* of the key's columns */
	char *columns;
	size_t key_count;
	bool may_be_null;	/* its values */
	bool partitioned;	/* the table is captured as a whole */
	int64_t size_limit; /* rows of a chunk that fit into memory, 0: as many as are asked for */
	bool counted;		/* total_rows is known (if asked for), and no key was null */
	int64_t total_rows;
} ChunkReader;

/*
 * Opens the window, reads the next rows under one snapshot and closes the
 * window.  Tables that have ended or cannot be read are passed over, with a
 * line in the log.  All other errors are ERROR_RETRY: the connection is of no
 * more use, nothing counts.  *result is filled only at success,
 * chunk_result_clear() frees it.
 */
extern bool chunk_read(ChunkReader *reader, const ChunkRequest *request, ChunkResult *result, Error *error) MUST_CHECK;
extern void chunk_result_clear(ChunkResult *result);
/* What is known of the table at work; not the connection. */
extern void chunk_reader_forget(ChunkReader *reader);

/* "schema"."table" of a name with a dot; the caller frees. */
extern char *chunk_quoted_name(PGconn *conn, const char *name);

#endif

/*
 * window_mark.h
 *	  What a window of an incremental snapshot writes to the database when it
 *	  opens and closes.
 */
#ifndef WINDOW_MARK_H
#define WINDOW_MARK_H

#include "incremental_chunk.h"

/* The parts of the rows and messages of one window. */
typedef struct WindowRow
{
	const char *id;
	const IncrementalState *state;
	char opened[40]; /* when, in ISO 8601 */
} WindowRow;

extern WindowRow window_row(const char *id, const IncrementalState *state);
extern void window_row_clear(WindowRow *row);

/*
 * With MARK_ROWS the rows that Debezium writes (SignalBasedIncrementalSnapshotChangeEventSource): INSERT of "-open",
 * then INSERT of "-close", or DELETE of "-open" with insert_delete.  With MARK_MESSAGE one message at the end.
 */
extern bool window_open(ChunkReader *reader, WindowMark mark, WindowRow *row, Error *error) MUST_CHECK;
extern bool window_close(ChunkReader *reader, WindowMark mark, const WindowRow *row, Error *error) MUST_CHECK;

#endif

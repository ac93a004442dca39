/*
 * file_sink.h
 *	  Records as JSON lines to stdout or a file; and a sink that drops them.
 *
 * These sinks keep no progress: the slot alone knows where they stand, so a
 * run killed inside its initial snapshot is not recognised as such.
 */
#ifndef FILE_SINK_H
#define FILE_SINK_H

#include "bytes.h"
#include "log.h"
#include "sink.h"

/*
 * Lines behind what the file holds; made if missing.  An unfinished last line
 * (of a crash) is cut off: its record was never reported.  Durable after
 * fdatasync, at most every 100 ms.  NULL: *error is set.
 */
extern Sink *file_sink_new(const char *path, Logger *log, Error *error) MUST_CHECK;
/* Durable when written. SIGPIPE must be ignored by the caller. */
extern Sink *stdout_sink_new(Logger *log, Error *error) MUST_CHECK;
/* Reports everything as durable at the next poll. */
extern Sink *null_sink_new(Error *error) MUST_CHECK;

#endif

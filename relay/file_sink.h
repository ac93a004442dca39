/*
 * file_sink.h
 *	  Records as JSON lines to stdout or a file; and a sink that drops them.
 */
#ifndef FILE_SINK_H
#define FILE_SINK_H

#include "bytes.h"
#include "log.h"
#include "output_file.h"
#include "sink.h"

/*
 * Lines behind what the file holds; made if missing.  An unfinished last line
 * (of a crash) is cut off: its record was never reported.  Durable after
 * fdatasync, at most every 100 ms.  A full disk makes it wait until there is
 * room.  NULL: *error is set; ERROR_RETRY if another process writes the file.
 */
extern Sink *file_sink_new(const char *path, Logger *log, Error *error) MUST_CHECK;
/*
 * Exactly once: a transaction's end syncs the lines (fdatasync) and then stores
 * progress, with the file's length.  Touches nothing before its fence, which
 * locks progress and file and cuts the file back to the last stored progress;
 * it refuses what output_file_take_back() refuses.  progress is borrowed and
 * outlives the sink.
 */
extern Sink *file_sink_new_exactly_once(const char *path, ProgressFile *progress, OutputAcceptance acceptance,
										Logger *log, Error *error) MUST_CHECK;
/* Durable when written. SIGPIPE must be ignored by the caller. */
extern Sink *stdout_sink_new(Logger *log, Error *error) MUST_CHECK;
/* Reports everything as durable at the next poll. */
extern Sink *null_sink_new(Error *error) MUST_CHECK;

#endif

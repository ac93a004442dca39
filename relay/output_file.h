/*
 * output_file.h
 *	  The file that records go to: opened, locked, cut back at a start.
 *
 * A lock (flock) on a regular file keeps two relays from writing it.  Its mark
 * (progress_file.h) is its length and a hash of the last 4096 bytes before
 * that, FNV-1a, so that another file of that name is noticed.
 */
#ifndef OUTPUT_FILE_H
#define OUTPUT_FILE_H

#include <sys/types.h>

#include "log.h"
#include "progress_file.h"

typedef struct OutputFile
{
	char *name; /* file "PATH", for messages */
	int fd;		/* -1: not open */
	bool is_regular;
} OutputFile;

/* What the user accepts, see RelaySettings. */
typedef struct OutputAcceptance
{
	bool gap;	/* --accept-gap: lines that the file should hold are not there */
	bool start; /* --start-at slot: lines that nobody knows of */
} OutputAcceptance;

/*
 * At least once: opens for appending, made if missing, and cuts off an
 * unfinished last line (of a crash: its record was never reported).
 * ERROR_RETRY: another process has it.  On failure, too, output_file_close().
 */
extern bool output_file_open(OutputFile *output, const char *path, Logger *log, Error *error) MUST_CHECK;

/*
 * Exactly once: opens likewise and cuts back what was written after the last
 * record of progress.  progress must be open.  *mark: where the file stands
 * now.  ERROR_REFUSED: the file is not the one that progress speaks of, or
 * progress is missing; hint and acceptance say the way out.
 */
extern bool output_file_take_back(OutputFile *output, const char *path, const ProgressFile *progress,
								  OutputAcceptance acceptance, Logger *log, OutputMark *mark, Error *error) MUST_CHECK;

/* The mark of a file of at least that length, whose beginning is of that length. False: could not be read. */
extern bool output_file_mark(const OutputFile *output, uint64_t length, OutputMark *mark) MUST_CHECK;

extern void output_file_close(OutputFile *output);

#endif

/*
 * progress_file.h
 *	  Progress in a file: for sinks without a broker, and exactly once beside a
 *	  file of records.
 *
 * A JSON document of records (key and value as in the progress topic) and,
 * exactly once, of where the file of records stood with them.  It is replaced
 * as a whole: written beside itself (PATH.new), synced, renamed, and the
 * directory synced.  It belongs to one relay at a time, by a lock (flock) on
 * the file itself, which passes on with each renaming.
 */
#ifndef PROGRESS_FILE_H
#define PROGRESS_FILE_H

#include "log.h"
#include "progress_store.h"

/* How far a file of records had come, and what its end looked like. */
typedef struct OutputMark
{
	bool known;
	uint64_t length;	/* bytes */
	uint64_t tail_hash; /* of the last bytes before that: see output_file.h */
} OutputMark;

typedef struct ProgressFile ProgressFile;

/* Touches nothing yet. Copies path; log is borrowed. */
extern ProgressFile *progress_file_new(const char *path, Logger *log);
/* Gives the lock up. NULL is allowed. */
extern void progress_file_free(ProgressFile *file);

/*
 * Locks the file unless that is done, makes it if it is missing, and reads it
 * (again): what was put and not stored is forgotten.  ERROR_RETRY: another
 * process has it.  ERROR_REFUSED: it is not whole, or not one of ours.
 */
extern bool progress_file_open(ProgressFile *file, Error *error) MUST_CHECK;
/* Only reads, for those who look. A missing file has no records. */
extern bool progress_file_look(ProgressFile *file, Error *error) MUST_CHECK;

extern const char *progress_file_path(const ProgressFile *file);
extern bool progress_file_has_records(const ProgressFile *file);
/* The one that was stored last. */
extern OutputMark progress_file_mark(const ProgressFile *file);

/* In memory; value.data NULL removes the key's record. */
extern void progress_file_put(ProgressFile *file, Bytes key, Bytes value);
/* Makes all of it durable, with mark. ERROR_RETRY: the disk is full, and what was stored before still is. */
extern bool progress_file_store(ProgressFile *file, OutputMark mark, Error *error) MUST_CHECK;

/* A start has found the output at mark: what was accepted for that is accepted for good. Stores it if need be. */
extern bool progress_file_adopt(ProgressFile *file, OutputMark mark, Error *error) MUST_CHECK;

/* A name survives a crash of the machine once its directory is synced. False: errno says why. */
extern bool progress_file_sync_directory(const char *path) MUST_CHECK;

/*
 * The file as a medium: at least once a put is stored at once, exactly once
 * the sink does that at the end of its transaction.  Borrows file.
 */
extern ProgressMedium *progress_file_medium(ProgressFile *file);

#endif

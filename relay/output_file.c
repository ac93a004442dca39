/*
 * output_file.c
 *	  See output_file.h.
 */
#include "output_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

#define TAIL_SIZE 4096

/* ---- marks ---- */

bool
output_file_mark(const OutputFile *output, uint64_t length, OutputMark *mark)
{
	unsigned char tail[TAIL_SIZE];
	size_t size = length < TAIL_SIZE ? (size_t) length : TAIL_SIZE;
	uint64_t hash = UINT64_C(14695981039346656037);

	if (pread(output->fd, tail, size, (off_t) (length - size)) != (ssize_t) size)
		return false;
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ tail[i]) * UINT64_C(1099511628211);
	*mark = (OutputMark){.known = true, .length = length, .tail_hash = hash};
	return true;
}

/* ---- opening ---- */

static bool
open_failed(const OutputFile *output, Error *error)
{
	return error_set(error, ERROR_CONFIG, "could not open %s: %s", output->name, strerror(errno));
}

static bool
lock(OutputFile *output, Error *error)
{
	if (flock(output->fd, LOCK_EX | LOCK_NB) == 0)
		return true;
	error_set(error, ERROR_RETRY, "%s is in use by another process", output->name);
	error_hint(error, "One relay at a time writes it: end the other one, or name another file.");
	return false;
}

/* *size is -1 for what has none: a pipe, a device. */
static bool
open_file(OutputFile *output, const char *path, off_t *size, Error *error)
{
	struct stat status;

	output->name = memory_printf("file \"%s\"", path);
	output->fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (output->fd < 0 || fstat(output->fd, &status) != 0)
		return open_failed(output, error);
	output->is_regular = S_ISREG(status.st_mode);
	*size = output->is_regular ? status.st_size : -1;
	if (!output->is_regular)
		return true;
	if (!lock(output, error))
		return false;
	return *size > 0 || progress_file_sync_directory(path) || open_failed(output, error);
}

/* Where the last whole line ends; -1: could not read. */
static off_t
end_of_last_line(int fd, off_t size)
{
	char block[4096];

	while (size > 0)
	{
		off_t start = size > (off_t) sizeof(block) ? size - (off_t) sizeof(block) : 0;
		ssize_t got = pread(fd, block, (size_t) (size - start), start);
		const char *newline;

		if (got != size - start)
			return -1;
		newline = memrchr(block, '\n', (size_t) got);
		if (newline)
			return start + (newline - block) + 1;
		size = start;
	}
	return 0;
}

/* *size becomes that of the whole lines. */
static bool
cut_unfinished_line(const OutputFile *output, off_t *size, Logger *log, Error *error)
{
	off_t end = end_of_last_line(output->fd, *size);

	if (end < 0 || (end < *size && ftruncate(output->fd, end) != 0))
		return error_set(error, ERROR_FAILED, "could not cut the unfinished last line of %s: %s", output->name,
						 strerror(errno));
	if (end < *size)
		log_warning(log, "cut off an unfinished last line of %lld bytes from %s", (long long) (*size - end),
					output->name);
	*size = end;
	return true;
}

bool
output_file_open(OutputFile *output, const char *path, Logger *log, Error *error)
{
	off_t size;

	return open_file(output, path, &size, error) &&
		   (!output->is_regular || cut_unfinished_line(output, &size, log, error));
}

void
output_file_close(OutputFile *output)
{
	if (output->fd >= 0)
		close(output->fd);
	free(output->name);
	*output = (OutputFile){.fd = -1};
}

/* ---- exactly once ---- */

/* Lines, and nothing is known of them. */
static bool
take_unknown(const OutputFile *output, off_t *size, const ProgressFile *progress, OutputAcceptance acceptance,
			 Logger *log, Error *error)
{
	if (*size > 0 && !progress_file_has_records(progress) && !acceptance.start)
	{
		error_set(error, ERROR_REFUSED, "%s holds %lld bytes, but \"%s\" says nothing of them", output->name,
				  (long long) *size, progress_file_path(progress));
		error_hint(error, "Bring that file of progress back; or move the records away; or, if nothing was delivered "
						  "from beyond the slot's position, go on behind them: start once with --start-at slot.");
		return false;
	}
	if (*size > 0 && progress_file_has_records(progress))
		log_warning(log, "%s was written at least once so far: lines behind its progress may be repeated",
					output->name);
	return cut_unfinished_line(output, size, log, error);
}

/* Goes on behind what is there, which is not what was. */
static bool
take_other(const OutputFile *output, off_t *size, const char *what, OutputAcceptance acceptance, Logger *log,
		   Error *error)
{
	if (acceptance.gap)
	{
		log_warning(log, "%s, which is accepted", what);
		return cut_unfinished_line(output, size, log, error);
	}
	error_set(error, ERROR_REFUSED, "%s", what);
	error_hint(error, "Lines that were delivered are not there. Bring them back; or, if they are kept elsewhere or not "
					  "needed, go on with what is there: start once with --accept-gap.");
	return false;
}

static bool
cut_back(const OutputFile *output, off_t *size, const OutputMark *stored, Logger *log, Error *error)
{
	off_t length = (off_t) stored->length;

	if (*size == length)
		return true;
	if (ftruncate(output->fd, length) != 0)
		return error_set(error, ERROR_FAILED, "could not cut %s back to its last commit: %s", output->name,
						 strerror(errno));
	log_info(log, "cut %lld bytes that were not committed from %s", (long long) (*size - length), output->name);
	*size = length;
	return true;
}

static bool
take_known(const OutputFile *output, off_t *size, const ProgressFile *progress, OutputAcceptance acceptance,
		   Logger *log, Error *error)
{
	const OutputMark stored = progress_file_mark(progress);
	OutputMark found;
	char what[1024];

	if ((uint64_t) *size < stored.length)
	{
		snprintf(what, sizeof(what), "%s holds %lld bytes, but its progress speaks of %" PRIu64, output->name,
				 (long long) *size, stored.length);
		return take_other(output, size, what, acceptance, log, error);
	}
	if (!output_file_mark(output, stored.length, &found))
		return error_set(error, ERROR_FAILED, "could not read %s: %s", output->name, strerror(errno));
	if (found.tail_hash == stored.tail_hash)
		return cut_back(output, size, &stored, log, error);
	snprintf(what, sizeof(what),
			 "%s is not the one that its progress speaks of: before byte %" PRIu64 " something else stands",
			 output->name, stored.length);
	return take_other(output, size, what, acceptance, log, error);
}

bool
output_file_take_back(OutputFile *output, const char *path, const ProgressFile *progress, OutputAcceptance acceptance,
					  Logger *log, OutputMark *mark, Error *error)
{
	off_t size;

	if (!open_file(output, path, &size, error))
		return false;
	if (!output->is_regular)
	{
		error_set(error, ERROR_CONFIG, "%s is not a regular file: nothing can be taken back from it", output->name);
		error_hint(error, "name a file, or set exactly.once.support to requested");
		return false;
	}
	if (!(progress_file_mark(progress).known ? take_known(output, &size, progress, acceptance, log, error)
											 : take_unknown(output, &size, progress, acceptance, log, error)))
		return false;
	if (!output_file_mark(output, (uint64_t) size, mark))
		return error_set(error, ERROR_FAILED, "could not read %s: %s", output->name, strerror(errno));
	return true;
}

/*
 * progress_file.c
 *	  See progress_file.h.
 */
#include "progress_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "json_object.h"
#include "memory.h"

/* A document is progress and the parts of a snapshot; more than this is something else. */
#define SIZE_MAX_BYTES (64 * 1024 * 1024)
/* A disk that was full is looked at again. */
#define RETRY_MS 1000

typedef struct Record
{
	char *key;
	char *value;
} Record;

struct ProgressFile
{
	char *path;
	Logger *log;
	int fd;			 /* locked; -1: not yet */
	Record *records; /* the newest last */
	size_t count;
	OutputMark mark;
	bool no_room;
	int64_t retry_ms;
};

ProgressFile *
progress_file_new(const char *path, Logger *log)
{
	ProgressFile *file = bytes_alloc_zero(1, sizeof(ProgressFile));

	file->path = memory_strdup(path);
	file->log = log;
	file->fd = -1;
	return file;
}

static void
forget_records(ProgressFile *file)
{
	for (size_t i = 0; i < file->count; i++)
	{
		free(file->records[i].key);
		free(file->records[i].value);
	}
	free(file->records);
	file->records = NULL;
	file->count = 0;
	file->mark = (OutputMark){0};
}

void
progress_file_free(ProgressFile *file)
{
	if (file == NULL)
		return;
	forget_records(file);
	if (file->fd >= 0)
		close(file->fd);
	free(file->path);
	free(file);
}

const char *
progress_file_path(const ProgressFile *file)
{
	return file->path;
}

bool
progress_file_has_records(const ProgressFile *file)
{
	return file->count > 0;
}

OutputMark
progress_file_mark(const ProgressFile *file)
{
	return file->mark;
}

static size_t
find(const ProgressFile *file, Bytes key)
{
	size_t i = 0;

	while (i < file->count &&
		   (strlen(file->records[i].key) != key.size || memcmp(file->records[i].key, key.data, key.size) != 0))
		i++;
	return i;
}

void
progress_file_put(ProgressFile *file, Bytes key, Bytes value)
{
	size_t i = find(file, key);

	/* the newest stands last: a snapshot's state counts only behind the progress that it belongs to */
	if (i < file->count)
	{
		free(file->records[i].key);
		free(file->records[i].value);
		memmove(file->records + i, file->records + i + 1, (file->count - i - 1) * sizeof(Record));
		file->count--;
	}
	if (value.data == NULL)
		return;
	file->records = bytes_realloc(file->records, (file->count + 1) * sizeof(Record));
	file->records[file->count++] =
		(Record){bytes_copy_text(key.data, key.size), bytes_copy_text(value.data, value.size)};
}

/* ---- reading ---- */

static bool
damaged(const ProgressFile *file, Error *error)
{
	error_set(error, ERROR_REFUSED, "file \"%s\" does not hold progress of wal2kafka, or not all of it", file->path);
	error_hint(error, "Name another with --progress-file, or bring the right one back. Without it nobody knows what "
					  "was delivered: move it away, and the start says what that means.");
	return false;
}

/* Writes a value as it was read; numbers as they stood. */
static void
generate(yajl_gen gen, yajl_val value)
{
	if (YAJL_IS_STRING(value))
		yajl_gen_string(gen, (const unsigned char *) value->u.string, strlen(value->u.string));
	else if (YAJL_IS_NUMBER(value))
		yajl_gen_number(gen, value->u.number.r, strlen(value->u.number.r));
	else if (YAJL_IS_TRUE(value) || YAJL_IS_FALSE(value))
		yajl_gen_bool(gen, YAJL_IS_TRUE(value));
	else if (YAJL_IS_ARRAY(value))
	{
		yajl_gen_array_open(gen);
		for (size_t i = 0; i < value->u.array.len; i++)
			generate(gen, value->u.array.values[i]);
		yajl_gen_array_close(gen);
	}
	else if (YAJL_IS_OBJECT(value))
	{
		yajl_gen_map_open(gen);
		for (size_t i = 0; i < value->u.object.len; i++)
		{
			yajl_gen_string(gen, (const unsigned char *) value->u.object.keys[i], strlen(value->u.object.keys[i]));
			generate(gen, value->u.object.values[i]);
		}
		yajl_gen_map_close(gen);
	}
	else
		yajl_gen_null(gen);
}

static char *
text_of(yajl_val value)
{
	yajl_gen gen = json_begin();

	generate(gen, value);
	return json_end(gen);
}

static yajl_val
member(yajl_val map, const char *name, yajl_type type)
{
	const char *path[] = {name, NULL};

	return map != NULL ? yajl_tree_get(map, path, type) : NULL;
}

static bool
take_mark(ProgressFile *file, yajl_val output)
{
	yajl_val length = member(output, "length", yajl_t_number);
	const char *hash = YAJL_GET_STRING(member(output, "tail_hash", yajl_t_string));
	char rest;

	if (output == NULL)
		return true; /* at least once */
	if (!YAJL_IS_INTEGER(length) || YAJL_GET_INTEGER(length) < 0 || hash == NULL ||
		sscanf(hash, "%16" SCNx64 "%c", &file->mark.tail_hash, &rest) != 1)
		return false;
	file->mark.length = (uint64_t) YAJL_GET_INTEGER(length);
	file->mark.known = true;
	return true;
}

static bool
take_document(ProgressFile *file, yajl_val tree)
{
	yajl_val records = member(tree, "records", yajl_t_array);

	if (records == NULL || !take_mark(file, member(tree, "output", yajl_t_object)))
		return false;
	for (size_t i = 0; i < records->u.array.len; i++)
	{
		yajl_val key = member(records->u.array.values[i], "key", yajl_t_array);
		yajl_val value = member(records->u.array.values[i], "value", yajl_t_object);

		if (key == NULL || value == NULL)
			return false;
		file->records = bytes_realloc(file->records, (file->count + 1) * sizeof(Record));
		file->records[file->count++] = (Record){text_of(key), text_of(value)};
	}
	return true;
}

static bool
parse(ProgressFile *file, const char *text, Error *error)
{
	char reason[128];
	yajl_val tree = yajl_tree_parse(text, reason, sizeof(reason));
	bool good = YAJL_IS_OBJECT(tree) && take_document(file, tree);

	yajl_tree_free(tree);
	return good || damaged(file, error);
}

static bool
could_not(const ProgressFile *file, const char *what, int reason, Error *error)
{
	bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;

	error_set(error, full ? ERROR_RETRY : ERROR_FAILED, "could not %s progress file \"%s\": %s", what, file->path,
			  strerror(reason));
	return false;
}

/* All of fd; a file of no bytes is one that was just made. */
static bool
read_all(ProgressFile *file, int fd, Error *error)
{
	struct stat status;
	char *text;
	ssize_t got = 0;
	bool good;

	forget_records(file);
	if (fstat(fd, &status) != 0)
		return could_not(file, "read", errno, error);
	if (!S_ISREG(status.st_mode) || status.st_size > SIZE_MAX_BYTES)
		return damaged(file, error);
	if (status.st_size == 0)
		return true;
	text = bytes_alloc((size_t) status.st_size + 1);
	got = pread(fd, text, (size_t) status.st_size, 0);
	text[got > 0 ? got : 0] = '\0';
	if (got != status.st_size)
		good = could_not(file, "read", got < 0 ? errno : EIO, error);
	else
		good = parse(file, text, error);
	free(text);
	if (!good)
		forget_records(file);
	return good;
}

/* Is what fd has open still what the path names? */
static bool
is_named(const ProgressFile *file, int fd)
{
	struct stat open_status;
	struct stat named_status;

	return fstat(fd, &open_status) == 0 && stat(file->path, &named_status) == 0 &&
		   open_status.st_dev == named_status.st_dev && open_status.st_ino == named_status.st_ino;
}

static bool
lock(ProgressFile *file, Error *error)
{
	while (file->fd < 0)
	{
		int fd = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

		if (fd < 0)
			return error_set(error, ERROR_CONFIG, "could not open progress file \"%s\": %s", file->path,
							 strerror(errno));
		if (flock(fd, LOCK_EX | LOCK_NB) != 0)
		{
			close(fd);
			error_set(error, ERROR_RETRY, "progress file \"%s\" is in use by another process", file->path);
			error_hint(error, "One relay at a time writes it: end the other one, or name another file.");
			return false;
		}
		/* the one that had it may have replaced it in between */
		if (is_named(file, fd))
			file->fd = fd;
		else
			close(fd);
	}
	return true;
}

bool
progress_file_open(ProgressFile *file, Error *error)
{
	return lock(file, error) && read_all(file, file->fd, error);
}

bool
progress_file_look(ProgressFile *file, Error *error)
{
	int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	bool good;

	forget_records(file);
	if (fd < 0)
		return errno == ENOENT || could_not(file, "read", errno, error);
	good = read_all(file, fd, error);
	close(fd);
	return good;
}

/* ---- writing ---- */

/* JSON that is finished. */
static void
put_raw(yajl_gen gen, const char *name, const char *json)
{
	json_put_text(gen, name);
	yajl_gen_number(gen, json, strlen(json));
}

static yajl_gen
document(const ProgressFile *file, OutputMark mark)
{
	yajl_gen gen = json_begin();

	yajl_gen_map_open(gen);
	if (mark.known)
	{
		json_put_text(gen, "output");
		yajl_gen_map_open(gen);
		json_put_number(gen, "length", (int64_t) mark.length);
		json_put_hex(gen, "tail_hash", mark.tail_hash);
		yajl_gen_map_close(gen);
	}
	json_put_text(gen, "records");
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < file->count; i++)
	{
		yajl_gen_map_open(gen);
		put_raw(gen, "key", file->records[i].key);
		put_raw(gen, "value", file->records[i].value);
		yajl_gen_map_close(gen);
	}
	yajl_gen_array_close(gen);
	yajl_gen_map_close(gen);
	return gen;
}

static bool
write_all(int fd, const unsigned char *data, size_t size)
{
	while (size > 0)
	{
		ssize_t written = write(fd, data, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		data += written;
		size -= (size_t) written;
	}
	return true;
}

bool
progress_file_sync_directory(const char *path)
{
	char *copy = memory_strdup(path);
	int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool good = fd >= 0 && fsync(fd) == 0;
	int reason = errno;

	if (fd >= 0)
		close(fd);
	free(copy);
	errno = reason;
	return good;
}

/* The new file is locked before anybody can see it, so the lock never lapses. */
static bool
replace(ProgressFile *file, const char *new_path, yajl_gen gen, Error *error)
{
	const unsigned char *json;
	size_t size;
	int fd = open(new_path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	int reason;

	yajl_gen_get_buf(gen, &json, &size);
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && write_all(fd, json, size) &&
		write_all(fd, (const unsigned char *) "\n", 1) && fsync(fd) == 0 && rename(new_path, file->path) == 0)
	{
		close(file->fd);
		file->fd = fd;
		return progress_file_sync_directory(file->path) || could_not(file, "sync the directory of", errno, error);
	}
	reason = errno;
	if (fd >= 0)
		close(fd);
	return could_not(file, "write", reason, error);
}

bool
progress_file_store(ProgressFile *file, OutputMark mark, Error *error)
{
	char *new_path = memory_printf("%s.new", file->path);
	yajl_gen gen = document(file, mark);
	bool good = replace(file, new_path, gen, error);

	yajl_gen_free(gen);
	free(new_path);
	if (good)
		file->mark = mark;
	return good;
}

bool
progress_file_adopt(ProgressFile *file, OutputMark mark, Error *error)
{
	bool same = file->mark.known && file->mark.length == mark.length && file->mark.tail_hash == mark.tail_hash;

	return same || progress_file_store(file, mark, error);
}

/* ---- as a medium ---- */

typedef struct FileMedium
{
	ProgressMedium medium; /* first: a ProgressMedium pointer is a FileMedium pointer */
	ProgressFile *file;
} FileMedium;

static bool
file_read(ProgressMedium *medium, const ProgressReading *how, ProgressVisit visit, void *arg, Error *error)
{
	ProgressFile *file = ((FileMedium *) medium)->file;

	if (how->only_look ? !progress_file_look(file, error) : !progress_file_open(file, error))
		return false;
	for (size_t i = 0; i < file->count; i++)
		visit(arg, (Bytes){file->records[i].key, strlen(file->records[i].key)},
			  (Bytes){file->records[i].value, strlen(file->records[i].value)});
	return true;
}

/* The disk is full: said once, and not tried all the time. */
static SinkResult
wait_for_room(ProgressFile *file, const Error *error)
{
	if (!file->no_room)
		log_warning(file->log, "%s; trying again", error->message);
	file->no_room = true;
	file->retry_ms = clock_monotonic_ms() + RETRY_MS;
	return SINK_FULL;
}

static SinkResult
file_put(ProgressMedium *medium, Sink *sink, Bytes key, Bytes value, Error *error)
{
	ProgressFile *file = ((FileMedium *) medium)->file;

	if (sink->methods->end != NULL) /* the sink stores it at the end of its transaction */
		return sink->methods->put_raw(sink, medium->place, 0, key, value, 0, error);
	if (file->no_room && clock_monotonic_ms() < file->retry_ms)
		return SINK_FULL;
	progress_file_put(file, key, value);
	if (!progress_file_store(file, (OutputMark){0}, error))
		return error->kind == ERROR_RETRY ? wait_for_room(file, error) : SINK_ERROR;
	file->no_room = false;
	return SINK_OK;
}

static void
file_free(ProgressMedium *medium)
{
	free(medium);
}

ProgressMedium *
progress_file_medium(ProgressFile *file)
{
	static const ProgressMediumMethods methods = {file_read, file_put, NULL, file_free};
	FileMedium *medium = bytes_alloc_zero(1, sizeof(FileMedium));

	medium->medium = (ProgressMedium){.methods = &methods, .place = file->path, .kind = "file", .serves_one = true};
	medium->file = file;
	return &medium->medium;
}

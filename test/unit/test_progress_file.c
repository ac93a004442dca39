/*
 * test_progress_file.c
 *	  Progress in a file for sinks that take nothing back.
 */
#include "unit.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "file_sink.h"
#include "memory.h"

static void
limit_files(rlim_t bytes)
{
	struct rlimit limit;

	getrlimit(RLIMIT_FSIZE, &limit);
	limit.rlim_cur = bytes;
	setrlimit(RLIMIT_FSIZE, &limit);
}

/* For a sink that takes nothing back: a put is stored at once, the newest of a key counts, and stands last. */
static void
visit_all(void *arg, Bytes key, Bytes value)
{
	Buffer *all = arg;

	buffer_append(all, key.data, key.size);
	buffer_append(all, value.data, value.size);
}

static SinkResult
put_record(ProgressMedium *medium, Sink *sink, const char *key, const char *value)
{
	Bytes value_bytes = {value, value != NULL ? strlen(value) : 0};
	Error error = {0};

	return medium->methods->put(medium, sink, (Bytes){key, strlen(key)}, value_bytes, &error);
}

/* Whoever only looks takes no lock, and makes nothing. */
static void
test_look(const char *path, Logger *log)
{
	char *missing = memory_printf("%s.missing", path);
	ProgressFile *file = progress_file_new(missing, log);
	ProgressFile *owner = progress_file_new(path, log);
	ProgressFile *other = progress_file_new(path, log);
	Error error = {0};

	unit_ok(progress_file_look(file, &error) && !progress_file_has_records(file) && access(missing, F_OK) != 0,
			"a look at a missing file makes none");
	unit_ok(progress_file_open(owner, &error), "open: %s", error.message);
	unit_ok(progress_file_look(other, &error) && progress_file_has_records(other), "a look beside its owner");
	unit_ok(!progress_file_open(other, &error) && error.kind == ERROR_RETRY, "but only one owner: %s", error.message);
	unit_ok(progress_file_store(owner, (OutputMark){0}, &error), "the owner stores: %s", error.message);
	unit_ok(!progress_file_open(other, &error) && error.kind == ERROR_RETRY, "the lock passes on with the file");
	progress_file_free(owner);
	unit_ok(progress_file_open(other, &error) && progress_file_has_records(other), "then the other may: %s",
			error.message);
	progress_file_free(file);
	progress_file_free(other);
	free(missing);
}

static void
test_medium(void)
{
	char path[] = "/tmp/test_progress_file.XXXXXX";
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Error error = {0};
	ProgressFile *file;
	ProgressMedium *medium;
	Sink *sink = null_sink_new(&error);
	Buffer all = {0};

	close(mkstemp(path));
	file = progress_file_new(path, log);
	medium = progress_file_medium(file);
	unit_ok(medium->methods->read(medium, &(ProgressReading){0}, visit_all, &all, &error) && all.size == 0, "empty");
	unit_ok(put_record(medium, sink, "[1]", "{\"a\":1.50}") == SINK_OK, "put");
	unit_ok(put_record(medium, sink, "[2]", "{\"b\":[null,1.50,\"\\u0001\\\"\"]}") == SINK_OK, "another");
	unit_ok(put_record(medium, sink, "[1]", "{\"a\":2}") == SINK_OK, "again");
	unit_ok(put_record(medium, sink, "[3]", "{}") == SINK_OK, "a third");
	unit_ok(put_record(medium, sink, "[3]", NULL) == SINK_OK, "removed");
	unit_ok(medium->methods->read(medium, &(ProgressReading){0}, visit_all, &all, &error), "read: %s", error.message);
	buffer_append(&all, "", 1);
	unit_is_str(all.data, "[2]{\"b\":[null,1.50,\"\\u0001\\\"\"]}[1]{\"a\":2}", "what comes back");
	limit_files(8);
	unit_ok(put_record(medium, sink, "[1]", "{}") == SINK_FULL, "disk full");
	limit_files(RLIM_INFINITY);
	unit_ok(put_record(medium, sink, "[1]", "{}") == SINK_FULL, "not tried all the time");
	medium->methods->free(medium);
	buffer_free(&all);
	sink->methods->free(sink);
	progress_file_free(file);
	test_look(path, log);
	unlink(path);
	log_free(log);
}

static void
no_report(void *arg, uint64_t ticket, uint64_t count)
{
	(void) arg;
	(void) ticket;
	(void) count;
}

static ProgressStore *
store_of(ProgressFile *file, const char *slot_name, Logger *log)
{
	const ProgressNames names = {"app", slot_name, 1, "db"};

	return progress_new(progress_file_medium(file), &names, log);
}

static bool
read_store(ProgressStore *store, Progress *progress)
{
	Error error = {0};
	bool found = false;
	bool other;

	unit_ok(progress_read(store, &(ProgressReading){0}, progress, &found, &other, &error), "read: %s", error.message);
	return found;
}

/* What is forgotten leaves nothing behind, so the file may serve another relay. */
static void
test_forget(void)
{
	char path[] = "/tmp/test_progress_file.XXXXXX";
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Error error = {0};
	Sink *sink = null_sink_new(&error);
	ProgressFile *file;
	ProgressStore *ours;
	ProgressStore *others;
	Progress progress = {.end_lsn = 1000, .timeline = 1};
	bool reported;

	close(mkstemp(path));
	file = progress_file_new(path, log);
	ours = store_of(file, "ours", log);
	others = store_of(file, "others", log);
	unit_ok(!read_store(ours, &progress), "nothing yet");
	unit_ok(progress_write_lazily(ours, sink, &progress, 0, &error), "write: %s", error.message);
	progress.slot_limited = true;
	unit_ok(progress_write_lazily(ours, sink, &progress, INT64_MAX, &error), "that limits are stored is news");
	progress.slot_limited = false;
	unit_ok(read_store(ours, &progress) && progress.slot_limited, "and so stored");
	unit_ok(progress_put_snapshot(ours, sink, "{}", &error) == SINK_OK, "a snapshot");
	unit_ok(progress_put_signals(ours, sink, "{}", 0, &reported, &error) == SINK_OK, "signals");
	unit_ok(progress_put_limit(ours, sink, "a", 1000, 1, &reported, &error) == SINK_OK, "a limit");
	unit_ok(progress_put_limit(ours, sink, "b", 2000, 2, &reported, &error) == SINK_OK, "another");
	unit_ok(progress_forget(ours, sink, 1000, no_report, NULL, &error), "forget: %s", error.message);
	unit_ok(!read_store(ours, &progress) && progress_slot_limit(ours) == 0, "forgotten");
	unit_ok(!progress_file_has_records(file), "nothing is left");
	unit_ok(!read_store(others, &progress), "another relay may use it");
	progress_free(ours);
	progress_free(others);
	sink->methods->free(sink);
	progress_file_free(file);
	unlink(path);
	log_free(log);
}

int
main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	test_medium();
	test_forget();
	return unit_done();
}

/*
 * test_file_exactly_once.c
 *	  The file sink exactly once, and progress in a file: killed before each of
 *	  its system calls, power lost there, disks that are full and have room
 *	  again, files that are not what they were.
 *
 * The system calls that matter are this program's own: they count, fail and
 * kill as told.  Nothing is synced here; what would have been is remembered.
 */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "file_sink.h"
#include "memory.h"

#define TRANSACTIONS 6
#define LINE_SIZE 39
#define KEY "[\"app\",\"slot\",\"1\",\"db\"]"

static struct
{
	int calls_left;	 /* before the process is killed; -1: for ever */
	bool power_lost; /* then what was not synced is gone, too */
	long room;		 /* bytes that regular files may still take; -1: any number */
	int sync_error;	 /* errno of fdatasync; 0: it works */
	char calls[256]; /* what was done, a letter each */
	char output[64];
	off_t synced;
} faults = {.calls_left = -1, .room = -1};

static bool
is_regular(int fd)
{
	struct stat status;

	return fd > STDERR_FILENO && fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

static void
call(char letter)
{
	size_t length = strlen(faults.calls);

	if (faults.calls_left == 0)
	{
		if (faults.power_lost && truncate(faults.output, faults.synced) != 0)
			_exit(2);
		_exit(0);
	}
	if (faults.calls_left > 0)
		faults.calls_left--;
	if (length + 1 < sizeof(faults.calls))
		faults.calls[length] = letter;
}

ssize_t
write(int fd, const void *data, size_t size)
{
	if (!is_regular(fd))
		return syscall(SYS_write, fd, data, size);
	call('w');
	if (faults.room == 0)
	{
		errno = ENOSPC;
		return -1;
	}
	if (faults.room > 0 && size > (size_t) faults.room)
		size = (size_t) faults.room;
	if (faults.room > 0)
		faults.room -= (long) size;
	return syscall(SYS_write, fd, data, size);
}

int
fdatasync(int fd)
{
	struct stat status;

	call('d');
	if (faults.sync_error != 0)
	{
		errno = faults.sync_error;
		return -1;
	}
	if (fstat(fd, &status) == 0)
		faults.synced = status.st_size;
	return 0;
}

int
fsync(int fd)
{
	struct stat status;

	call(fstat(fd, &status) == 0 && S_ISDIR(status.st_mode) ? 'D' : 'f');
	return 0;
}

int
rename(const char *from, const char *to)
{
	call('r');
	return (int) syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

/* ---- a relay of transactions 1, 2, ... ---- */

typedef struct World
{
	char output[64];
	char progress_path[80];
	Logger *log;
	ProgressFile *progress;
	Sink *sink;
	uint64_t reported;
	OutputAcceptance acceptance;
} World;

static char *
slurp(const char *path)
{
	Buffer text = {0};
	int fd = open(path, O_RDONLY);
	ssize_t got;

	buffer_append(&text, "", 0);
	while (fd >= 0 && (got = read(fd, buffer_reserve(&text, 65536), 65536)) > 0)
		text.size += (size_t) got;
	if (fd >= 0)
		close(fd);
	buffer_append(&text, "", 1);
	return text.data;
}

static int64_t
file_size(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 ? status.st_size : -1;
}

static void
spit(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	if (syscall(SYS_write, fd, text, strlen(text)) < 0)
		abort();
	close(fd);
}

static void
report(void *arg, uint64_t ticket, uint64_t count)
{
	World *world = arg;

	(void) ticket;
	world->reported += count;
}

static void
world_begin(World *world)
{
	char path[] = "/tmp/test_file_once.XXXXXX";

	memset(world, 0, sizeof(*world));
	close(mkstemp(path));
	snprintf(world->output, sizeof(world->output), "%s", path);
	snprintf(world->progress_path, sizeof(world->progress_path), "%s.progress", path);
	snprintf(faults.output, sizeof(faults.output), "%s", path);
	world->log = log_new(LOG_TEXT, LOG_ERROR);
}

static void
close_files(World *world)
{
	if (world->sink != NULL)
		world->sink->methods->free(world->sink);
	progress_file_free(world->progress);
	world->sink = NULL;
	world->progress = NULL;
}

static void
world_end(World *world)
{
	char *new_path = memory_printf("%s.new", world->progress_path);

	close_files(world);
	unlink(world->output);
	unlink(world->progress_path);
	unlink(new_path);
	free(new_path);
	log_free(world->log);
}

static bool
fence(World *world, Error *error)
{
	close_files(world);
	world->progress = progress_file_new(world->progress_path, world->log);
	world->sink = file_sink_new_exactly_once(world->output, world->progress, world->acceptance, world->log, error);
	return world->sink->methods->fence(world->sink, 0, error);
}

static void
take_number(void *arg, Bytes key, Bytes value)
{
	if (key.size == strlen(KEY) && memcmp(key.data, KEY, key.size) == 0)
		*(int *) arg = atoi(value.data + strlen("{\"n\":"));
}

/* The transaction that progress speaks of; 0: none. */
static int
stored_number(World *world)
{
	ProgressMedium *medium = progress_file_medium(world->progress);
	Error error = {0};
	int number = 0;

	unit_state.failed +=
		!medium->methods->read(medium, &(ProgressReading){.only_look = true}, take_number, &number, &error);
	medium->methods->free(medium);
	return number;
}

static SinkResult
put_line(World *world, int number, int line, Error *error)
{
	char value[64];

	snprintf(value, sizeof(value), "[%d,%d]", number, line);
	return world->sink->methods->put_raw(world->sink, "t", -1, (Bytes){NULL, 0}, (Bytes){value, strlen(value)},
										 (uint64_t) number, error);
}

/* Puts a transaction of as many lines as its number, with its progress. */
static bool
put_transaction(World *world, int number, Error *error)
{
	char value[32];

	for (int line = 1; line <= number; line++)
		if (put_line(world, number, line, error) != SINK_OK)
			return false;
	snprintf(value, sizeof(value), "{\"n\":%d}", number);
	return world->sink->methods->commit(world->sink, error) &&
		   world->sink->methods->end(world->sink, "", (Bytes){KEY, strlen(KEY)}, (Bytes){value, strlen(value)},
									 error) == SINK_OK;
}

static bool
run_transactions(World *world, int from, int to, Error *error)
{
	for (int number = from; number <= to; number++)
		if (!put_transaction(world, number, error) ||
			!world->sink->methods->flush(world->sink, 1000, report, world, error))
			return false;
	return true;
}

/* What the file holds when all up to that transaction are there. */
static char *
lines_up_to(int number)
{
	Buffer text = {0};

	buffer_append(&text, "", 0);
	for (int n = 1; n <= number; n++)
		for (int line = 1; line <= n; line++)
		{
			char *one = memory_printf("{\"topic\":\"t\",\"key\":null,\"value\":[%d,%d]}\n", n, line);

			buffer_append_text(&text, one);
			free(one);
		}
	buffer_append(&text, "", 1);
	return text.data;
}

static bool
file_holds(const World *world, int number)
{
	char *expected = lines_up_to(number);
	char *found = slurp(world->output);
	bool same = strcmp(expected, found) == 0;

	free(expected);
	free(found);
	return same;
}

/* ---- tests ---- */

static void
test_order(void)
{
	World world;
	Error error = {0};

	world_begin(&world);
	unit_ok(fence(&world, &error), "fence: %s", error.message);
	memset(faults.calls, 0, sizeof(faults.calls));
	unit_ok(put_transaction(&world, 2, &error), "a transaction");
	unit_ok(world.sink->methods->transaction(world.sink) == SINK_TRANSACTION_ENDING, "it is ending");
	unit_ok(put_line(&world, 3, 1, &error) == SINK_FULL, "meanwhile nothing is taken");
	unit_ok(world.reported == 0, "nothing is reported before it is durable");
	unit_ok(world.sink->methods->flush(world.sink, 1000, report, &world, &error), "flush: %s", error.message);
	unit_is_str(faults.calls, "wdwwfrD",
				"lines written and synced; then progress written, synced, renamed; then the directory synced");
	unit_ok(world.reported == 2 && world.sink->methods->transaction(world.sink) == SINK_TRANSACTION_NONE,
			"then it is reported");
	unit_ok(put_line(&world, 9, 1, &error) == SINK_OK && world.sink->methods->commit(world.sink, &error),
			"an open one");
	world.sink->methods->free(world.sink);
	world.sink = NULL;
	unit_is_int(file_size(world.output), 2 * LINE_SIZE, "is taken back when the sink goes");
	world_end(&world);
}

/* A record of progress that is not the last one belongs to the transaction, even if nothing else does. */
static void
test_other_records(void)
{
	World world;
	Error error = {0};
	ProgressMedium *medium;
	char *stored;

	world_begin(&world);
	unit_ok(fence(&world, &error) && run_transactions(&world, 1, 1, &error), "a transaction: %s", error.message);
	medium = progress_file_medium(world.progress);
	unit_ok(medium->methods->put(medium, world.sink, (Bytes){"[5]", 3}, (Bytes){"{}", 2}, &error) == SINK_OK &&
				world.sink->methods->put_raw(world.sink, world.progress_path, 0, (Bytes){"[6]", 3}, (Bytes){"{}", 2}, 6,
											 &error) == SINK_OK,
			"records of other keys");
	unit_ok(world.sink->methods->transaction(world.sink) == SINK_TRANSACTION_OPEN &&
				world.sink->methods->poll(world.sink, 0, report, &world, &error) && world.reported == 1,
			"open, nothing reported");
	stored = slurp(world.progress_path);
	unit_ok(strstr(stored, "[5]") == NULL, "not yet stored");
	free(stored);
	unit_ok(world.sink->methods->end(world.sink, "", (Bytes){KEY, strlen(KEY)}, (Bytes){"{\"n\":7}", 7}, &error) ==
					SINK_OK &&
				world.sink->methods->flush(world.sink, 1000, report, &world, &error) && world.reported == 2,
			"ended: reported");
	stored = slurp(world.progress_path);
	unit_contains(stored, "{\"key\":[5],\"value\":{}},{\"key\":[6],\"value\":{}},{\"key\":" KEY, "all stored");
	unit_ok(file_holds(&world, 1), "none of them is a line");
	free(stored);
	medium->methods->free(medium);
	world_end(&world);
}

/* In a process of its own. Returns false once it was not killed any more. */
static bool
run_until_killed(World *world, int calls, bool power_lost)
{
	Error error = {0};
	pid_t pid = fork();
	int status;

	if (pid == 0)
	{
		faults.calls_left = calls;
		faults.power_lost = power_lost;
		faults.synced = 0;
		if (!fence(world, &error) || !run_transactions(world, stored_number(world) + 1, TRANSACTIONS, &error))
			_exit(3);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) > 1)
		unit_ok(false, "the process went wrong, before call %d: %d", calls, status);
	return WEXITSTATUS(status) == 0;
}

static void
test_kills(bool power_lost)
{
	int kills = 0;
	int wrong = 0;
	bool killed = true;

	while (killed && kills < 1000)
	{
		World world;
		Error error = {0};
		int number;

		world_begin(&world);
		killed = run_until_killed(&world, kills++, power_lost);
		if (!fence(&world, &error))
		{
			unit_ok(false, "killed before call %d: %s", kills - 1, error.message);
			wrong++;
		}
		number = stored_number(&world);
		wrong += !file_holds(&world, number);
		wrong += !run_transactions(&world, number + 1, TRANSACTIONS, &error) || !file_holds(&world, TRANSACTIONS);
		world_end(&world);
	}
	unit_ok(kills > 6 * TRANSACTIONS && !killed, "killed before each of %d calls%s", kills - 1,
			power_lost ? ", power lost" : "");
	unit_is_int(wrong, 0, "each time the file held what progress said, and all of it in the end");
}

static void
test_disk_full(long room)
{
	World world;
	Error error = {0};
	const char *why = NULL;
	uint64_t records;
	uint64_t bytes;

	world_begin(&world);
	unit_ok(fence(&world, &error) && run_transactions(&world, 1, 2, &error), "two transactions: %s", error.message);
	faults.room = room;
	unit_ok(put_transaction(&world, 3, &error), "room for %ld bytes: another one is taken: %s", room, error.message);
	unit_ok(!world.sink->methods->flush(world.sink, 50, report, &world, &error) && error.kind == ERROR_RETRY,
			"it waits: %s", error.message);
	unit_contains(error.message, "No space left", "says why");
	unit_ok(!world.sink->methods->available(world.sink, &why) && strstr(why, "No space left") != NULL,
			"takes nothing more, and says why");
	world.sink->methods->queue(world.sink, &records, &bytes);
	unit_ok(world.reported == 3 && (bytes > 0 || room > 3 * LINE_SIZE), "what was not written is not reported");
	faults.room = -1;
	unit_ok(world.sink->methods->flush(world.sink, 20000, report, &world, &error), "room again: %s", error.message);
	unit_ok(world.reported == 6 && file_holds(&world, 3) && world.sink->methods->available(world.sink, &why),
			"all is there, once");
	faults.room = room;
	unit_ok(put_transaction(&world, 4, &error), "another one");
	unit_ok(!world.sink->methods->flush(world.sink, 50, report, &world, &error), "full again");
	faults.room = -1;
	unit_ok(fence(&world, &error) && stored_number(&world) == 3 && file_holds(&world, 3),
			"ended while it was full: what was not committed is cut off: %s", error.message);
	world_end(&world);
}

/* At least once it waits as well. */
static void
test_disk_full_at_least_once(void)
{
	World world;
	Error error = {0};

	world_begin(&world);
	world.sink = file_sink_new(world.output, world.log, &error);
	faults.room = 10;
	for (int line = 1; line <= 2; line++)
		unit_ok(put_line(&world, 2, line, &error) == SINK_OK, "at least once: put");
	unit_ok(!world.sink->methods->flush(world.sink, 50, report, &world, &error) && error.kind == ERROR_RETRY &&
				world.reported == 0,
			"at least once: waits: %s", error.message);
	faults.room = -1;
	unit_ok(world.sink->methods->flush(world.sink, 20000, report, &world, &error) && world.reported == 2,
			"at least once: goes on: %s", error.message);
	unit_is_int(file_size(world.output), 2 * LINE_SIZE, "at least once: whole lines");
	world_end(&world);
}

/* What a failed fdatasync has dropped, a second one would report as durable. */
static void
test_sync_fails(void)
{
	World world;
	Error error = {0};

	world_begin(&world);
	unit_ok(fence(&world, &error) && put_transaction(&world, 1, &error), "a transaction: %s", error.message);
	faults.sync_error = EIO;
	unit_ok(!world.sink->methods->flush(world.sink, 50, report, &world, &error) && error.kind == ERROR_FAILED &&
				world.reported == 0,
			"a failed sync ends it: %s", error.message);
	faults.sync_error = 0;
	unit_ok(fence(&world, &error) && stored_number(&world) == 0 && file_holds(&world, 0), "and nothing is left: %s",
			error.message);
	world_end(&world);
}

static void
expect_refused(World *world, ErrorKind kind, const char *text, const char *name)
{
	Error error = {0};

	unit_ok(!fence(world, &error) && error.kind == kind, "%s: refused", name);
	unit_contains(error.message, text, "%s: says what", name);
}

static void
test_misfits(void)
{
	World world;
	World other;
	Error error = {0};
	char *whole;
	char *progress;

	world_begin(&world);
	unit_ok(fence(&world, &error) && run_transactions(&world, 1, 3, &error), "three transactions: %s", error.message);
	other = world;
	other.sink = NULL;
	other.progress = NULL;
	expect_refused(&other, ERROR_RETRY, "in use by another process", "a second relay");
	close_files(&other);
	close_files(&world);
	whole = slurp(world.output);
	progress = slurp(world.progress_path);
	unit_contains(progress, "{\"output\":{\"length\":234,\"tail_hash\":\"", "progress: length");
	unit_contains(progress, "\"records\":[{\"key\":" KEY ",\"value\":{\"n\":3}}]}\n", "progress: records");

	spit(world.output, "short\n");
	expect_refused(&world, ERROR_REFUSED, "holds 6 bytes, but its progress speaks of 234", "shorter");
	world.acceptance.gap = true;
	unit_ok(fence(&world, &error), "shorter, accepted: %s", error.message);
	world.acceptance.gap = false;
	unit_ok(fence(&world, &error), "and for good: %s", error.message);
	close_files(&world);

	spit(world.output, whole);
	spit(world.progress_path, progress);
	unit_ok(fence(&world, &error) && file_holds(&world, 3), "brought back: %s", error.message);
	close_files(&world);
	whole[100] = whole[100] == 'x' ? 'y' : 'x';
	spit(world.output, whole);
	expect_refused(&world, ERROR_REFUSED, "is not the one that its progress speaks of", "changed");

	spit(world.progress_path, "");
	expect_refused(&world, ERROR_REFUSED, "says nothing of them", "no progress");
	world.acceptance.start = true;
	unit_ok(fence(&world, &error), "no progress, accepted: %s", error.message);
	world.acceptance.start = false;
	for (size_t size = 1; size < strlen(progress) - 1; size++)
	{
		char *part = bytes_copy_text(progress, size);

		spit(world.progress_path, part);
		free(part);
		unit_state.failed += fence(&world, &error) || error.kind != ERROR_REFUSED;
	}
	expect_refused(&world, ERROR_REFUSED, "does not hold progress of wal2kafka", "cut anywhere");
	free(whole);
	free(progress);
	world_end(&world);
}

int
main(void)
{
	signal(SIGXFSZ, SIG_IGN);
	test_order();
	test_other_records();
	test_kills(false);
	test_kills(true);
	test_disk_full(0);	 /* the lines do not fit */
	test_disk_full(50);	 /* not all of them */
	test_disk_full(140); /* the progress does not */
	test_disk_full_at_least_once();
	test_sync_fails();
	test_misfits();
	return unit_done();
}

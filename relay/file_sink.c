/*
 * file_sink.c
 *	  JSON lines through a buffer to stdout or a file.
 *
 * Lines are written at commits and in poll.  Reports follow the bytes: a ticket
 * is reported once what was written (stdout) or synced (file) has passed the
 * end of its line.  A timer wakes the caller for what is left to do.
 *
 * Exactly once (a file), tickets wait until the progress that follows their
 * lines is stored beside the file: a transaction of this sink is what lies
 * between two records of progress, and taking it back is cutting the file.
 */
#include "file_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "clock.h"
#include "json_line.h"
#include "memory.h"
#include "pending_lines.h"

/* Written when this much waits, commit or not. */
#define WRITE_SIZE (256 * 1024)
/* A reader of stdout that is slower than we are stops us here. */
#define BUFFER_LIMIT (4 * 1024 * 1024)
/* Commits closer together than this are written at once. */
#define COMMIT_GAP_MS 2
#define SYNC_GAP_MS 100
#define ROOM_RETRY_MS 1000

typedef struct FileSink
{
	Sink sink; /* first: a Sink pointer is a FileSink pointer */
	SinkMethods methods;
	Logger *log;
	OutputFile output;
	bool owns_fd;
	int epoll_fd;
	int timer_fd;
	bool timer_armed;
	bool waits_for_reader; /* the last write would have blocked */
	Buffer buffer;
	size_t written_of_buffer;
	uint64_t put_bytes; /* positions in the output since start */
	uint64_t written_bytes;
	uint64_t durable_bytes;
	int64_t written_at_ms;
	int64_t synced_at_ms;
	PendingLines pending;

	char why_no_room[256]; /* while sink.no_room */
	int64_t retry_ms;	   /* then it is tried again */

	/* exactly once; progress NULL: at least once */
	char *path;
	ProgressFile *progress;
	OutputAcceptance acceptance;
	SinkTransaction transaction;
	uint64_t base; /* length of the file before the first byte put */
	uint64_t committed_bytes;
} FileSink;

static FileSink *
file_sink(Sink *sink)
{
	return (FileSink *) sink;
}

/* ---- waking ---- */

static void
wake_after_ms(FileSink *self, int64_t ms)
{
	struct itimerspec when = {0};

	if (self->timer_armed)
		return;
	when.it_value.tv_sec = ms / 1000;
	when.it_value.tv_nsec = ms % 1000 * 1000000 + 1;
	self->timer_armed = timerfd_settime(self->timer_fd, 0, &when, NULL) == 0;
}

static void
clear_timer(FileSink *self)
{
	uint64_t expirations;

	if (self->timer_armed && read(self->timer_fd, &expirations, sizeof(expirations)) > 0)
		self->timer_armed = false;
}

static void
watch_reader(FileSink *self, bool watch)
{
	struct epoll_event event = {.events = EPOLLOUT};

	if (watch != self->waits_for_reader)
		epoll_ctl(self->epoll_fd, watch ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, self->output.fd, &event);
	self->waits_for_reader = watch;
}

static int
file_wake_fd(Sink *sink)
{
	return file_sink(sink)->epoll_fd;
}

/* ---- writing ---- */

static bool
write_failed(FileSink *self, int reason, Error *error)
{
	error_set(error, ERROR_FAILED, "could not write to %s: %s", self->output.name, strerror(reason));
	if (reason == EPIPE)
		error_hint(error,
				   "Its reader has ended; what was not written is sent again at the next start, what lay in the pipe "
				   "is not.");
	else if (reason == ENOSPC || reason == EDQUOT)
		error_hint(error, "Make room; what was not written is sent again at the next start.");
	return false;
}

/* What is written makes room, or a reader that never quite keeps up would let the buffer grow for ever. */
static void
drop_written(FileSink *self)
{
	Buffer *buffer = &self->buffer;

	buffer->size -= self->written_of_buffer;
	if (buffer->size > 0)
		memmove(buffer->data, buffer->data + self->written_of_buffer, buffer->size);
	self->written_of_buffer = 0;
}

/* The disk is full, or the file as large as it may be: what waits is written once there is room. */
static void
note_no_room(FileSink *self, const char *why)
{
	if (!self->sink.no_room)
		log_warning(self->log, "%s; trying again", why);
	snprintf(self->why_no_room, sizeof(self->why_no_room), "%s", why);
	self->sink.no_room = true;
	self->retry_ms = clock_monotonic_ms() + ROOM_RETRY_MS;
	wake_after_ms(self, ROOM_RETRY_MS);
}

static void
note_room(FileSink *self)
{
	if (self->sink.no_room)
		log_info(self->log, "there is room for %s again", self->output.name);
	self->sink.no_room = false;
}

static bool
waits_for_room(FileSink *self)
{
	int64_t left_ms = self->retry_ms - clock_monotonic_ms();

	if (!self->sink.no_room || left_ms <= 0)
		return false;
	wake_after_ms(self, left_ms);
	return true;
}

static bool
take_write_error(FileSink *self, int reason, Error *error)
{
	char why[256];

	if (!self->output.is_regular || (reason != ENOSPC && reason != EDQUOT && reason != EFBIG))
		return write_failed(self, reason, error);
	if (self->written_of_buffer > 0)
		drop_written(self);
	snprintf(why, sizeof(why), "could not write to %s: %s", self->output.name, strerror(reason));
	note_no_room(self, why);
	return true;
}

/* Writes what it can without blocking. */
static bool
write_out(FileSink *self, Error *error)
{
	Buffer *buffer = &self->buffer;

	if (self->written_of_buffer < buffer->size && waits_for_room(self))
		return true;
	while (self->written_of_buffer < buffer->size)
	{
		ssize_t size =
			write(self->output.fd, buffer->data + self->written_of_buffer, buffer->size - self->written_of_buffer);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		{
			if (self->written_of_buffer >= BUFFER_LIMIT)
				drop_written(self);
			watch_reader(self, true);
			return true;
		}
		if (size < 0)
			return take_write_error(self, errno, error);
		self->written_of_buffer += (size_t) size;
		self->written_bytes += (uint64_t) size;
	}
	watch_reader(self, false);
	drop_written(self);
	if (self->transaction != SINK_TRANSACTION_ENDING)
		note_room(self);
	self->written_at_ms = clock_monotonic_ms();
	return true;
}

/* Moves the durable position behind the written one, by a sync if it is due or forced. */
static bool
make_durable(FileSink *self, bool force, Error *error)
{
	int64_t wait_ms = self->synced_at_ms + SYNC_GAP_MS - clock_monotonic_ms();

	if (self->durable_bytes == self->written_bytes)
		return true;
	if (self->output.is_regular && !force && wait_ms > 0)
	{
		wake_after_ms(self, wait_ms);
		return true;
	}
	/* what a failed sync has dropped a second one would call durable: no second try */
	if (self->output.is_regular && fdatasync(self->output.fd) != 0)
		return write_failed(self, errno, error);
	self->synced_at_ms = clock_monotonic_ms();
	self->durable_bytes = self->written_bytes;
	return true;
}

/* ---- exactly once ---- */

/* First the lines are durable, then the progress that speaks of them. */
static bool
store_progress(FileSink *self, Error *error)
{
	OutputMark mark;

	if (!make_durable(self, true, error))
		return false;
	if (!output_file_mark(&self->output, self->base + self->put_bytes, &mark))
		return error_set(error, ERROR_FAILED, "could not read %s: %s", self->output.name, strerror(errno));
	if (!progress_file_store(self->progress, mark, error))
	{
		if (error->kind != ERROR_RETRY)
			return false;
		note_no_room(self, error->message);
		return true;
	}
	note_room(self);
	self->committed_bytes = self->put_bytes;
	self->transaction = SINK_TRANSACTION_NONE;
	return true;
}

/* Brings the output as far as it can be. */
static bool
advance(FileSink *self, bool force, Error *error)
{
	if (!write_out(self, error))
		return false;
	if (self->progress == NULL)
		return make_durable(self, force, error);
	if (self->transaction != SINK_TRANSACTION_ENDING || self->written_bytes < self->put_bytes || waits_for_room(self))
		return true;
	return store_progress(self, error);
}

static void
report_durable(FileSink *self, SinkReport report, void *arg)
{
	/* exactly once, all of it waits for the end of one transaction */
	if (self->transaction == SINK_TRANSACTION_NONE)
		pending_lines_report(&self->pending, self->durable_bytes, report, arg);
}

static SinkResult
file_end(Sink *sink, const char *topic, Bytes key, Bytes value, Error *error)
{
	FileSink *self = file_sink(sink);

	(void) topic; /* the progress file, and we have it */
	(void) error;
	if (self->transaction == SINK_TRANSACTION_ENDING)
		return SINK_FULL;
	progress_file_put(self->progress, key, value);
	self->transaction = SINK_TRANSACTION_ENDING;
	wake_after_ms(self, 0);
	return SINK_OK;
}

static SinkTransaction
file_transaction(Sink *sink)
{
	return file_sink(sink)->transaction;
}

static bool
file_fence(Sink *sink, int timeout_ms, Error *error)
{
	FileSink *self = file_sink(sink);
	OutputMark mark;

	(void) timeout_ms; /* a lock is there or not */
	if (!progress_file_open(self->progress, error) ||
		!output_file_take_back(&self->output, self->path, self->progress, self->acceptance, self->log, &mark, error))
		return false;
	self->base = mark.length;
	return progress_file_adopt(self->progress, mark, error);
}

/* ---- methods ---- */

static SinkResult
accept_line(FileSink *self, size_t size_before, uint64_t ticket, Error *error)
{
	self->put_bytes += self->buffer.size - size_before;
	pending_lines_add(&self->pending, ticket, self->put_bytes);
	if (self->progress != NULL)
		self->transaction = SINK_TRANSACTION_OPEN;
	if (self->buffer.size - self->written_of_buffer < WRITE_SIZE || self->waits_for_reader)
		return SINK_OK;
	return write_out(self, error) ? SINK_OK : SINK_ERROR;
}

static bool
is_full(const FileSink *self)
{
	return self->buffer.size - self->written_of_buffer >= BUFFER_LIMIT || self->transaction == SINK_TRANSACTION_ENDING;
}

static SinkResult
file_put(Sink *sink, const SinkRecord *record, Error *error)
{
	FileSink *self = file_sink(sink);
	size_t size_before = self->buffer.size;

	if (is_full(self))
		return SINK_FULL;
	json_line_append(&self->buffer, record);
	return accept_line(self, size_before, record->ticket, error);
}

static SinkResult
file_put_raw(Sink *sink, const char *topic, int32_t partition, Bytes key, Bytes value, uint64_t ticket, Error *error)
{
	FileSink *self = file_sink(sink);
	size_t size_before = self->buffer.size;

	if (is_full(self))
		return SINK_FULL;
	json_line_append_raw(&self->buffer, topic, partition, key, value);
	return accept_line(self, size_before, ticket, error);
}

/* A record of progress is no line: it is stored with the transaction's end. */
static SinkResult
exact_put_raw(Sink *sink, const char *topic, int32_t partition, Bytes key, Bytes value, uint64_t ticket, Error *error)
{
	FileSink *self = file_sink(sink);

	if (strcmp(topic, progress_file_path(self->progress)) != 0)
		return file_put_raw(sink, topic, partition, key, value, ticket, error);
	if (is_full(self))
		return SINK_FULL;
	progress_file_put(self->progress, key, value);
	pending_lines_add(&self->pending, ticket, self->put_bytes);
	self->transaction = SINK_TRANSACTION_OPEN;
	return SINK_OK;
}

static bool
file_commit(Sink *sink, Error *error)
{
	FileSink *self = file_sink(sink);

	/* in a hurry of small transactions, a system call for each would be most of the work */
	if (self->buffer.size > 0 && clock_monotonic_ms() - self->written_at_ms < COMMIT_GAP_MS)
	{
		wake_after_ms(self, 0);
		return true;
	}
	if (!self->waits_for_reader && !write_out(self, error))
		return false;
	if (self->pending.count > 0 && self->progress == NULL)
		wake_after_ms(self, 0);
	return true;
}

static void
wait_for_work(FileSink *self, int timeout_ms)
{
	struct pollfd fd = {self->epoll_fd, POLLIN, 0};

	poll(&fd, 1, timeout_ms);
}

static bool
file_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	FileSink *self = file_sink(sink);

	if (timeout_ms > 0)
		wait_for_work(self, timeout_ms);
	clear_timer(self);
	if (!advance(self, false, error))
		return false;
	report_durable(self, report, arg);
	return true;
}

static bool
file_flush(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	FileSink *self = file_sink(sink);
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;

	for (;;)
	{
		int64_t left_ms = end_ms - clock_monotonic_ms();

		if (!advance(self, true, error))
			return false;
		report_durable(self, report, arg);
		if (self->progress != NULL ? self->transaction != SINK_TRANSACTION_ENDING : self->pending.count == 0)
			return true;
		if (left_ms <= 0 && sink->no_room)
			return error_set(error, ERROR_RETRY, "%s", self->why_no_room);
		if (left_ms <= 0)
			return error_set(error, ERROR_RETRY, "could not write to %s: its reader does not read", self->output.name);
		wait_for_work(self, (int) left_ms);
	}
}

static void
file_queue(Sink *sink, uint64_t *records, uint64_t *bytes)
{
	FileSink *self = file_sink(sink);

	/* exactly once what is written waits for nothing but the end of its transaction */
	*records = self->progress == NULL || self->put_bytes > self->written_bytes ? self->pending.records : 0;
	*bytes = self->put_bytes - self->durable_bytes;
}

static bool
file_available(Sink *sink, const char **why)
{
	FileSink *self = file_sink(sink);

	*why = sink->no_room ? self->why_no_room : NULL;
	return *why == NULL;
}

static void
nothing_to_forget_topic(Sink *sink, FrameTopic *topic)
{
	(void) sink;
	(void) topic;
}

static void
nothing_to_forget_headerset(Sink *sink, FrameHeaderset *headerset)
{
	(void) sink;
	(void) headerset;
}

static void
file_free(Sink *sink)
{
	FileSink *self = file_sink(sink);

	/* what an end that failed left behind, the next fence knows better */
	if (self->transaction == SINK_TRANSACTION_OPEN &&
		ftruncate(self->output.fd, (off_t) (self->base + self->committed_bytes)) != 0)
		log_debug(self->log, "could not cut %s: %s", self->output.name, strerror(errno));
	if (!self->owns_fd)
		self->output.fd = -1;
	output_file_close(&self->output);
	if (self->epoll_fd >= 0)
		close(self->epoll_fd);
	if (self->timer_fd >= 0)
		close(self->timer_fd);
	buffer_free(&self->buffer);
	pending_lines_free(&self->pending);
	free(self->path);
	free(self);
}

/* ---- opening ---- */

static const SinkMethods file_methods = {
	.put = file_put,
	.put_raw = file_put_raw,
	.commit = file_commit,
	.poll = file_poll,
	.wake_fd = file_wake_fd,
	.flush = file_flush,
	.queue = file_queue,
	.available = file_available,
	.topic_forgotten = nothing_to_forget_topic,
	.headerset_forgotten = nothing_to_forget_headerset,
	.free = file_free,
};

/* Takes output over. */
static FileSink *
sink_on(OutputFile output, bool owns_fd, Logger *log, Error *error)
{
	FileSink *self = bytes_alloc_zero(1, sizeof(FileSink));
	struct epoll_event event = {.events = EPOLLIN};

	self->methods = file_methods;
	self->sink.methods = &self->methods;
	self->log = log;
	self->output = output;
	self->owns_fd = owns_fd;
	self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	self->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (self->epoll_fd < 0 || self->timer_fd < 0 ||
		epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->timer_fd, &event) != 0)
	{
		error_set(error, ERROR_FAILED, "could not create a timer: %s", strerror(errno));
		file_free(&self->sink);
		return NULL;
	}
	return self;
}

Sink *
file_sink_new(const char *path, Logger *log, Error *error)
{
	OutputFile output = {.fd = -1};
	FileSink *self;

	if (!output_file_open(&output, path, log, error))
	{
		output_file_close(&output);
		return NULL;
	}
	self = sink_on(output, true, log, error);
	return self != NULL ? &self->sink : NULL;
}

Sink *
file_sink_new_exactly_once(const char *path, ProgressFile *progress, OutputAcceptance acceptance, Logger *log,
						   Error *error)
{
	FileSink *self = sink_on((OutputFile){.fd = -1}, true, log, error);

	if (self == NULL)
		return NULL;
	self->methods.put_raw = exact_put_raw;
	self->methods.fence = file_fence;
	self->methods.end = file_end;
	self->methods.transaction = file_transaction;
	self->path = memory_strdup(path);
	self->progress = progress;
	self->acceptance = acceptance;
	return &self->sink;
}

/*
 * A description of our own for a pipe or terminal, so that O_NONBLOCK does not
 * reach those who share ours.  -1: stdout is something else, or cannot be
 * opened anew.
 */
static int
reopen_stdout(void)
{
	struct stat status;

	if (fstat(STDOUT_FILENO, &status) != 0 || !(S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)))
		return -1;
	return open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
}

Sink *
stdout_sink_new(Logger *log, Error *error)
{
	int fd = reopen_stdout();
	bool owns_fd = fd >= 0;

	OutputFile output = {.name = memory_strdup("stdout"), .fd = owns_fd ? fd : STDOUT_FILENO};
	FileSink *self = sink_on(output, owns_fd, log, error);

	return self != NULL ? &self->sink : NULL;
}

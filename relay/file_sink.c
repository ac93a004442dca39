/*
 * file_sink.c
 *	  JSON lines through a buffer to stdout or a file.
 *
 * Lines are written at commits and in poll.  Reports follow the bytes: a
 * ticket is reported once what was written (stdout) or synced (file) has
 * passed the end of its line.  A timer descriptor wakes the caller for what is
 * left to do, so that nothing lies in the buffer when the stream falls silent.
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

/* Written when this much waits, commit or not. */
#define WRITE_SIZE (256 * 1024)
/* A reader of stdout that is slower than we are stops us here. */
#define BUFFER_LIMIT (4 * 1024 * 1024)
/* Commits closer together than this are written at once. */
#define COMMIT_GAP_MS 2
#define SYNC_GAP_MS 100

/* Lines of one ticket in a row, up to a position in the output. */
typedef struct Waiting
{
	uint64_t ticket;
	uint64_t count;
	uint64_t end;
} Waiting;

typedef struct FileSink
{
	Sink sink;	/* first: a Sink pointer is a FileSink pointer */
	char *name; /* for messages */
	int fd;
	bool owns_fd;
	bool syncs;
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
	Waiting *waiting;
	size_t waiting_head;
	size_t waiting_count;
	size_t waiting_capacity;
	uint64_t waiting_records;
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
		epoll_ctl(self->epoll_fd, watch ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, self->fd, &event);
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
	error_set(error, ERROR_FAILED, "could not write to %s: %s", self->name, strerror(reason));
	if (reason == EPIPE)
		error_hint(error, "Its reader has ended; what it did not read is sent again at the next start.");
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

/* Writes what it can without blocking. */
static bool
write_out(FileSink *self, Error *error)
{
	Buffer *buffer = &self->buffer;

	while (self->written_of_buffer < buffer->size)
	{
		ssize_t size = write(self->fd, buffer->data + self->written_of_buffer, buffer->size - self->written_of_buffer);

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
			return write_failed(self, errno, error);
		self->written_of_buffer += (size_t) size;
		self->written_bytes += (uint64_t) size;
	}
	watch_reader(self, false);
	drop_written(self);
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
	if (self->syncs && !force && wait_ms > 0)
	{
		wake_after_ms(self, wait_ms);
		return true;
	}
	if (self->syncs && fdatasync(self->fd) != 0)
		return write_failed(self, errno, error);
	self->synced_at_ms = clock_monotonic_ms();
	self->durable_bytes = self->written_bytes;
	return true;
}

/* ---- tickets ---- */

static void
make_room_for_waiting(FileSink *self)
{
	if (self->waiting_head > 0 && self->waiting_head + self->waiting_count == self->waiting_capacity)
	{
		memmove(self->waiting, self->waiting + self->waiting_head, self->waiting_count * sizeof(Waiting));
		self->waiting_head = 0;
	}
	if (self->waiting_count == self->waiting_capacity)
	{
		self->waiting_capacity = self->waiting_capacity > 0 ? self->waiting_capacity * 2 : 256;
		self->waiting = bytes_realloc(self->waiting, self->waiting_capacity * sizeof(Waiting));
	}
}

/* The line that ends at put_bytes belongs to this ticket. */
static void
await(FileSink *self, uint64_t ticket)
{
	Waiting *last = self->waiting_count > 0 ? &self->waiting[self->waiting_head + self->waiting_count - 1] : NULL;

	self->waiting_records++;
	if (last == NULL || last->ticket != ticket)
	{
		make_room_for_waiting(self);
		last = &self->waiting[self->waiting_head + self->waiting_count++];
		*last = (Waiting){.ticket = ticket};
	}
	last->count++;
	last->end = self->put_bytes;
}

static void
report_durable(FileSink *self, SinkReport report, void *arg)
{
	while (self->waiting_count > 0)
	{
		const Waiting *first = &self->waiting[self->waiting_head];

		if (first->end > self->durable_bytes)
			return;
		if (first->ticket != 0)
			report(arg, first->ticket, first->count);
		self->waiting_records -= first->count;
		self->waiting_head++;
		self->waiting_count--;
	}
	self->waiting_head = 0;
}

/* ---- methods ---- */

static SinkResult
accept_line(FileSink *self, size_t size_before, uint64_t ticket, Error *error)
{
	self->put_bytes += self->buffer.size - size_before;
	await(self, ticket);
	if (self->buffer.size - self->written_of_buffer < WRITE_SIZE || self->waits_for_reader)
		return SINK_OK;
	return write_out(self, error) ? SINK_OK : SINK_ERROR;
}

static bool
is_full(const FileSink *self)
{
	return self->buffer.size - self->written_of_buffer >= BUFFER_LIMIT;
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
	if (self->waiting_count > 0)
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
	if (!write_out(self, error) || !make_durable(self, false, error))
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

		if (!write_out(self, error) || !make_durable(self, true, error))
			return false;
		report_durable(self, report, arg);
		if (self->waiting_count == 0)
			return true;
		if (left_ms <= 0)
			return error_set(error, ERROR_RETRY, "could not write to %s: its reader does not read", self->name);
		wait_for_work(self, (int) left_ms);
	}
}

static void
file_queue(Sink *sink, uint64_t *records, uint64_t *bytes)
{
	FileSink *self = file_sink(sink);

	*records = self->waiting_records;
	*bytes = self->put_bytes - self->durable_bytes;
}

static bool
file_available(Sink *sink, const char **why)
{
	(void) sink;
	*why = NULL;
	return true;
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

	if (self->owns_fd)
		close(self->fd);
	if (self->epoll_fd >= 0)
		close(self->epoll_fd);
	if (self->timer_fd >= 0)
		close(self->timer_fd);
	buffer_free(&self->buffer);
	free(self->waiting);
	free(self->name);
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

static Sink *
sink_on(int fd, bool owns_fd, bool syncs, char *name, Error *error)
{
	FileSink *self = bytes_alloc_zero(1, sizeof(FileSink));
	struct epoll_event event = {.events = EPOLLIN};

	self->sink.methods = &file_methods;
	self->name = name;
	self->fd = fd;
	self->owns_fd = owns_fd;
	self->syncs = syncs;
	self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	self->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (self->epoll_fd < 0 || self->timer_fd < 0 ||
		epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, self->timer_fd, &event) != 0)
	{
		error_set(error, ERROR_FAILED, "could not create a timer: %s", strerror(errno));
		file_free(&self->sink);
		return NULL;
	}
	return &self->sink;
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

static bool
cut_unfinished_line(int fd, const char *name, Logger *log, bool *is_regular, Error *error)
{
	struct stat status;
	off_t end;

	if (fstat(fd, &status) != 0)
		return error_set(error, ERROR_FAILED, "could not open %s: %s", name, strerror(errno));
	*is_regular = S_ISREG(status.st_mode);
	if (!*is_regular)
		return true;
	end = end_of_last_line(fd, status.st_size);
	if (end < 0 || (end < status.st_size && ftruncate(fd, end) != 0))
		return error_set(error, ERROR_FAILED, "could not cut the unfinished last line of %s: %s", name,
						 strerror(errno));
	if (end < status.st_size)
		log_warning(log, "cut off an unfinished last line of %lld bytes from %s", (long long) (status.st_size - end),
					name);
	return true;
}

static char *
quoted_name(const char *path)
{
	Buffer name = {0};

	buffer_append_text(&name, "file \"");
	buffer_append_text(&name, path);
	buffer_append(&name, "\"", 2);
	return name.data;
}

Sink *
file_sink_new(const char *path, Logger *log, Error *error)
{
	char *name = quoted_name(path);
	bool is_regular = false;
	Sink *sink = NULL;
	int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

	if (fd < 0)
		error_set(error, ERROR_CONFIG, "could not open %s: %s", name, strerror(errno));
	else if (cut_unfinished_line(fd, name, log, &is_regular, error))
		return sink_on(fd, true, is_regular, name, error);
	if (fd >= 0)
		close(fd);
	free(name);
	return sink;
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

	(void) log;
	return sink_on(owns_fd ? fd : STDOUT_FILENO, owns_fd, false, bytes_copy_text("stdout", 6), error);
}

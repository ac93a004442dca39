/*
 * null_sink.c
 *	  Drops records and reports them durable: for measuring the rest.
 */
#include "file_sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

typedef struct Dropped
{
	uint64_t ticket;
	uint64_t count;
} Dropped;

typedef struct NullSink
{
	Sink sink; /* first: a Sink pointer is a NullSink pointer */
	int wake_fd;
	Dropped *dropped;
	size_t dropped_count;
	size_t dropped_capacity;
	uint64_t records;
} NullSink;

static NullSink *
null_sink(Sink *sink)
{
	return (NullSink *) sink;
}

static void
drop(NullSink *self, uint64_t ticket)
{
	Dropped *last = self->dropped_count > 0 ? &self->dropped[self->dropped_count - 1] : NULL;

	self->records++;
	if (last && last->ticket == ticket)
	{
		last->count++;
		return;
	}
	if (last == NULL)
		eventfd_write(self->wake_fd, 1);
	if (self->dropped_count == self->dropped_capacity)
	{
		self->dropped_capacity = self->dropped_capacity > 0 ? self->dropped_capacity * 2 : 256;
		self->dropped = bytes_realloc(self->dropped, self->dropped_capacity * sizeof(Dropped));
	}
	self->dropped[self->dropped_count++] = (Dropped){ticket, 1};
}

static SinkResult
null_put(Sink *sink, const SinkRecord *record, Error *error)
{
	(void) error;
	drop(null_sink(sink), record->ticket);
	return SINK_OK;
}

static SinkResult
null_put_raw(Sink *sink, const char *topic, int32_t partition, Bytes key, Bytes value, uint64_t ticket, Error *error)
{
	(void) topic;
	(void) partition;
	(void) key;
	(void) value;
	(void) error;
	drop(null_sink(sink), ticket);
	return SINK_OK;
}

static bool
null_commit(Sink *sink, Error *error)
{
	(void) sink;
	(void) error;
	return true;
}

static bool
null_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	NullSink *self = null_sink(sink);
	struct pollfd fd = {self->wake_fd, POLLIN, 0};
	eventfd_t woken;

	(void) error;
	if (timeout_ms > 0)
		poll(&fd, 1, timeout_ms);
	if (self->dropped_count > 0)
		eventfd_read(self->wake_fd, &woken);
	for (size_t i = 0; i < self->dropped_count; i++)
	{
		if (self->dropped[i].ticket != 0)
			report(arg, self->dropped[i].ticket, self->dropped[i].count);
	}
	self->dropped_count = 0;
	self->records = 0;
	return true;
}

static bool
null_flush(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	(void) timeout_ms;
	return null_poll(sink, 0, report, arg, error);
}

static int
null_wake_fd(Sink *sink)
{
	return null_sink(sink)->wake_fd;
}

static void
null_queue(Sink *sink, uint64_t *records, uint64_t *bytes)
{
	*records = null_sink(sink)->records;
	*bytes = 0;
}

static bool
null_available(Sink *sink, const char **why)
{
	(void) sink;
	*why = NULL;
	return true;
}

static void
null_topic_forgotten(Sink *sink, FrameTopic *topic)
{
	(void) sink;
	(void) topic;
}

static void
null_headerset_forgotten(Sink *sink, FrameHeaderset *headerset)
{
	(void) sink;
	(void) headerset;
}

static void
null_free(Sink *sink)
{
	NullSink *self = null_sink(sink);

	if (self->wake_fd >= 0)
		close(self->wake_fd);
	free(self->dropped);
	free(self);
}

Sink *
null_sink_new(Error *error)
{
	static const SinkMethods methods = {
		.put = null_put,
		.put_raw = null_put_raw,
		.commit = null_commit,
		.poll = null_poll,
		.wake_fd = null_wake_fd,
		.flush = null_flush,
		.queue = null_queue,
		.available = null_available,
		.topic_forgotten = null_topic_forgotten,
		.headerset_forgotten = null_headerset_forgotten,
		.free = null_free,
	};
	NullSink *self = bytes_alloc_zero(1, sizeof(NullSink));

	self->sink.methods = &methods;
	self->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (self->wake_fd < 0)
	{
		error_set(error, ERROR_FAILED, "could not create an event descriptor: %s", strerror(errno));
		null_free(&self->sink);
		return NULL;
	}
	return &self->sink;
}

/*
 * test_relay_run.c
 *	  Recovery: what is known to be delivered after a sink broke, with start
 *	  and loop made here.
 */
#include "unit.h"

#include <stdlib.h>

#include "config.h"
#include "lsn_tracker.h"
#include "relay_loop.h"
#include "relay_run.h"
#include "relay_start.h"

#define COMMIT_LSN 0x2000

/* The attempts so far, and what the third one found; reached through make_sink_arg. */
typedef struct Story
{
	int attempts;
	Progress progress;
} Story;

static Story *
story_of(const Relay *relay)
{
	return relay->settings.make_sink_arg;
}

/* The second attempt finds the slot busy, after all was prepared for its stream. */
bool
relay_start(Relay *relay, int progress_timeout_ms, StartedStream *started, Error *error)
{
	Story *story = story_of(relay);

	(void) progress_timeout_ms;
	memset(started, 0, sizeof(*started));
	started->stream = (ReplicationStream *) story; /* only passed around */
	lsn_tracker_free(relay->tracker);
	relay->tracker = lsn_tracker_new(0x1000);
	story->attempts++;
	return story->attempts != 2 || error_set(error, ERROR_RETRY, "replication slot is active");
}

/* The first stream is cut in a transaction, by a sink that forgets what it held. */
LoopEnd
relay_loop(Relay *relay, ReplicationStream *stream, const ResumePlan *plan, int status_interval_ms, bool *lost,
		   Error *error)
{
	Story *story = story_of(relay);

	(void) stream, (void) plan, (void) status_interval_ms;
	*lost = true;
	story->progress = relay->progress;
	if (story->attempts > 1)
		return LOOP_STOPPED;
	relay->cut_commit_lsn = COMMIT_LSN;
	relay->cut_count = 500;
	relay->sink_broken = true;
	error_set(error, ERROR_RETRY, "Kafka producer cannot go on");
	return LOOP_LOST;
}

void
replication_stream_free(ReplicationStream *stream)
{
	(void) stream;
}

PGconn *
replication_stream_connection(ReplicationStream *stream)
{
	(void) stream;
	return NULL;
}

/* ---- a sink that holds nothing ---- */

static bool
test_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	(void) sink, (void) timeout_ms, (void) report, (void) arg, (void) error;
	return true;
}

static int
test_wake_fd(Sink *sink)
{
	(void) sink;
	return -1;
}

static void
test_queue(Sink *sink, uint64_t *records, uint64_t *bytes)
{
	(void) sink;
	*records = 0;
	*bytes = 0;
}

static bool
test_available(Sink *sink, const char **why)
{
	(void) sink;
	*why = "";
	return true;
}

static void
test_free(Sink *sink)
{
	free(sink);
}

static Sink *
make_sink(void *arg, const SinkIdentity *identity, Error *error)
{
	static const SinkMethods methods = {
		.poll = test_poll,
		.flush = test_poll,
		.wake_fd = test_wake_fd,
		.queue = test_queue,
		.available = test_available,
		.free = test_free,
	};
	Sink *sink = calloc(1, sizeof(Sink));

	(void) arg, (void) identity, (void) error;
	if (sink)
		sink->methods = &methods;
	return sink;
}

int
main(void)
{
	Story story = {0};
	Config *config = config_new();
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	RelaySettings settings = {
		.config = config,
		.log = log,
		.metrics = metrics_new(),
		.make_sink = make_sink,
		.make_sink_arg = &story,
		.sink_name = "test",
	};
	Error error = {0};

	unit_ok(relay_run(&settings, &error), "runs to its end");
	unit_is_int(story.attempts, 3, "with the third attempt");
	unit_is_uint(story.progress.partial.count, 0, "nothing of what the broken sink held counts as delivered");
	metrics_free(settings.metrics);
	log_free(log);
	config_free(config);
	return unit_done();
}

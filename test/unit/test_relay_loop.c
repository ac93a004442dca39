/*
 * test_relay_loop.c
 *	  What the loop counts as delivered of a transaction cut in its middle,
 *	  with a stream and a sink made here.
 */
#include "incremental_snapshot.h"
#include "unit.h"

#include "config.h"
#include "frame_builder.h"
#include "heartbeat.h"
#include "lsn_tracker.h"
#include "relay.h"
#include "relay_loop.h"

#define COMMIT_LSN 0x2000
#define END_LSN 0x2030
#define START_LSN 0x1000

/* ---- a stream of prepared messages, then a lost connection ---- */

struct ReplicationStream
{
	const StreamMessage *messages; /* data NULL: a keepalive */
	size_t count;
	size_t at;
};

StreamStep
replication_stream_next(ReplicationStream *stream, StreamMessage *message, Error *error)
{
	if (stream->at == stream->count)
	{
		error_set(error, ERROR_RETRY, "lost");
		return STREAM_ERROR;
	}
	*message = stream->messages[stream->at++];
	return message->data ? STREAM_DATA : STREAM_KEEPALIVE;
}

bool
replication_stream_status(ReplicationStream *stream, uint64_t written_lsn, uint64_t flushed_lsn, bool request_reply,
						  Error *error)
{
	(void) stream, (void) written_lsn, (void) flushed_lsn, (void) request_reply, (void) error;
	return true;
}

bool
replication_stream_flush(ReplicationStream *stream, bool *unsent, Error *error)
{
	(void) stream, (void) error;
	*unsent = false;
	return true;
}

int
replication_stream_fd(const ReplicationStream *stream)
{
	(void) stream;
	return -1;
}

bool
replication_stream_finish(ReplicationStream *stream, int timeout_ms, Error *error)
{
	(void) stream, (void) timeout_ms, (void) error;
	return true;
}

/* ---- a sink that delivers at once ---- */

typedef struct TestSink
{
	Sink sink;
	uint64_t ticket;
	uint64_t count;
} TestSink;

static SinkResult
test_put(Sink *sink, const SinkRecord *record, Error *error)
{
	TestSink *self = (TestSink *) sink;

	(void) error;
	self->ticket = record->ticket;
	self->count++;
	return SINK_OK;
}

static bool
test_commit(Sink *sink, Error *error)
{
	(void) sink, (void) error;
	return true;
}

static bool
test_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	TestSink *self = (TestSink *) sink;

	(void) timeout_ms, (void) error;
	if (self->count > 0)
		report(arg, self->ticket, self->count);
	self->count = 0;
	return true;
}

static int
test_wake_fd(Sink *sink)
{
	(void) sink;
	return -1;
}

static void
test_topic_forgotten(Sink *sink, FrameTopic *topic)
{
	(void) sink, (void) topic;
}

static void
test_headerset_forgotten(Sink *sink, FrameHeaderset *headerset)
{
	(void) sink, (void) headerset;
}

static void
test_queue(Sink *sink, uint64_t *records, uint64_t *bytes)
{
	(void) sink;
	*records = 0;
	*bytes = 0;
}

static const SinkMethods test_methods = {
	.put = test_put,
	.commit = test_commit,
	.poll = test_poll,
	.flush = test_poll,
	.wake_fd = test_wake_fd,
	.queue = test_queue,
	.topic_forgotten = test_topic_forgotten,
	.headerset_forgotten = test_headerset_forgotten,
};

/* ---- helpers ---- */

typedef struct Fixture
{
	TestSink sink;
	Config *config;
	Logger *log;
	Relay relay;
	ResumePlan plan;
} Fixture;

static void
fixture_open(Fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->sink.sink.methods = &test_methods;
	fixture->config = config_new();
	fixture->log = log_new(LOG_TEXT, LOG_ERROR);
	fixture->relay.config = fixture->config;
	fixture->relay.log = fixture->log;
	fixture->relay.settings.metrics = metrics_new();
	fixture->relay.settings.sink_keeps_progress = true;
	fixture->relay.sink = &fixture->sink.sink;
	fixture->relay.heartbeat = heartbeat_new(fixture->config, fixture->log);
	fixture->relay.incremental = incremental_new(&fixture->relay);
	fixture->relay.work_fd = -1;
	fixture->relay.tracker = lsn_tracker_new(START_LSN);
	fixture->relay.progress.end_lsn = START_LSN;
	fixture->plan.start_lsn = START_LSN;
}

static void
fixture_close(Fixture *fixture)
{
	incremental_free(fixture->relay.incremental);
	lsn_tracker_free(fixture->relay.tracker);
	heartbeat_free(fixture->relay.heartbeat);
	metrics_free(fixture->relay.settings.metrics);
	log_free(fixture->log);
	config_free(fixture->config);
}

static LoopEnd
run_messages(Fixture *fixture, const StreamMessage *messages, size_t count, Error *error)
{
	ReplicationStream stream = {messages, count, 0};
	bool lost;

	return relay_loop(&fixture->relay, &stream, &fixture->plan, 10000, &lost, error);
}

static void
build_refused(FrameBuilder *builder)
{
	build_open(builder, ENTRY_REFUSED, 0);
	build_number(builder, 1, 4); /* topic */
	build_number(builder, 0, 4); /* relation */
	build_number(builder, 0x1F00, 8);
	build_number(builder, 300000, 8);
	build_number(builder, REFUSED_TOO_LARGE, 4);
	build_text(builder, "{}");
	build_text(builder, "it is larger than max.record.bytes");
	build_close(builder);
}

/* A part of a transaction: a record, one that the plugin refused, and another record. */
static void
build_refusing_part(FrameBuilder *builder)
{
	BuiltRecord record = {.topic = 1, .partition = -1, .timestamp_ms = -1, .key = "{}", .value = "{}"};

	build_start(builder, 0, 7, COMMIT_LSN, END_LSN);
	build_hello(builder);
	build_topic(builder, 1, "server.public.t");
	build_empty(builder, ENTRY_BEGIN);
	build_record(builder, &record);
	build_refused(builder);
	build_record(builder, &record);
}

/* ---- tests ---- */

static void
test_refused_record(void)
{
	FrameBuilder builder = {0};
	Fixture fixture;
	Error error = {0};

	build_refusing_part(&builder);
	fixture_open(&fixture);
	unit_is_int(
		run_messages(&fixture, &(StreamMessage){.data = builder.frame.data, .size = builder.frame.size}, 1, &error),
		LOOP_FAILED, "a refused record ends the run");
	unit_contains(error.message, "server.public.t", "and is named");
	unit_is_uint(fixture.relay.progress.partial.commit_lsn, COMMIT_LSN, "what came before it is delivered");
	unit_is_uint(fixture.relay.progress.partial.count, 1, "and the next start meets the refused record again");
	fixture_close(&fixture);

	fixture_open(&fixture);
	config_set(fixture.config, "errors.tolerance", "all", "test");
	unit_is_int(
		run_messages(&fixture, &(StreamMessage){.data = builder.frame.data, .size = builder.frame.size}, 1, &error),
		LOOP_LOST, "tolerated: the stream goes on");
	unit_ok(relay_sink_poll(&fixture.relay, 0, &error), "the sink delivers");
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.partial.count, 3, "and all three are settled");
	fixture_close(&fixture);
	buffer_free(&builder.frame);
}

static void
test_other_options(void)
{
	FrameBuilder builder = {0};
	Fixture fixture;
	Error error = {0};

	build_start(&builder, 0, 7, COMMIT_LSN, END_LSN);
	build_hello(&builder);
	fixture_open(&fixture);
	fixture.plan.skip_commit_lsn = COMMIT_LSN;
	fixture.plan.skip_count = 5;
	fixture.relay.progress.partial.commit_lsn = COMMIT_LSN;
	fixture.relay.progress.partial.count = 5;
	fixture.relay.progress.config_hash = 1;
	unit_is_int(
		run_messages(&fixture, &(StreamMessage){.data = builder.frame.data, .size = builder.frame.size}, 1, &error),
		LOOP_AGAIN, "other options than the part was delivered under: start over");
	unit_is_uint(fixture.relay.progress.partial.count, 0, "and the part is never stored as one of the new options");
	fixture_close(&fixture);
	buffer_free(&builder.frame);
}

static void
test_keepalive_before_part(void)
{
	StreamMessage keepalive = {.wal_end = COMMIT_LSN - 0x100};
	Fixture fixture;
	Error error = {0};

	fixture_open(&fixture);
	fixture.relay.progress.partial.commit_lsn = COMMIT_LSN;
	fixture.relay.progress.partial.count = 5;
	unit_is_int(run_messages(&fixture, &keepalive, 1, &error), LOOP_LOST, "lost before the transaction came again");
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.end_lsn, COMMIT_LSN - 0x100, "the keepalive is adopted");
	unit_is_uint(fixture.relay.progress.partial.count, 5, "the part of the transaction after it is still delivered");

	keepalive.wal_end = COMMIT_LSN;
	unit_is_int(run_messages(&fixture, &keepalive, 1, &error), LOOP_LOST, "lost where the commit record begins");
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.end_lsn, COMMIT_LSN, "that keepalive is adopted, too");
	unit_is_uint(fixture.relay.progress.partial.count, 5, "and the transaction is still to come");

	keepalive.wal_end = END_LSN;
	unit_is_int(run_messages(&fixture, &keepalive, 1, &error), LOOP_LOST, "a keepalive behind it");
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.partial.count, 0, "ends it");
	fixture_close(&fixture);
}

/* While the plugin holds transactions back, a keepalive is ahead of them. */
static void
test_keepalive_while_held(void)
{
	StreamMessage keepalives[] = {{.wal_end = COMMIT_LSN, .held = true}, {.wal_end = START_LSN + 8}};
	Fixture fixture;
	Error error = {0};

	fixture_open(&fixture);
	unit_is_int(run_messages(&fixture, keepalives, 1, &error), LOOP_LOST, "lost while transactions are held back");
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.end_lsn, START_LSN, "the keepalive's position counts for nothing");
	unit_is_int(run_messages(&fixture, keepalives, 2, &error), LOOP_LOST, "lost after one that holds nothing");
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.end_lsn, START_LSN + 8, "whose position is adopted");

	fixture.relay.endpos_lsn = START_LSN + 16;
	unit_is_int(run_messages(&fixture, keepalives, 1, &error), LOOP_LOST, "nor is it the end of the run");
	fixture_close(&fixture);
}

/* The cut belongs to the stream and the sink it happened in. */
static void
test_cut_is_noted_once(void)
{
	Fixture fixture;

	fixture_open(&fixture);
	fixture.relay.cut_commit_lsn = COMMIT_LSN;
	fixture.relay.cut_count = 5;
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.partial.count, 5, "a cut is noted");
	fixture.relay.progress.partial.count = 0;
	relay_note_cut(&fixture.relay);
	unit_is_uint(fixture.relay.progress.partial.count, 0, "once");
	fixture_close(&fixture);
}

int
main(void)
{
	test_refused_record();
	test_other_options();
	test_keepalive_before_part();
	test_keepalive_while_held();
	test_cut_is_noted_once();
	return unit_done();
}

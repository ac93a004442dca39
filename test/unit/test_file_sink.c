/*
 * test_file_sink.c
 *	  JSON lines as design says, reports only for what is durable, errors of
 *	  full disks and closed pipes.
 */
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "file_sink.h"
#include "json_line.h"
#include "position_headers.h"

#define TICKETS 64

typedef struct Reports
{
	uint64_t counts[TICKETS];
} Reports;

static void
report(void *arg, uint64_t ticket, uint64_t count)
{
	((Reports *) arg)->counts[ticket] += count;
}

static FrameTopic topic = {"app.public.user", 15, NULL};

static FrameRecord *
record_new(const char *key, const char *value)
{
	FrameRecord *record = bytes_alloc_zero(1, sizeof(FrameRecord));

	record->topic = &topic;
	record->partition = -1;
	record->timestamp_ms = -1;
	record->key = (Bytes){key, strlen(key)};
	record->value = (Bytes){value, strlen(value)};
	return record;
}

/* Frees the record. */
static void
expect_line(FrameRecord *record, const char *expected, const char *name)
{
	SinkRecord sink_record = {.record = record, .snapshot_mark = "first", .sequence = "[\\\"1\\\",\\\"2\\\"]"};
	Buffer line = {0};

	json_line_append(&line, &sink_record);
	buffer_append(&line, "", 1);
	unit_is_str(line.data, expected, "%s", name);
	buffer_free(&line);
	free(record);
}

static void
test_lines(void)
{
	FrameRecord *record = record_new("{\"id\":1}", "{\"a\":2}");

	expect_line(record, "{\"topic\":\"app.public.user\",\"key\":{\"id\":1},\"value\":{\"a\":2}}\n", "plain");
	record = record_new("", "");
	record->flags = RECORD_NULL_KEY | RECORD_NULL_VALUE;
	record->partition = 3;
	record->timestamp_ms = 1700000000000;
	expect_line(record,
				"{\"topic\":\"app.public.user\",\"key\":null,\"value\":null,\"partition\":3,"
				"\"timestamp\":1700000000000}\n",
				"tombstone, partition, timestamp");
	expect_line(record_new("null", "null"),
				"{\"topic\":\"app.public.user\",\"key_base64\":\"bnVsbA==\",\"value_base64\":\"bnVsbA==\"}\n",
				"the word null");
	expect_line(record_new("", "{\n}"),
				"{\"topic\":\"app.public.user\",\"key_base64\":\"\",\"value_base64\":\"ewp9\"}\n",
				"no bytes, and a line feed");
	record = record_new("k", "hello");
	record->flags = RECORD_KEY_OPAQUE | RECORD_VALUE_OPAQUE;
	expect_line(record, "{\"topic\":\"app.public.user\",\"key_base64\":\"aw==\",\"value_base64\":\"aGVsbG8=\"}\n",
				"opaque");
	record = record_new("1", "{\"s\":,\"q\":\"\"}");
	record->key_schema = (Bytes){"{\"schema\":0,\"payload\":", 22};
	record->value_schema = (Bytes){"{\"schema\":1,\"payload\":", 22};
	record->hole_count = 2;
	record->holes[0] = (FrameHole){5, HOLE_SNAPSHOT_MARK};
	record->holes[1] = (FrameHole){11, HOLE_SEQUENCE};
	expect_line(
		record,
		"{\"topic\":\"app.public.user\",\"key\":{\"schema\":0,\"payload\":1},\"value\":{\"schema\":1,\"payload\":"
		"{\"s\":first,\"q\":\"[\\\"1\\\",\\\"2\\\"]\"}}}\n",
		"schemas and holes");
}

static void
test_headers(void)
{
	FrameHeaderField set_fields[2] = {{"set", 3, "s", 1}, {"null", 4, NULL, 0}};
	FrameHeaderset headerset = {set_fields, 2, NULL};
	FrameRecord *record = record_new("1", "2");

	record->headerset = &headerset;
	record->own_header_count = 1;
	record->own_headers[0] = (FrameHeaderField){"own\"\x01", 5, "\xff", 1};
	expect_line(record,
				"{\"topic\":\"app.public.user\",\"key\":1,\"value\":2,\"headers\":{\"own\\\"\\u0001\":"
				"{\"base64\":\"/w==\"},\"set\":\"s\",\"null\":null}}\n",
				"own headers before");
	record = record_new("1", "2");
	record->headerset = &headerset;
	record->flags = RECORD_HEADERS_AFTER;
	record->own_header_count = 1;
	record->own_headers[0] = (FrameHeaderField){"set", 3, "\xF0\x9F\x98\x80\n\xC3\xA9", 7};
	expect_line(record,
				"{\"topic\":\"app.public.user\",\"key\":1,\"value\":2,\"headers\":[[\"set\",\"s\"],[\"null\",null],"
				"[\"set\",\"\\uD83D\\uDE00\\n\xC3\xA9\"]]}\n",
				"a name twice, after");
}

static void
test_position_headers(void)
{
	PositionedRecord *positioned = bytes_alloc_zero(1, sizeof(PositionedRecord));
	FrameRecord *record = record_new("1", "2");
	SinkRecord sink_record = {.record = &positioned->record};
	Buffer line = {0};

	record->index = 17;
	record->own_header_count = 1;
	record->own_headers[0] = (FrameHeaderField){"own", 3, "x", 1};
	position_headers_add(positioned, record, UINT64_C(0xAB16B3748));
	json_line_append(&line, &sink_record);
	buffer_append(&line, "", 1);
	unit_is_str(line.data,
				"{\"topic\":\"app.public.user\",\"key\":1,\"value\":2,\"headers\":{\"own\":\"x\","
				"\"__wal2debezium.commit.lsn\":\"45926266696\",\"__wal2debezium.index\":\"17\"}}\n",
				"where a record comes from");
	unit_ok(record->own_header_count == 1, "the record itself stays as it is");
	record->own_header_count = FRAME_MAX_HEADERS - 1;
	position_headers_add(positioned, record, 1);
	unit_ok(positioned->record.own_header_count == FRAME_MAX_HEADERS - 1, "no room: it goes as it is");
	buffer_free(&line);
	free(positioned);
	free(record);
}

static void
test_utf8(void)
{
	unit_ok(bytes_are_utf8("a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80", 10), "well-formed");
	unit_ok(!bytes_are_utf8("\xC0\x80", 2) && !bytes_are_utf8("\xE0\x80\x80", 3), "overlong");
	unit_ok(!bytes_are_utf8("\xED\xA0\x80", 3), "surrogate");
	unit_ok(!bytes_are_utf8("\xF4\x90\x80\x80", 4) && !bytes_are_utf8("\xF5\x80\x80\x80", 4), "beyond U+10FFFF");
	unit_ok(!bytes_are_utf8("\xE2\x82", 2) && !bytes_are_utf8("\xE2\x82\x41", 3), "cut off");
}

static SinkResult
put(Sink *sink, FrameRecord *record, uint64_t ticket, Error *error)
{
	SinkRecord sink_record = {.record = record, .ticket = ticket};

	return sink->methods->put(sink, &sink_record, error);
}

static char *
contents(const char *path)
{
	static char text[4096];
	int fd = open(path, O_RDONLY);
	ssize_t size = read(fd, text, sizeof(text) - 1);

	close(fd);
	text[size > 0 ? size : 0] = '\0';
	return text;
}

static void
test_file(void)
{
	char path[] = "/tmp/test_file_sink.XXXXXX";
	int fd = mkstemp(path);
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	FrameRecord *record = record_new("1", "2");
	Reports reports = {{0}};
	Error error = {0};
	uint64_t records;
	uint64_t bytes;
	Sink *sink;

	unit_ok(write(fd, "whole\ncut", 9) == 9, "a file with an unfinished line");
	close(fd);
	sink = file_sink_new(path, log, &error);
	unit_is_str(contents(path), "whole\n", "it is cut off");
	unit_ok(put(sink, record, 1, &error) == SINK_OK && put(sink, record, 1, &error) == SINK_OK, "put");
	unit_ok(put(sink, record, 2, &error) == SINK_OK, "put");
	unit_ok(sink->methods->put_raw(sink, "t", 0, (Bytes){NULL, 0}, (Bytes){"{}", 2}, 0, &error) == SINK_OK, "raw");
	sink->methods->queue(sink, &records, &bytes);
	unit_ok(records == 4 && bytes > 0, "they wait");
	unit_ok(sink->methods->commit(sink, &error), "commit");
	unit_ok(sink->methods->poll(sink, 1000, report, &reports, &error), "poll");
	while (reports.counts[2] == 0 && sink->methods->poll(sink, 1000, report, &reports, &error))
		continue;
	unit_ok(reports.counts[1] == 2 && reports.counts[2] == 1, "reported when synced, without a flush");
	unit_ok(put(sink, record, 3, &error) == SINK_OK, "put");
	unit_ok(sink->methods->flush(sink, 1000, report, &reports, &error) && reports.counts[3] == 1, "flush");
	unit_contains(contents(path), "whole\n{\"topic\":\"app.public.user\",\"key\":1,\"value\":2}\n",
				  "what is in the file");
	unit_contains(contents(path), "{\"topic\":\"t\",\"key\":null,\"value\":{},\"partition\":0}\n", "raw record");
	sink->methods->free(sink);
	unlink(path);
	sink = file_sink_new("/nonexistent/file", log, &error);
	unit_ok(sink == NULL && error.kind == ERROR_CONFIG, "cannot be opened: %s", error.message);
	sink = file_sink_new("/dev/full", log, &error);
	unit_ok(put(sink, record, 1, &error) == SINK_OK, "put to a full disk");
	unit_ok(!sink->methods->flush(sink, 1000, report, &reports, &error) && error.kind == ERROR_FAILED, "%s",
			error.message);
	unit_contains(error.message, "No space left", "says why");
	sink->methods->free(sink);
	free(record);
	log_free(log);
}

/* stdout is a pipe here: slow, then closed.  TAP goes elsewhere meanwhile, so results are told afterwards. */
static void
test_stdout(void)
{
	char *large = bytes_alloc(100001);
	FrameRecord *record;
	Reports reports = {{0}};
	Error error = {0};
	int pipe_fds[2];
	int saved = dup(STDOUT_FILENO);
	bool piped = pipe(pipe_fds) == 0 && dup2(pipe_fds[1], STDOUT_FILENO) >= 0;
	Sink *sink = stdout_sink_new(NULL, &error);
	SinkResult result = SINK_OK;
	int taken = 0;
	bool slow;
	bool drained = true;
	bool closed;
	char buffer[65536];

	memset(large, '7', 100000);
	large[100000] = '\0';
	record = record_new("1", large);
	for (; taken < 1000 && (result = put(sink, record, 1, &error)) == SINK_OK; taken++)
		continue;
	slow = result == SINK_FULL && sink->methods->poll(sink, 10, report, &reports, &error) &&
		   !sink->methods->flush(sink, 50, report, &reports, &error) && error.kind == ERROR_RETRY;
	fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	while (drained && reports.counts[1] < (uint64_t) taken)
	{
		drained = read(pipe_fds[0], buffer, sizeof(buffer)) > 0;
		drained = sink->methods->poll(sink, 100, report, &reports, &error) && drained;
	}
	while (read(pipe_fds[0], buffer, sizeof(buffer)) > 0)
		continue;
	close(pipe_fds[0]);
	put(sink, record, 2, &error);
	closed = !sink->methods->flush(sink, 50, report, &reports, &error);
	dup2(saved, STDOUT_FILENO);
	close(saved);
	close(pipe_fds[1]);
	unit_ok(piped && slow, "a slow reader fills the sink and blocks nobody");
	unit_ok(drained && taken > 10 && reports.counts[1] == (uint64_t) taken, "all %d lines arrive", taken);
	unit_ok(closed && error.kind == ERROR_FAILED, "closed pipe: %s", error.message);
	sink->methods->free(sink);
	free(record);
	free(large);
}

static void
test_null(void)
{
	Reports reports = {{0}};
	FrameRecord *record = record_new("1", "2");
	Error error = {0};
	Sink *sink = null_sink_new(&error);
	struct pollfd fd = {sink->methods->wake_fd(sink), POLLIN, 0};
	const char *why;
	uint64_t records;
	uint64_t bytes;

	put(sink, record, 1, &error);
	put(sink, record, 1, &error);
	put(sink, record, 2, &error);
	sink->methods->put_raw(sink, "t", 0, record->key, record->value, 0, &error);
	sink->methods->queue(sink, &records, &bytes);
	unit_ok(records == 4 && poll(&fd, 1, 0) == 1, "null sink wakes");
	unit_ok(sink->methods->commit(sink, &error) && sink->methods->poll(sink, 10, report, &reports, &error), "poll");
	unit_ok(reports.counts[1] == 2 && reports.counts[2] == 1, "reports");
	unit_ok(poll(&fd, 1, 0) == 0 && sink->methods->flush(sink, 0, report, &reports, &error), "nothing left");
	unit_ok(sink->methods->available(sink, &why), "available");
	sink->methods->topic_forgotten(sink, &topic);
	sink->methods->headerset_forgotten(sink, NULL);
	sink->methods->free(sink);
	free(record);
}

int
main(void)
{
	signal(SIGPIPE, SIG_IGN);
	test_lines();
	test_headers();
	test_position_headers();
	test_utf8();
	test_file();
	test_stdout();
	test_null();
	return unit_done();
}

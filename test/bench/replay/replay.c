/*
 * replay.c
 *	  Recorded frames of the plugin to Kafka, without PostgreSQL and without
 *	  the relay's loop: what librdkafka alone can do with the same records and
 *	  settings, and what the relay adds to a record.
 *
 * usage: replay librdkafka|relay FRAMES BOOTSTRAP RECORDS [PROPERTY=VALUE...]
 *
 * FRAMES holds u32 length and bytes of each frame.  "librdkafka" has the
 * records ready in memory and only produces them, over and over until it has
 * sent about RECORDS; it prints records, seconds, CPU seconds.  "relay" reads the frames and puts their
 * records into the Kafka sink; callgrind counts take_entry().
 */
#include <errno.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bytes.h"
#include "config.h"
#include "frame_reader.h"
#include "kafka_client.h"
#include "kafka_record.h"
#include "kafka_sink.h"
#include "log.h"
#include "record_bytes.h"

/* Of a recording that is kept in memory. */
#define MOST_RECORDS 50000
#define POLL_EVERY 64

typedef struct Recording
{
	char *data;
	size_t size;
	size_t at;
} Recording;

typedef struct Message
{
	Buffer key;
	Buffer value;
	rd_kafka_headers_t *headers; /* NULL: none */
	FrameTopic *topic;
	bool null_key;
	bool null_value;
} Message;

static _Noreturn void
fail(const char *what, const char *why)
{
	fprintf(stderr, "replay: %s: %s\n", what, why);
	exit(1);
}

static Recording
read_recording(const char *path)
{
	FILE *file = fopen(path, "rb");
	Recording found = {0};

	if (file == NULL || fseek(file, 0, SEEK_END) != 0)
		fail(path, strerror(errno));
	found.size = (size_t) ftell(file);
	found.data = bytes_alloc(found.size);
	rewind(file);
	if (fread(found.data, 1, found.size, file) != found.size)
		fail(path, "could not read it");
	fclose(file);
	return found;
}

static bool
next_frame(Recording *recording, FrameReader *reader, FrameHeader *header)
{
	size_t size;
	Error error;

	if (recording->at + 4 > recording->size)
		return false;
	size = bytes_get_u32(recording->data + recording->at);
	if (!frame_reader_begin(reader, recording->data + recording->at + 4, size, header, &error))
		fail("frame", error.message);
	recording->at += 4 + size;
	return true;
}

static Config *
configuration(Logger *log, const char *bootstrap, int count, char **properties)
{
	static const char *const fixed[][2] = {
		{"connector.class", "io.debezium.connector.postgresql.PostgresConnector"},
		{"topic.prefix", "bench"},
		{"database.hostname", "127.0.0.1"},
		{"database.user", "postgres"},
		{"database.dbname", "postgres"},
	};
	Config *config = config_new();
	Error error;

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		config_set(config, fixed[i][0], fixed[i][1], "replay");
	config_set(config, "bootstrap.servers", bootstrap, "replay");
	for (int i = 0; i < count; i++)
	{
		char *equals = strchr(properties[i], '=');

		if (equals == NULL)
			fail(properties[i], "not PROPERTY=VALUE");
		*equals = '\0';
		config_set(config, properties[i], equals + 1, "replay");
	}
	if (!config_check(config, log, &error))
		fail("configuration", error.message);
	return config;
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static double
cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
		   (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* ---- librdkafka alone ---- */

static size_t
prepare(Recording *recording, FrameReader *reader, Message *messages)
{
	FrameEntry *entry = bytes_alloc_zero(1, sizeof(FrameEntry));
	FrameHeader header;
	Error error;
	size_t count = 0;

	while (count < MOST_RECORDS && next_frame(recording, reader, &header))
	{
		while (count < MOST_RECORDS && frame_reader_next(reader, entry, &error) == FRAME_STEP_ENTRY)
		{
			const SinkRecord record = {.record = &entry->record};
			Message *message = &messages[count];

			if (entry->kind != ENTRY_RECORD)
				continue;
			*message = (Message){.topic = entry->record.topic, .headers = kafka_record_headers(&entry->record)};
			message->null_key = (entry->record.flags & RECORD_NULL_KEY) != 0;
			message->null_value = (entry->record.flags & RECORD_NULL_VALUE) != 0;
			record_append_key(&message->key, &entry->record);
			record_append_value(&message->value, &record);
			count++;
		}
	}
	free(entry);
	return count;
}

static void
count_report(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque)
{
	(void) producer;
	if (message->err)
		fail("delivery", rd_kafka_err2str(message->err));
	++*(size_t *) opaque;
}

static rd_kafka_topic_t *
topic_of(rd_kafka_t *producer, FrameTopic *topic)
{
	if (topic->sink_topic == NULL)
		topic->sink_topic = rd_kafka_topic_new(producer, topic->name, NULL);
	return topic->sink_topic;
}

static void
produce(rd_kafka_t *producer, const Message *message)
{
	rd_kafka_error_t *failure;

	do
	{
		rd_kafka_headers_t *headers = message->headers ? rd_kafka_headers_copy(message->headers) : NULL;
		rd_kafka_vu_t parts[] = {
			{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = topic_of(producer, message->topic)},
			{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {message->null_key ? NULL : message->key.data, message->key.size}},
			{.vtype = RD_KAFKA_VTYPE_VALUE,
			 .u.mem = {message->null_value ? NULL : message->value.data, message->value.size}},
			{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
			{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = headers},
		};
		size_t count = sizeof(parts) / sizeof(parts[0]);

		failure = rd_kafka_produceva(producer, parts, headers ? count : count - 1);
		if (failure == NULL)
			return;
		if (rd_kafka_error_code(failure) != RD_KAFKA_RESP_ERR__QUEUE_FULL)
			fail("produce", rd_kafka_error_string(failure));
		rd_kafka_error_destroy(failure);
		if (headers)
			rd_kafka_headers_destroy(headers);
		rd_kafka_poll(producer, 10);
	} while (failure != NULL);
}

static void
run_librdkafka(Recording *recording, const Config *config, size_t wanted)
{
	FrameReader *reader = frame_reader_new(NULL);
	Message *messages = bytes_alloc(MOST_RECORDS * sizeof(Message));
	size_t count = prepare(recording, reader, messages);
	size_t times = count < wanted ? wanted / count : 1;
	size_t delivered = 0;
	Error error;
	rd_kafka_conf_t *conf = kafka_client_conf(config, RD_KAFKA_PRODUCER, &error);
	rd_kafka_t *producer;
	double began;
	double cpu;

	if (count == 0)
		fail("recording", "no record in it");
	if (conf == NULL)
		fail("settings", error.message);
	rd_kafka_conf_set_dr_msg_cb(conf, count_report);
	rd_kafka_conf_set_opaque(conf, &delivered);
	producer = kafka_client_new(RD_KAFKA_PRODUCER, conf, &error);
	if (producer == NULL)
		fail("producer", error.message);
	produce(producer, &messages[0]); /* connections and metadata do not count */
	while (delivered == 0)
		rd_kafka_poll(producer, 10);
	began = seconds_now();
	cpu = cpu_seconds();
	for (size_t round = 0; round < times; round++)
	{
		for (size_t i = 0; i < count; i++)
		{
			produce(producer, &messages[i]);
			if (i % POLL_EVERY == 0)
				rd_kafka_poll(producer, 0);
		}
	}
	while (delivered < count * times + 1)
		rd_kafka_poll(producer, 10);
	printf("%zu %.6f %.6f\n", count * times, seconds_now() - began, cpu_seconds() - cpu);
}

/* ---- the relay's part ---- */

static void
ignore_report(void *arg, uint64_t ticket, uint64_t count)
{
	(void) arg;
	(void) ticket;
	(void) count;
}

static void
poll_sink(Sink *sink, int timeout_ms)
{
	Error error;

	if (!sink->methods->poll(sink, timeout_ms, ignore_report, NULL, &error))
		fail("sink", error.message);
}

/* What callgrind counts: from the frame's bytes to librdkafka's queue. */
static __attribute__((noinline)) FrameStep
take_entry(FrameReader *reader, FrameEntry *entry, Sink *sink, SinkResult *result)
{
	Error error;
	FrameStep step = frame_reader_next(reader, entry, &error);
	const SinkRecord record = {.record = &entry->record, .ticket = 1};

	*result = SINK_OK;
	if (step == FRAME_STEP_ENTRY && entry->kind == ENTRY_RECORD)
		*result = sink->methods->put(sink, &record, &error);
	if (step == FRAME_STEP_ERROR || *result == SINK_ERROR)
		fail("record", error.message);
	return step;
}

static void
put_again(Sink *sink, const FrameEntry *entry)
{
	const SinkRecord record = {.record = &entry->record, .ticket = 1};
	Error error;

	do
		poll_sink(sink, 10);
	while (sink->methods->put(sink, &record, &error) == SINK_FULL);
}

static void
run_relay(Recording *recording, const Config *config, Logger *log)
{
	FrameReader *reader = frame_reader_new(NULL);
	FrameEntry *entry = bytes_alloc_zero(1, sizeof(FrameEntry));
	FrameHeader header;
	Error error;
	Sink *sink = kafka_sink_new(config, NULL, log, &error);
	SinkResult result;
	size_t records = 0;

	if (sink == NULL)
		fail("sink", error.message);
	while (next_frame(recording, reader, &header))
	{
		while (take_entry(reader, entry, sink, &result) == FRAME_STEP_ENTRY)
		{
			if (result == SINK_FULL)
				put_again(sink, entry);
			records += entry->kind == ENTRY_RECORD;
		}
		poll_sink(sink, 0);
	}
	printf("%zu\n", records);
	fflush(stdout);
	_Exit(0); /* the brokers may be nothing but a mock */
}

int
main(int argc, char **argv)
{
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Recording recording;
	Config *config;

	if (argc < 5)
		fail("usage", "replay librdkafka|relay FRAMES BOOTSTRAP RECORDS [PROPERTY=VALUE...]");
	recording = read_recording(argv[2]);
	config = configuration(log, argv[3], argc - 5, argv + 5);
	if (strcmp(argv[1], "relay") == 0)
		run_relay(&recording, config, log);
	else
		run_librdkafka(&recording, config, strtoul(argv[4], NULL, 10));
	return 0;
}

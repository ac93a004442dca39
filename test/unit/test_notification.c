/*
 * test_notification.c
 *	  Notifications: their texts, their order in Java's maps, and what happens
 *	  to them on the way to a sink.
 */
#include "notification.h"

#include <stdlib.h>
#include <string.h>

#include "java_order.h"
#include "memory.h"
#include "notification_text.h"
#include "unit.h"

/*
 * FNV-1a of what Java 17 prints for all subsets of these keys, put into a new
 * HashMap in this order, copied to a second one where connector_name is added:
 * a line each with the subset's number, a blank and the second map's keys.
 */
#define JAVA_ORDERS UINT64_C(0xe6e1787c40a9aa8b)

static const char *const all_keys[] = {
	"data_collections", "scanned_collection", "total_rows_scanned",
	"status",			"total_rows",		  "current_collection_in_progress",
	"maximum_key",		"last_processed_key", "total_chunks",
	"chunk_index",
};

static void
hash_text(uint64_t *hash, const char *text)
{
	for (; *text != '\0'; text++)
		*hash = (*hash ^ (unsigned char) *text) * UINT64_C(0x100000001b3);
}

/* The keys as the log line shows them: {a=, b=}. */
static void
hash_keys(uint64_t *hash, const Notification *notification)
{
	char *line = notification_log_line(notification);
	char *at = strstr(line, "additionalData={") + strlen("additionalData={");
	char *end = strchr(at, '}');

	*end = '\0';
	for (char *key = strtok(at, "=, "); key != NULL;)
	{
		hash_text(hash, key);
		key = strtok(NULL, "=, ");
		if (key != NULL)
			hash_text(hash, ",");
	}
	free(line);
}

static void
test_order(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (int subset = 0; subset < 1024; subset++)
	{
		Notification notification = {"id", "a", "t", "", 0, .field_count = 0, .hashed = true};
		char number[16];

		for (int i = 0; i < 10; i++)
			if ((subset >> i & 1) != 0)
				notification.fields[notification.field_count++] = (NotificationField){all_keys[i], ""};
		snprintf(number, sizeof(number), "%d ", subset);
		hash_text(&hash, number);
		hash_keys(&hash, &notification);
		hash_text(&hash, "\n");
	}
	unit_ok(hash == JAVA_ORDERS, "additional_data in the order of Java's HashMap, for each of 1024 sets of keys");
}

static void
test_hashes(void)
{
	size_t order[3];

	unit_ok(java_string_hash("") == 0 && java_string_hash("h\xc3\xa9llo") == 103094734 &&
				java_string_hash("\xf0\x9f\x98\x80") == 1772899,
			"String.hashCode, also beyond ASCII and the first plane");
	java_map_order((const char *const[]){"Aa", "b", "BB"}, 3, 16, order);
	unit_ok(order[0] + order[1] + order[2] == 3 && order[0] != order[1] && order[1] != order[2],
			"an order names each key once");
	unit_ok(java_string_hash("Aa") == java_string_hash("BB"), "\"Aa\" and \"BB\" have the same hash");
	for (int i = 0; i < 3; i++)
		if (order[i] == 0 || order[i] == 2)
		{
			unit_ok(order[i] == 0, "of two keys in a bucket the one inserted first comes first");
			break;
		}
	unit_ok(java_copied_set_size(0) == 16 && java_copied_set_size(11) == 16 && java_copied_set_size(12) == 32,
			"a HashSet copied from 12 has 32 buckets");
}

static Notification
sample(void)
{
	return (Notification){
		.id = "x\"1",
		.aggregate_type = "Initial Snapshot",
		.type = "STARTED",
		.connector_name = "app",
		.timestamp_ms = 1234567890123,
	};
}

static void
is_text(char *text, const char *expected, const char *what)
{
	unit_is_str(text, expected, "%s", what);
	free(text);
}

static void
test_forms(void)
{
	Notification notification = sample();

	is_text(notification_key(&notification, FORM_JSON), "{\"id\":\"x\\\"1\"}", "key");
	is_text(notification_key(&notification, FORM_TEXT), "Struct{id=x\"1}", "key by StringConverter");
	is_text(notification_value(&notification, FORM_JSON),
			"{\"id\":\"x\\\"1\",\"type\":\"STARTED\",\"aggregate_type\":\"Initial Snapshot\",\"additional_data\":"
			"{\"connector_name\":\"app\"},\"timestamp\":1234567890123}",
			"value");
	is_text(notification_value(&notification, FORM_TEXT),
			"Struct{id=x\"1,type=STARTED,aggregate_type=Initial Snapshot,additional_data={connector_name=app},"
			"timestamp=1234567890123}",
			"value by StringConverter");
	is_text(notification_log_line(&notification),
			"[Notification Service]  {id='x\"1', aggregateType='Initial Snapshot', type='STARTED', "
			"additionalData={connector_name=app}, timestamp=1234567890123}",
			"log line");
	unit_ok(notification_key(&notification, FORM_BYTES) == NULL &&
				notification_value(&notification, FORM_BYTES) == NULL,
			"ByteArrayConverter writes no structures");
}

/* ---- the way to a sink ---- */

#define TAKEN_MAX 32

typedef struct TestSink
{
	Sink sink; /* first */
	size_t room;
	size_t count;
	uint64_t tickets[TAKEN_MAX];
	char values[TAKEN_MAX][1024];
} TestSink;

static SinkResult
test_put_raw(Sink *sink, const char *topic, int32_t partition, Bytes key, Bytes value, uint64_t ticket, Error *error)
{
	TestSink *self = (TestSink *) sink;

	(void) partition;
	(void) key;
	(void) error;
	if (strcmp(topic, "notes") != 0 || self->room == 0)
		return SINK_FULL;
	self->room--;
	self->tickets[self->count] = ticket;
	snprintf(self->values[self->count++], sizeof(self->values[0]), "%.*s", (int) value.size, value.data);
	return SINK_OK;
}

static const SinkMethods test_methods = {.put_raw = test_put_raw};

static bool
has(const TestSink *sink, size_t at, const char *text)
{
	return at < sink->count && strstr(sink->values[at], text) != NULL;
}

static Config *
make_config(const char *channels)
{
	Config *config = config_new();

	config_set(config, "topic.prefix", "app", "test");
	config_set(config, "notification.enabled.channels", channels, "test");
	config_set(config, "notification.sink.topic.name", "notes", "test");
	config_set(config, "incremental.snapshot.chunk.size", "2", "test");
	config_set(config, "key.converter.schemas.enable", "false", "test");
	config_set(config, "value.converter.schemas.enable", "false", "test");
	return config;
}

static void
test_queue(Logger *log)
{
	Config *config = make_config("sink");
	Notifications *notifications = notifications_new(config, log);
	TestSink sink = {.sink = {.methods = &test_methods}, .room = 2};
	Error error;

	notify_initial_started(notifications);
	notify_initial_skipped(notifications);
	notify_initial_completed(notifications);
	unit_ok(notifications_waiting(notifications) == 3, "three wait");
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_FULL && sink.count == 2 &&
				notifications_waiting(notifications) == 1 && notifications_unreported(notifications) == 3,
			"a full sink takes what it has room for");
	sink.room = 9;
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_OK && has(&sink, 0, "STARTED") &&
				has(&sink, 1, "SKIPPED") && has(&sink, 2, "COMPLETED"),
			"the rest follows, in order");
	notifications_report(notifications, sink.tickets[1], 1);
	unit_ok(notifications_unreported(notifications) == 3, "what is reported out of order waits for those before it");
	notifications_report(notifications, sink.tickets[0], 1);
	unit_ok(notifications_unreported(notifications) == 1, "two are reported");
	notifications_report(notifications, sink.tickets[0], 1);
	unit_ok(notifications_unreported(notifications) == 1, "a report of one that is gone changes nothing");
	notifications_sink_lost(notifications, true);
	sink.count = 0;
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_OK && sink.count == 1 &&
				has(&sink, 0, "COMPLETED"),
			"a new sink gets what the lost one had not reported");
	notifications_sink_lost(notifications, false);
	unit_ok(notifications_unreported(notifications) == 0, "or nothing of it");
	notify_initial_aborted(notifications);
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_OK && has(&sink, 1, "ABORTED"), "and goes on");
	notify_initial_skipped(notifications);
	notify_initial_completed(notifications);
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_OK, "two more");
	notifications_sink_lost(notifications, false);
	sink.count = 0;
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_OK && sink.count == 1 &&
				has(&sink, 0, "SKIPPED"),
			"what nothing would tell again stays");
	notifications_report(notifications, sink.tickets[0], 1);
	unit_ok(notifications_unreported(notifications) == 0, "until it is reported");
	notifications_free(notifications);
	config_free(config);
}

static void
test_incremental(Logger *log)
{
	Config *config = make_config(" log , sink");
	Notifications *notifications = notifications_new(config, log);
	TestSink sink = {.sink = {.methods = &test_methods}, .room = 9};
	const char *const names[] = {"public.t", "public.u"};
	const NotifiedIncremental snapshot = {"ad-hoc", {names, 2}};
	const char *const maximum[] = {"5", NULL};
	const char *const last[] = {"4", "b"};
	NotifiedChunk chunk = {"public.t", {maximum, 2}, {last, 2}, 4, 5};
	Error error;

	notify_incremental_in_progress(notifications, &snapshot, &chunk);
	chunk.rows = 100;
	notify_incremental_in_progress(notifications, &snapshot, &chunk);
	chunk.total_rows = -1;
	chunk.maximum = (NotifiedKey){NULL, 0};
	notify_incremental_in_progress(notifications, &snapshot, &chunk);
	notify_incremental_aborted(notifications, &snapshot, NULL);
	notify_incremental_aborted(notifications, &snapshot, &(NotificationTables){names + 1, 1});
	unit_ok(notifications_put(notifications, &sink.sink, &error) == SINK_OK, "five are told");
	unit_ok(has(&sink, 0, "\"id\":\"ad-hoc\"") && has(&sink, 0, "\"maximum_key\":\"5,<null>\"") &&
				has(&sink, 0, "\"last_processed_key\":\"4,b\"") && has(&sink, 0, "\"chunk_index\":\"2\"") &&
				has(&sink, 0, "\"total_chunks\":\"3\""),
			"keys, and the chunk's number from rows");
	unit_ok(has(&sink, 1, "\"chunk_index\":\"3\""), "a number is never beyond the total");
	unit_ok(!has(&sink, 2, "chunk_index") && has(&sink, 2, "\"maximum_key\":\"\\\"<null>\\\"\""),
			"without a total there are no numbers; no maximum");
	unit_ok(!has(&sink, 3, "data_collections") && has(&sink, 4, "\"data_collections\":\"public.u\""),
			"what a signal has stopped");
	notifications_free(notifications);
	config_free(config);
}

static void
test_silence(Logger *log)
{
	Config *config = make_config("");
	Notifications *notifications = notifications_new(config, log);

	notify_initial_started(notifications);
	unit_ok(notifications_waiting(notifications) == 0, "without channels nothing waits");
	notifications_free(notifications);
	config_free(config);
}

int
main(void)
{
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);

	test_hashes();
	test_order();
	test_forms();
	test_queue(log);
	test_incremental(log);
	test_silence(log);
	log_free(log);
	return unit_done();
}

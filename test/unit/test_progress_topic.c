/*
 * test_progress_topic.c
 *	  Progress comes back as it was written, ours and nobody else's.
 */
#include "unit.h"

#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stdlib.h>

#include "config.h"
#include "kafka_sink.h"
#include "progress_json.h"
#include "progress_topic.h"

#define WAIT_MS 20000

static const Progress sample = {
	.end_lsn = UINT64_C(0xAB16B3748),
	.commit_lsn = 0x1F00,
	.last_commit_end_lsn = 0x1F80,
	.xid = 4294967295,
	.commit_time_us = 1795236750069612,
	.timeline = 2,
	.config_hash = UINT64_C(0xFEDCBA9876543210),
	.partial = {0x2100, 17},
	.snapshot = SNAPSHOT_PLANNED,
	.snapshot_lsn = 0x99,
	.snapshot_on_old_slot = true,
	.slot_limited = true,
};

static bool
same(const Progress *one, const Progress *other)
{
	return one->end_lsn == other->end_lsn && one->commit_lsn == other->commit_lsn &&
		   one->last_commit_end_lsn == other->last_commit_end_lsn && one->xid == other->xid &&
		   one->commit_time_us == other->commit_time_us && one->timeline == other->timeline &&
		   one->config_hash == other->config_hash && one->partial.commit_lsn == other->partial.commit_lsn &&
		   one->partial.count == other->partial.count && one->snapshot == other->snapshot &&
		   one->snapshot_lsn == other->snapshot_lsn && one->snapshot_on_old_slot == other->snapshot_on_old_slot &&
		   one->slot_limited == other->slot_limited;
}

static void
test_json(void)
{
	static const char *const bad[] = {
		"",
		"null",
		"[]",
		"{}",
		"{\"end_lsn\":\"0/1\"}",
		"{\"end_lsn\":\"0/1x\",\"commit_lsn\":\"0/1\"}",
		"{\"end_lsn\":5}",
	};
	char *json = progress_value_json(&sample);
	char *key = progress_json_key("app \"x\"", "slot", UINT64_C(18446744073709551615), "db");
	Progress back;

	unit_is_str(
		json,
		"{\"end_lsn\":\"A/B16B3748\",\"commit_lsn\":\"0/1F00\",\"last_commit_end_lsn\":\"0/1F80\","
		"\"xid\":4294967295,\"commit_time_us\":1795236750069612,\"timeline\":2,\"partial\":{\"commit_lsn\":\"0/2100\",\"n\":17},"
		"\"config_hash\":\"fedcba9876543210\",\"snapshot\":{\"state\":\"planned\",\"lsn\":\"0/99\","
		"\"on_old_slot\":true},\"slot_limited\":true}",
		"value");
	unit_ok(progress_parse(json, strlen(json), &back) && same(&back, &sample), "the same comes back");
	for (size_t size = 0; size < strlen(json); size++)
		unit_state.failed += progress_parse(json, size, &back) ? 1 : 0;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		unit_ok(!progress_parse(bad[i], strlen(bad[i]), &back), "not progress: %s", bad[i]);
	unit_is_str(key, "[\"app \\\"x\\\"\",\"slot\",\"18446744073709551615\",\"db\"]", "key");
	unit_ok(progress_json_same_names(key, strlen(key), "app \"x\"", "slot", "db"), "its names");
	unit_ok(!progress_json_same_names(key, strlen(key), "app", "slot", "db"), "other names");
	unit_ok(!progress_json_same_names("[1,2,3,4]", 9, "app", "slot", "db"), "no names");
	unit_ok(!progress_json_same_names("x", 1, "app", "slot", "db"), "no key");
	free(json);
	free(key);
}

static void
test_limit_json(void)
{
	char *key = progress_json_limit_key("app", "slot", 7, "db", "run-1");
	char *json = progress_limit_json(UINT64_C(0xAB16B3748));
	char *stream = progress_json_limit_stream(key, strlen(key), "app", "slot", 7, "db");
	uint64_t limit_lsn = 0;

	unit_is_str(key, "[\"app\",\"slot\",\"7\",\"db\",\"confirmed\",\"run-1\"]", "key of a limit");
	unit_is_str(stream, "run-1", "its stream");
	unit_ok(progress_json_limit_stream(key, strlen(key), "app", "slot", 8, "db") == NULL, "another system's");
	unit_ok(progress_json_limit_stream(key, strlen(key) - 1, "app", "slot", 7, "db") == NULL, "cut");
	unit_ok(progress_json_limit_stream("[1,2,3,4,5,6]", 13, "app", "slot", 7, "db") == NULL, "no names");
	unit_is_str(json, "{\"lsn\":\"A/B16B3748\"}", "a limit");
	unit_ok(progress_limit_parse(json, strlen(json), &limit_lsn) && limit_lsn == UINT64_C(0xAB16B3748),
			"the same comes back");
	unit_ok(!progress_limit_parse("{}", 2, &limit_lsn) && !progress_limit_parse("5", 1, &limit_lsn), "no limit");
	free(key);
	free(json);
	free(stream);
}

static void
no_report(void *arg, uint64_t ticket, uint64_t count)
{
	(void) arg;
	(void) ticket;
	(void) count;
}

static Config *
config_for(const char *brokers, Logger *log)
{
	Config *config = config_new();
	Error error = {0};

	config_set(config, "topic.prefix", "app", "test");
	config_set(config, "database.dbname", "db", "test");
	config_set(config, "bootstrap.servers", brokers, "test");
	unit_ok(config_check(config, log, &error), "configuration: %s", error.message);
	return config;
}

static ProgressStore *
store_of(const Config *config, Logger *log, uint64_t system_identifier)
{
	const ProgressNames names = {"app", "slot", system_identifier, "db"};

	return progress_new(progress_topic_new(config, log), &names, log);
}

static void
expect_found(ProgressStore *topic, bool expected, bool expected_other, const Progress *progress, const char *name)
{
	const ProgressReading how = {.timeout_ms = WAIT_MS, .to_high_watermark = true};
	Progress back = {0};
	Error error = {0};
	bool found;
	bool other;

	unit_ok(progress_read(topic, &how, &back, &found, &other, &error), "%s: read: %s", name, error.message);
	unit_ok(found == expected && other == expected_other, "%s: found", name);
	unit_ok(!expected || same(&back, progress), "%s: what was written", name);
}

static void
test_topic(rd_kafka_mock_cluster_t *cluster)
{
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Config *config = config_for(rd_kafka_mock_cluster_bootstraps(cluster), log);
	Error error = {0};
	Sink *sink = kafka_sink_new(config, NULL, log, &error);
	ProgressStore *ours = store_of(config, log, 1);
	ProgressStore *others = store_of(config, log, 2);
	Progress later = sample;
	bool reported;

	later.end_lsn += 100;
	later.snapshot = SNAPSHOT_DONE;
	rd_kafka_mock_topic_create(cluster, "wal2kafka-progress", 1, 1);
	expect_found(ours, false, false, NULL, "empty topic");
	unit_ok(progress_write_now(ours, sink, &sample, WAIT_MS, no_report, NULL, &error), "write: %s", error.message);
	expect_found(ours, true, false, &sample, "written");
	expect_found(others, false, true, NULL, "another system");
	unit_ok(progress_write_lazily(ours, sink, &later, 0, &error), "too early to write");
	expect_found(ours, true, false, &sample, "not yet");
	unit_ok(progress_write_lazily(ours, sink, &later, INT64_MAX, &error), "time to write");
	unit_ok(sink->methods->flush(sink, WAIT_MS, no_report, NULL, &error), "flush");
	expect_found(ours, true, false, &later, "lazily written");
	unit_ok(progress_put_signals(ours, sink, "{}", 0, &reported, &error) == SINK_OK, "signals");
	unit_ok(sink->methods->flush(sink, WAIT_MS, no_report, NULL, &error), "flush signals");
	expect_found(ours, true, false, &later, "with signals");
	unit_ok(progress_stored_signals(ours) != NULL, "signals are stored");
	unit_ok(progress_forget(ours, sink, WAIT_MS, no_report, NULL, &error), "forget");
	expect_found(ours, false, false, NULL, "forgotten");
	unit_ok(progress_stored_signals(ours) == NULL, "signals are forgotten with it");
	progress_free(ours);
	progress_free(others);
	progress_free(NULL);
	sink->methods->free(sink);
	config_free(config);
	log_free(log);
}

/* How far streams may have confirmed the slot. */
static void
test_limits(rd_kafka_mock_cluster_t *cluster)
{
	const ProgressReading how = {.timeout_ms = WAIT_MS, .to_high_watermark = true};
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Config *config = config_for(rd_kafka_mock_cluster_bootstraps(cluster), log);
	Error error = {0};
	Sink *sink = kafka_sink_new(config, NULL, log, &error);
	ProgressStore *store = store_of(config, log, 4);
	ProgressStore *later = store_of(config, log, 4);
	Progress progress;
	bool reported = false;
	bool found;
	bool other;

	unit_is_uint(progress_slot_limit(store), 0, "no limit");
	unit_ok(progress_put_limit(store, sink, "a", 300, 9, &reported, &error) == SINK_OK && reported, "put");
	unit_ok(progress_put_limit(store, sink, "b", 200, 10, &reported, &error) == SINK_OK, "put another");
	unit_ok(progress_put_limit(store, sink, "a", 250, 11, &reported, &error) == SINK_OK, "put less");
	unit_is_uint(progress_slot_limit(store), 250, "the newest of each counts, and of these the highest");
	unit_ok(sink->methods->flush(sink, WAIT_MS, no_report, NULL, &error), "flush");
	unit_ok(progress_read(later, &how, &progress, &found, &other, &error), "read: %s", error.message);
	unit_is_uint(progress_slot_limit(later), 250, "so it is read");
	unit_ok(progress_drop_limits(later, sink, "b", &error) == SINK_OK, "drop all but one");
	unit_is_uint(progress_slot_limit(later), 200, "it stays");
	unit_ok(sink->methods->flush(sink, WAIT_MS, no_report, NULL, &error), "flush");
	progress_free(later);
	later = store_of(config, log, 4);
	unit_ok(progress_read(later, &how, &progress, &found, &other, &error), "read: %s", error.message);
	unit_is_uint(progress_slot_limit(later), 200, "so it is read, too");
	progress_free(store);
	progress_free(later);
	sink->methods->free(sink);
	config_free(config);
	log_free(log);
}

/* More than can be read in the time that silence may last. */
static void
test_long_topic(rd_kafka_mock_cluster_t *cluster)
{
	const ProgressReading how = {.timeout_ms = 2500, .to_high_watermark = true};
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Config *config = config_for(rd_kafka_mock_cluster_bootstraps(cluster), log);
	Progress last = sample;
	Progress back = {0};
	Error error = {0};
	Sink *sink = kafka_sink_new(config, NULL, log, &error);
	ProgressStore *store = store_of(config, log, 3);
	bool found = false;
	bool other;

	for (int i = 0; i < 80; i++)
	{
		last.end_lsn++;
		if (!progress_write_now(store, sink, &last, WAIT_MS, no_report, NULL, &error))
			break;
	}
	unit_is_uint(last.end_lsn, sample.end_lsn + 80, "80 batches: %s", error.message);
	rd_kafka_mock_broker_set_rtt(cluster, 1, 50); /* for each */
	unit_ok(progress_read(store, &how, &back, &found, &other, &error) && found, "read: %s", error.message);
	unit_is_uint(back.end_lsn, last.end_lsn, "the last one");
	rd_kafka_mock_broker_set_rtt(cluster, 1, 0);
	progress_free(store);
	sink->methods->free(sink);
	config_free(config);
	log_free(log);
}

static void
test_away(void)
{
	Logger *log = log_new(LOG_TEXT, LOG_ERROR);
	Config *config = config_for("127.0.0.1:1", log);
	ProgressStore *topic = store_of(config, log, 1);
	Progress progress;
	Error error = {0};
	bool found;
	bool other;

	unit_ok(!progress_read(topic, &(ProgressReading){.timeout_ms = 500}, &progress, &found, &other, &error) &&
				error.kind == ERROR_RETRY,
			"away: %s", error.message);
	unit_contains(error.message, "Connection refused", "says why");
	progress_free(topic);
	config_free(config);
	log_free(log);
}

int
main(void)
{
	rd_kafka_conf_t *conf = rd_kafka_conf_new();
	char reason[256];
	rd_kafka_t *host;
	rd_kafka_mock_cluster_t *cluster;

	rd_kafka_conf_set_log_cb(conf, NULL);
	host = rd_kafka_new(RD_KAFKA_PRODUCER, conf, reason, sizeof(reason));
	cluster = rd_kafka_mock_cluster_new(host, 1);
	test_json();
	test_limit_json();
	test_topic(cluster);
	test_limits(cluster);
	test_long_topic(cluster);
	test_away();
	rd_kafka_mock_cluster_destroy(cluster);
	rd_kafka_destroy(host);
	return unit_done();
}

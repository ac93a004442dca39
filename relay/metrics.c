/*
 * metrics.c
 *	  Counters, their copy for readers, and their two text forms.
 */
#include "metrics.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_gen.h>

#include "clock.h"
#include "memory.h"

/* Longer than this without movement while there is something to deliver is not healthy. */
#define STALL_MS 30000
/* The server is asked for a sign of life every 10 s or more often. */
#define SILENCE_MS 60000

struct Metrics
{
	pthread_mutex_t lock;
	MetricsValues values;
	SlotValues slot;
};

typedef struct MetricRow
{
	const char *name;
	const char *type;
	const char *help;
	double value;
} MetricRow;

#define METRIC_ROWS_MAX 40

Metrics *
metrics_new(void)
{
	Metrics *metrics = bytes_alloc_zero(1, sizeof(Metrics));

	pthread_mutex_init(&metrics->lock, NULL);
	metrics->values.progress_at_ms = clock_monotonic_ms();
	return metrics;
}

void
metrics_free(Metrics *metrics)
{
	if (metrics == NULL)
		return;
	pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

void
metrics_publish(Metrics *metrics, const MetricsValues *values)
{
	pthread_mutex_lock(&metrics->lock);
	metrics->values = *values;
	pthread_mutex_unlock(&metrics->lock);
}

void
metrics_publish_slot(Metrics *metrics, const SlotValues *slot)
{
	pthread_mutex_lock(&metrics->lock);
	metrics->slot = *slot;
	pthread_mutex_unlock(&metrics->lock);
}

MetricsValues
metrics_read(Metrics *metrics)
{
	MetricsValues values;

	pthread_mutex_lock(&metrics->lock);
	values = metrics->values;
	values.slot = metrics->slot;
	pthread_mutex_unlock(&metrics->lock);
	return values;
}

bool
metrics_healthy(const MetricsValues *values, const char **why)
{
	if (!values->connected)
	{
		*why = "not connected to PostgreSQL";
		return false;
	}
	if (!values->caught_up && clock_monotonic_ms() - values->progress_at_ms > STALL_MS)
	{
		*why = "records are waiting and none was delivered for 30 seconds";
		return false;
	}
	if (!values->snapshot_running && clock_monotonic_ms() - values->heard_at_ms > SILENCE_MS)
	{
		*why = "PostgreSQL has been silent for a minute";
		return false;
	}
	*why = values->snapshot_running ? "snapshot running" : "streaming";
	return true;
}

/* Age of the newest commit delivered; 0 once nothing received is undelivered. */
static double
lag_seconds(const MetricsValues *values)
{
	double lag;

	if (values->caught_up || values->last_commit_time_us == 0)
		return 0;
	lag = (double) (clock_wall_us() - values->last_commit_time_us) / 1e6;
	return lag > 0 ? lag : 0;
}

/* How long the snapshot took, or takes so far. */
static double
snapshot_seconds(const MetricsValues *values)
{
	int64_t end_ms = values->snapshot_ended_ms != 0 ? values->snapshot_ended_ms : clock_monotonic_ms();

	return values->snapshot_started_ms == 0 ? 0 : (double) (end_ms - values->snapshot_started_ms) / 1000;
}

/* Of the slot, once it was looked at; returns how many. */
static size_t
fill_slot_rows(const SlotValues *slot, MetricRow *rows)
{
	const MetricRow filled[] = {
		{"wal2kafka_slot_lag_bytes", "gauge", "WAL that the slot has not confirmed", (double) slot->lag_bytes},
		{"wal2kafka_slot_retained_bytes", "gauge", "WAL that the server keeps for the slot",
		 (double) slot->retained_bytes},
		{"wal2kafka_slot_safe_bytes", "gauge", "WAL that may be written before the slot is lost, -1 without limit",
		 (double) slot->safe_bytes},
		{"wal2kafka_slot_seconds_to_loss", "gauge",
		 "When the slot is lost at the present rate of WAL if it stands still, -1 if that is not in sight",
		 slot->seconds_to_loss},
		{"wal2kafka_slot_spilled_transactions_total", "counter", "Transactions that decoding spilled to disk",
		 (double) slot->spilled_transactions},
		{"wal2kafka_slot_spilled_bytes_total", "counter", "Bytes that decoding spilled to disk",
		 (double) slot->spilled_bytes},
	};

	if (!slot->known)
		return 0;
	memcpy(rows, filled, sizeof(filled));
	return sizeof(filled) / sizeof(filled[0]);
}

static size_t
fill_rows(const MetricsValues *values, MetricRow *rows)
{
	const MetricRow filled[] = {
		{"wal2kafka_records_total", "counter", "Records handed to the sink", (double) values->records},
		{"wal2kafka_records_delivered_total", "counter", "Records the sink reported durable",
		 (double) values->records_delivered},
		{"wal2kafka_transactions_total", "counter", "Transactions and non-transactional messages received whole",
		 (double) values->transactions},
		{"wal2kafka_bytes_total", "counter", "Bytes of frames received", (double) values->bytes},
		{"wal2kafka_reconnects_total", "counter", "Connections to PostgreSQL lost or given up",
		 (double) values->reconnects},
		{"wal2kafka_refused_records_total", "counter", "Records that could not be delivered and were dropped",
		 (double) (values->refused_records + values->sink_refused_records)},
		{"wal2kafka_dead_letters_total", "counter",
		 "Records that could not be delivered and went to the dead letter topic",
		 (double) (values->dead_letters + values->sink_dead_letters)},
		{"wal2kafka_heartbeats_total", "counter", "Heartbeat records", (double) values->heartbeats},
		{"wal2kafka_snapshot_rows_total", "counter", "Rows read by snapshots", (double) values->snapshot_rows},
		{"wal2kafka_connected", "gauge", "1 while connected to PostgreSQL", values->connected ? 1 : 0},
		{"wal2kafka_confirmed_lsn", "gauge", "Position confirmed to PostgreSQL", (double) values->confirmed_lsn},
		{"wal2kafka_received_lsn", "gauge", "Position received from PostgreSQL", (double) values->received_lsn},
		{"wal2kafka_server_lsn", "gauge", "Position the server has decoded", (double) values->server_lsn},
		{"wal2kafka_outstanding_records", "gauge", "Records handed to the sink and not yet durable",
		 (double) values->outstanding_records},
		{"wal2kafka_queue_records", "gauge", "Records in the sink's queue", (double) values->queue_records},
		{"wal2kafka_queue_bytes", "gauge", "Bytes in the sink's queue", (double) values->queue_bytes},
		{"wal2kafka_lag_seconds", "gauge", "Age of the newest commit delivered, 0 when caught up", lag_seconds(values)},
		{"wal2kafka_snapshot_running", "gauge", "1 while a snapshot is read", values->snapshot_running ? 1 : 0},
		{"wal2kafka_snapshot_tables", "gauge", "Tables of the snapshot", (double) values->snapshot_tables},
		{"wal2kafka_snapshot_tables_remaining", "gauge", "Tables of the snapshot not yet read",
		 (double) values->snapshot_tables_remaining},
		{"wal2kafka_snapshot_chunks", "gauge", "Parts of tables that the snapshot reads",
		 (double) values->snapshot_parts},
		{"wal2kafka_snapshot_chunks_remaining", "gauge", "Parts of tables not yet read",
		 (double) values->snapshot_parts_remaining},
		{"wal2kafka_snapshot_rows_per_second", "gauge", "Rows the snapshot reads per second",
		 values->snapshot_rows_per_second},
		{"wal2kafka_snapshot_eta_seconds", "gauge", "Seconds until the snapshot is read, -1 while not known",
		 values->snapshot_eta_seconds},
		{"wal2kafka_snapshot_duration_seconds", "gauge", "How long the snapshot takes or took",
		 snapshot_seconds(values)},
		{"wal2kafka_incremental_tables_remaining", "gauge",
		 "Tables that incremental snapshots have not read to their end", (double) values->incremental_tables},
		{"wal2kafka_incremental_table_rows", "gauge", "Rows delivered of the table that an incremental snapshot reads",
		 (double) values->incremental_rows},
		{"wal2kafka_incremental_paused", "gauge", "1 while a signal holds incremental snapshots up",
		 values->incremental_paused ? 1 : 0},
	};

	_Static_assert(sizeof(filled) / sizeof(filled[0]) + 6 <= METRIC_ROWS_MAX, "METRIC_ROWS_MAX is too small");
	memcpy(rows, filled, sizeof(filled));
	return sizeof(filled) / sizeof(filled[0]) +
		   fill_slot_rows(&values->slot, rows + sizeof(filled) / sizeof(filled[0]));
}

/* A label's value: backslash, quote and newline are escaped. */
static void
put_label(FILE *out, const char *text)
{
	for (; *text != '\0'; text++)
	{
		if (*text == '\\' || *text == '"')
			fputc('\\', out);
		if (*text == '\n')
			fputs("\\n", out);
		else
			fputc(*text, out);
	}
}

/* The snapshot's beans as Debezium's documentation maps them with the JMX exporter. */
static void
put_debezium(FILE *out, const MetricsValues *values)
{
	bool ended = values->snapshot_started_ms != 0 && !values->snapshot_running;
	const struct
	{
		const char *name;
		double value;
	} rows[] = {
		{"TotalTableCount", (double) values->snapshot_tables},
		{"RemainingTableCount", (double) values->snapshot_tables_remaining},
		{"SnapshotRunning", values->snapshot_running ? 1 : 0},
		{"SnapshotPaused", values->incremental_paused ? 1 : 0},
		{"SnapshotCompleted", ended && values->snapshot_completed ? 1 : 0},
		{"SnapshotAborted", ended && !values->snapshot_completed ? 1 : 0},
		{"SnapshotDurationInSeconds", snapshot_seconds(values)},
		{"SnapshotPausedDurationInSeconds", 0},
	};

	if (values->topic_prefix == NULL)
		return;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
	{
		fprintf(
			out,
			"# TYPE debezium_metrics_%s gauge\ndebezium_metrics_%s{plugin=\"postgres\",context=\"snapshot\",name=\"",
			rows[i].name, rows[i].name);
		put_label(out, values->topic_prefix);
		fprintf(out, "\"} %.17g\n", rows[i].value);
	}
}

char *
metrics_prometheus(const MetricsValues *values)
{
	MetricRow rows[METRIC_ROWS_MAX];
	size_t count = fill_rows(values, rows);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		return NULL;
	for (size_t i = 0; i < count; i++)
		fprintf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.17g\n", rows[i].name, rows[i].help, rows[i].name, rows[i].type,
				rows[i].name, rows[i].value);
	put_debezium(out, values);
	fclose(out);
	return text;
}

static void
gen_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

char *
metrics_json(const MetricsValues *values)
{
	MetricRow rows[METRIC_ROWS_MAX];
	size_t count = fill_rows(values, rows);
	yajl_gen gen = yajl_gen_alloc(NULL);
	const unsigned char *buffer;
	size_t size;
	const char *why;
	char *text;

	yajl_gen_map_open(gen);
	gen_text(gen, "healthy");
	yajl_gen_bool(gen, metrics_healthy(values, &why));
	gen_text(gen, "state");
	gen_text(gen, why);
	for (size_t i = 0; i < count; i++)
	{
		const char *name = rows[i].name + strlen("wal2kafka_");

		gen_text(gen, name);
		if (strcmp(name, "lag_seconds") == 0)
			yajl_gen_double(gen, rows[i].value);
		else
			yajl_gen_integer(gen, (long long) rows[i].value);
	}
	yajl_gen_map_close(gen);
	yajl_gen_get_buf(gen, &buffer, &size);
	text = memory_strdup((const char *) buffer);
	yajl_gen_free(gen);
	return text;
}

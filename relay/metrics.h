/*
 * metrics.h
 *	  What the relay counts, and how another thread reads it.
 *
 * The relay's loop owns plain counters and publishes copies; readers take the
 * last copy.  So counting costs the hot path no lock and no atomic.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The slot as the server shows it; by slot_watch. */
typedef struct SlotValues
{
	bool known;
	uint64_t lag_bytes;		 /* not confirmed */
	uint64_t retained_bytes; /* kept for the slot */
	int64_t safe_bytes;		 /* -1: no limit */
	double seconds_to_loss;	 /* -1: not in sight */
	uint64_t spilled_transactions;
	uint64_t spilled_bytes;
} SlotValues;

typedef struct MetricsValues
{
	/* rising */
	uint64_t records;			/* handed to the sink */
	uint64_t records_delivered; /* reported durable */
	uint64_t transactions;		/* and non-transactional messages */
	uint64_t bytes;				/* of frames received */
	uint64_t reconnects;
	uint64_t refused_records;	   /* by the plugin, and dropped */
	uint64_t sink_refused_records; /* by Kafka, and dropped */
	uint64_t dead_letters;		   /* refused by the plugin, and parked */
	uint64_t sink_dead_letters;	   /* refused by Kafka, and parked */
	uint64_t heartbeats;
	uint64_t snapshot_rows;

	/* now */
	bool connected;
	bool snapshot_running;
	uint64_t confirmed_lsn;
	uint64_t received_lsn;
	uint64_t server_lsn; /* how far the walsender has got */
	uint64_t outstanding_records;
	uint64_t queue_records;
	uint64_t queue_bytes;
	uint64_t snapshot_tables;
	uint64_t snapshot_tables_remaining;
	uint64_t snapshot_parts; /* ranges of blocks, or whole tables */
	uint64_t snapshot_parts_remaining;
	int64_t snapshot_started_ms; /* monotonic; 0: there was none */
	int64_t snapshot_ended_ms;	 /* 0: it runs */
	bool snapshot_completed;	 /* the last one came to its end */
	uint64_t incremental_tables; /* left of incremental snapshots, the one at work included */
	uint64_t incremental_rows;	 /* read of that one */
	bool incremental_paused;
	const char *topic_prefix; /* for Debezium's names; borrowed; NULL until a snapshot begins */
	double snapshot_rows_per_second;
	double snapshot_eta_seconds; /* -1: not known */
	int64_t last_commit_time_us; /* of the last transaction delivered whole; 0: none */
	bool caught_up;				 /* nothing received is undelivered */
	int64_t progress_at_ms;		 /* monotonic: when something moved last, or there was nothing to move */
	int64_t heard_at_ms;		 /* monotonic: when the server last sent anything */
	SlotValues slot;			 /* only in what metrics_read() returns */
} MetricsValues;

typedef struct Metrics Metrics;

extern Metrics *metrics_new(void);
extern void metrics_free(Metrics *metrics);

extern void metrics_publish(Metrics *metrics, const MetricsValues *values);
extern void metrics_publish_slot(Metrics *metrics, const SlotValues *slot);
extern MetricsValues metrics_read(Metrics *metrics);

/*
 * Is the relay doing its work: connected, and the confirmed position (or the
 * records delivered, inside a long transaction or a snapshot) moving while
 * there is something to deliver.  *why is for people.
 */
extern bool metrics_healthy(const MetricsValues *values, const char **why);

/* Prometheus text format and a JSON object; the caller frees. */
extern char *metrics_prometheus(const MetricsValues *values);
extern char *metrics_json(const MetricsValues *values);

#endif

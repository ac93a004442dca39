/*
 * kafka_sink_internal.h
 *	  The Kafka sink, shared by the files that make it up.
 */
#ifndef KAFKA_SINK_INTERNAL_H
#define KAFKA_SINK_INTERNAL_H

#include <librdkafka/rdkafka.h>

#include "kafka_health.h"
#include "kafka_lanes.h"
#include "kafka_parking.h"
#include "kafka_poison.h"
#include "kafka_record.h"
#include "kafka_sources.h"
#include "kafka_topic_table.h"
#include "kafka_transaction.h"
#include "sink.h"

typedef struct KafkaSink
{
	Sink sink; /* first: a Sink pointer is a KafkaSink pointer */
	Logger *log;
	KafkaLanes lanes;
	KafkaTransaction *transaction; /* NULL: at least once; of the first lane, then the only one */
	KafkaTopicTable topics;
	int wake_fd;
	DeadLetterPolicy policy;
	const char *progress_topic; /* nothing for it is ever let go */
	KafkaParking *parking;
	KafkaPoison *poison; /* borrowed; NULL: none */
	int64_t failed_ms;	 /* when the transaction took no more records; 0: it does */
	KafkaHealth health;
	uint64_t refused;
	uint64_t waiting_bytes;
	KafkaScratch scratch;
	TicketSource *sources;
	uint64_t first_source_lsn; /* of the records put so far; 0: none */
	uint64_t last_source_lsn;
	uint64_t settled_ticket; /* refused in put, to be reported by the next poll */
	uint64_t settled_count;
	int64_t committed_ms; /* when the last transaction ended */
} KafkaSink;

static inline KafkaSink *
kafka_sink(Sink *sink)
{
	return (KafkaSink *) sink;
}

/* What becomes of a record that was not taken; headers may be NULL. Says so, counts it, and hands it on. */
extern Fate kafka_sink_decide(KafkaSink *self, const RefusedRecord *refused, const rd_kafka_headers_t *headers,
							  uint64_t ticket, Error *error);

/* The transaction takes nothing more: poll says why, once it knows. */
extern void kafka_sink_note_failed(KafkaSink *self);

/* The sink's poll, see sink.h. */
extern bool kafka_sink_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error) MUST_CHECK;

#endif

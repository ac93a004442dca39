/*
 * kafka_sink.h
 *	  Records to Kafka through librdkafka.
 */
#ifndef KAFKA_SINK_H
#define KAFKA_SINK_H

#include "config.h"
#include "kafka_poison.h"
#include "log.h"
#include "sink.h"

/*
 * A producer; connects by itself and need not reach a broker to be made.
 * config and log are borrowed for the sink's life.  NULL: *error is set.  With
 * an identity it writes exactly once, in transactions, and is to be fenced first.
 *
 * put answers SINK_FULL while a topic is being created (topic.creation.*).
 * After ERROR_RETRY from any function the sink is of no more use: free it,
 * make a new one and start the stream over from the confirmed position.
 */
extern Sink *kafka_sink_new(const Config *config, const SinkIdentity *identity, Logger *log, Error *error) MUST_CHECK;

/* Exactly once: what brokers have refused, borrowed; it outlives the sink. Without, such a record ends the run. */
extern void kafka_sink_set_poison(Sink *sink, KafkaPoison *poison);

/* Records that Kafka refused and errors.tolerance=all let go: for metrics. */
extern uint64_t kafka_sink_records_refused(const Sink *sink);

#endif

/*
 * signal_kafka.h
 *	  Signals from a Kafka topic: partition 0 of signal.kafka.topic, records
 *	  whose key is topic.prefix (Debezium's KafkaSignalChannel).
 *
 * Runs on the caller's thread and never waits: every signal.poll.interval.ms
 * it hands over what has arrived.  Trouble with the brokers is logged once and
 * passes; it never ends or delays anything else.
 */
#ifndef SIGNAL_KAFKA_H
#define SIGNAL_KAFKA_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "error.h"
#include "frame_reader.h"
#include "log.h"

typedef struct SignalKafka SignalKafka;

/* A signal: the record's value, not looked into, borrowed for the call.  False: no more of them with this step. */
typedef bool (*SignalKafkaReceived)(void *arg, Bytes json, int64_t offset);

/*
 * *channel is NULL if signal.enabled.channels has no "kafka".  config and log
 * are borrowed.
 *
 * Reading begins behind handled_offset, that of the last signal known to be
 * handled; with -1 where the consumer group (signal.kafka.groupId) has
 * committed; with neither, or if that place is no more, at the beginning of the
 * topic (signal.consumer.auto.offset.reset).
 */
extern bool signal_kafka_new(const Config *config, int64_t handled_offset, Logger *log, SignalKafka **channel,
							 Error *error) MUST_CHECK;
/* All of these take NULL for a channel that is not enabled. */
extern void signal_kafka_free(SignalKafka *channel);

/* Hands over what has arrived, if a look is due. */
extern void signal_kafka_step(SignalKafka *channel, int64_t now_ms, SignalKafkaReceived received, void *arg);
/* Offset of the last signal handed over, or what reading began behind; -1: neither. */
extern int64_t signal_kafka_received(const SignalKafka *channel);
/* When step has something to do next; INT64_MAX: never. */
extern int64_t signal_kafka_due_ms(const SignalKafka *channel);

/*
 * Signals up to this offset need not be read again, since what follows from
 * them is stored: the group's offset is committed, in the background.  Records
 * that are no signals for us are passed over by themselves.
 */
extern void signal_kafka_handled(SignalKafka *channel, int64_t offset);

#endif

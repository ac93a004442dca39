/*
 * kafka_shortage.h
 *	  What Kafka lacks to take records: topics, leaders, replicas in sync.
 *
 * librdkafka tries again for ever, and in silence, what brokers refuse for want
 * of replicas in sync, or what has no leader to be sent to; and when a topic is
 * missing as a transaction begins, its error does not say which.  So the brokers
 * are asked, about the topics that the producer has written to.
 */
#ifndef KAFKA_SHORTAGE_H
#define KAFKA_SHORTAGE_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "error.h"

/*
 * True: why, of size bytes, has topic, partition, what there is and what is
 * needed, and where to look.  False: nothing is missing, or the brokers do not
 * tell within timeout_ms (and a second more, at worst); why is left alone.
 */
extern bool kafka_shortage_explain(rd_kafka_t *producer, int timeout_ms, char *why, size_t size) MUST_CHECK;

/* The name of a topic that does not exist any more. False: none, or the brokers do not tell within timeout_ms. */
extern bool kafka_shortage_topic(rd_kafka_t *producer, int timeout_ms, char *name, size_t size) MUST_CHECK;

#endif

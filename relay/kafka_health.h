/*
 * kafka_health.h
 *	  What librdkafka says of its connections: told once per change, and kept
 *	  as the reason why nothing is delivered.
 */
#ifndef KAFKA_HEALTH_H
#define KAFKA_HEALTH_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "error.h"
#include "log.h"

typedef struct KafkaHealth
{
	Logger *log; /* borrowed */
	bool brokers_down;
	char why_down[512]; /* the last reason; "": none yet */
} KafkaHealth;

/* An ERROR event of the producer. False: it cannot go on. */
extern bool kafka_health_error(KafkaHealth *health, rd_kafka_t *producer, rd_kafka_event_t *event,
							   Error *error) MUST_CHECK;
/* The producer's fatal error: ERROR_RETRY, a new one may go on, or ERROR_FAILED. Returns false. */
extern bool kafka_health_fatal(rd_kafka_t *producer, Error *error);
/* Something was delivered. */
extern void kafka_health_good(KafkaHealth *health);

#endif

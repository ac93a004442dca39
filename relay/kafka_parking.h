/*
 * kafka_parking.h
 *	  Records that Kafka refuses, on their way to the dead letter topic.
 *
 * A parked record keeps its ticket: it counts as delivered once the dead
 * letter topic has it.  What the producer's queue has no room for waits here.
 */
#ifndef KAFKA_PARKING_H
#define KAFKA_PARKING_H

#include <librdkafka/rdkafka.h>

#include "dead_letter.h"
#include "error.h"
#include "kafka_refusal.h"
#include "log.h"

typedef struct KafkaParking KafkaParking;

/* All are borrowed; *waiting_bytes grows with keys and values that are handed over. */
extern KafkaParking *kafka_parking_new(rd_kafka_t *producer, const DeadLetterPolicy *policy, uint64_t *waiting_bytes,
									   Logger *log);
/* Before the producer is destroyed. NULL is fine. */
extern void kafka_parking_free(KafkaParking *parking);

/*
 * Takes a copy of a record that was refused, with its headers (NULL: none),
 * and what is to be said about it.  A record too large for Kafka goes without
 * its value if it would be too large there, too.  False: it is itself a parked
 * record that the dead letter topic refuses for good (*error is not set).
 */
extern bool kafka_parking_take(KafkaParking *parking, const RefusedRecord *refused, const char *words,
							   const rd_kafka_headers_t *headers, uint64_t ticket) MUST_CHECK;

/* What became of a record that will never be taken. */
typedef enum Fate
{
	FATE_ERROR,	  /* *error is set */
	FATE_DROPPED, /* its ticket is to be settled */
	FATE_PARKED,  /* its ticket is settled by the dead letter topic */
	FATE_OPEN,	  /* how its transaction ends will tell */
} Fate;

/* Parks, or drops without a dead letter topic, a record that errors.tolerance=all lets go; says so and counts it. */
extern Fate kafka_parking_let_go(KafkaParking *parking, const RefusedRecord *refused, const rd_kafka_headers_t *headers,
								 uint64_t ticket, uint64_t *parked, uint64_t *dropped, Error *error);

/*
 * Hands over what waits.  At the first time it looks for the topic and makes
 * it if need be, which may take some seconds.  ERROR_RETRY: brokers away;
 * ERROR_FAILED: the topic cannot be made.
 */
extern bool kafka_parking_send(KafkaParking *parking, Error *error) MUST_CHECK;

/* Does anything wait to be handed over? */
extern bool kafka_parking_waits(const KafkaParking *parking);

#endif

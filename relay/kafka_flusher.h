/*
 * kafka_flusher.h
 *	  A thread that asks librdkafka not to linger.
 *
 * Lingering makes batches, and a fifth less CPU, under load; a lone
 * change must not pay for it.  librdkafka sends at once only while
 * rd_kafka_flush() runs, and that call blocks: so another thread makes it.
 */
#ifndef KAFKA_FLUSHER_H
#define KAFKA_FLUSHER_H

#include <librdkafka/rdkafka.h>

#include "error.h"

typedef struct KafkaFlusher KafkaFlusher;

/* producer is borrowed, and must outlive the flusher. NULL: *error is set. */
extern KafkaFlusher *kafka_flusher_new(rd_kafka_t *producer, Error *error) MUST_CHECK;
/* Waits for the thread, a few milliseconds. NULL is allowed. */
extern void kafka_flusher_free(KafkaFlusher *flusher);
/* What is queued now should leave now. Never blocks. */
extern void kafka_flusher_wake(KafkaFlusher *flusher);

#endif

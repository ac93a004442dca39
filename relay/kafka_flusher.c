/*
 * kafka_flusher.c
 *	  A thread that asks librdkafka not to linger.
 */
#include "kafka_flusher.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* Long enough for the sending threads to notice. */
#define FLUSH_MS 2

struct KafkaFlusher
{
	rd_kafka_t *producer;
	pthread_t thread;
	sem_t wanted;
	atomic_bool stop;
};

static void *
run(void *arg)
{
	KafkaFlusher *flusher = arg;

	for (;;)
	{
		/* an interrupted wait flushes once for nothing */
		(void) sem_wait(&flusher->wanted);
		if (atomic_load(&flusher->stop))
			return NULL;
		(void) rd_kafka_flush(flusher->producer, FLUSH_MS);
	}
}

KafkaFlusher *
kafka_flusher_new(rd_kafka_t *producer, Error *error)
{
	KafkaFlusher *flusher = bytes_alloc_zero(1, sizeof(KafkaFlusher));
	int reason;

	flusher->producer = producer;
	sem_init(&flusher->wanted, 0, 0);
	reason = pthread_create(&flusher->thread, NULL, run, flusher);
	if (reason == 0)
		return flusher;
	sem_destroy(&flusher->wanted);
	free(flusher);
	error_set(error, ERROR_FAILED, "could not start a thread: %s", strerror(reason));
	return NULL;
}

void
kafka_flusher_free(KafkaFlusher *flusher)
{
	if (flusher == NULL)
		return;
	atomic_store(&flusher->stop, true);
	sem_post(&flusher->wanted);
	pthread_join(flusher->thread, NULL);
	sem_destroy(&flusher->wanted);
	free(flusher);
}

void
kafka_flusher_wake(KafkaFlusher *flusher)
{
	int waiting = 0;

	if (sem_getvalue(&flusher->wanted, &waiting) == 0 && waiting == 0)
		sem_post(&flusher->wanted);
}

/*
 * kafka_lanes.h
 *	  The producers of a sink: one, and more when there are many topics.
 *
 * A topic stays in its lane for the sink's life.  The first lane is the one
 * that writes progress and dead letters.  In transactions there is no other,
 * since a transaction belongs to one producer.
 */
#ifndef KAFKA_LANES_H
#define KAFKA_LANES_H

#include <librdkafka/rdkafka.h>

#include "config.h"
#include "error.h"
#include "kafka_flusher.h"
#include "kafka_lane_plan.h"
#include "log.h"

typedef struct KafkaLane
{
	rd_kafka_t *producer;
	rd_kafka_queue_t *queue; /* all that the producer has to say */
	KafkaFlusher *flusher;	 /* NULL in transactions */
} KafkaLane;

/* Zero with config, log and wake_fd set is one without producers, which may be freed. */
typedef struct KafkaLanes
{
	const Config *config; /* borrowed */
	Logger *log;		  /* borrowed */
	int wake_fd;		  /* borrowed eventfd: written when a queue that was empty no longer is; -1: none */
	bool transactional;	  /* one lane only */
	bool exhausted;		  /* no further producer could be made */
	uint64_t set_bytes;	  /* queue.buffering.max.kbytes as configured; 0: not */
	size_t topics;
	size_t count;
	KafkaLane lanes[KAFKA_LANES_MOST];
} KafkaLanes;

/* Makes the first producer; conf (with its transactional.id, if any) is consumed. */
extern bool kafka_lanes_begin(KafkaLanes *lanes, rd_kafka_conf_t *conf, bool transactional, Error *error) MUST_CHECK;

/*
 * The lane for a topic not written to yet; borrowed.  Makes a producer if the
 * plan wants one; if that fails, which the log tells, those there are take its topics.
 */
extern const KafkaLane *kafka_lanes_take(KafkaLanes *lanes);

/* An error event that means nothing: a lane but the first, with nothing to send, has lost its connections. */
extern bool kafka_lanes_may_ignore(const KafkaLanes *lanes, const KafkaLane *lane, rd_kafka_event_t *event);

/* Records in all producers that are not reported yet. */
extern int kafka_lanes_waiting(const KafkaLanes *lanes);

/* Is no more to be put, with so many bytes of keys and values waiting? In transactions librdkafka's limit says so. */
extern bool kafka_lanes_full(const KafkaLanes *lanes, uint64_t waiting_bytes);

/* What waits should leave now. Not in transactions. */
extern void kafka_lanes_flush(const KafkaLanes *lanes);

/* Ends threads and queues, and drops what was not sent; then whoever has topics of the producers frees them. */
extern void kafka_lanes_stop(KafkaLanes *lanes);
extern void kafka_lanes_free(KafkaLanes *lanes);

#endif

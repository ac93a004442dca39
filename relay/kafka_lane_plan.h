/*
 * kafka_lane_plan.h
 *	  How many producers a sink has for its topics, and how much may wait.
 *
 * librdkafka puts one partition into a request and looks through all of a
 * producer's partitions for each, so with thousands of partitions the looking
 * costs more than the rest (docs/benchmarks.md, "Many topics").  Topics are
 * shared out to several producers then, lanes, and more may wait, so that a
 * request has more records.  Pure.
 */
#ifndef KAFKA_LANE_PLAN_H
#define KAFKA_LANE_PLAN_H

#include <stddef.h>
#include <stdint.h>

#define KAFKA_LANES_MOST 16
#define KAFKA_LANE_TOPICS 64

#define KAFKA_LANE_BYTES_FEW (10240ULL * 1024) /* keys and values that may wait while topics are few; 35 MB of memory */
#define KAFKA_LANE_BYTES_MOST (40960ULL * 1024) /* while they are many */

/*
 * The lane of the sink's topic number so and so, counted from 0 in the order
 * they are first written to.  It never changes, which keeps the order of
 * records in a partition; a lane is first used when those before it are full,
 * and beyond the last lane they take turns.
 */
extern size_t kafka_lane_plan_lane(size_t topic);

/* Bytes of keys and values that may wait in all lanes together. */
extern uint64_t kafka_lane_plan_bytes(size_t topics);

#endif

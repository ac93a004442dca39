/*
 * kafka_lane_plan.c
 *	  Arithmetic of the lanes.
 */
#include "kafka_lane_plan.h"

/* What each topic beyond the first lane's may add to what waits: some hundred records. */
#define BYTES_PER_TOPIC (64ULL * 1024)

size_t
kafka_lane_plan_lane(size_t topic)
{
	size_t lane = topic / KAFKA_LANE_TOPICS;

	return lane < KAFKA_LANES_MOST ? lane : topic % KAFKA_LANES_MOST;
}

uint64_t
kafka_lane_plan_bytes(size_t topics)
{
	uint64_t more = topics > KAFKA_LANE_TOPICS ? topics - KAFKA_LANE_TOPICS : 0;

	if (more >= (KAFKA_LANE_BYTES_MOST - KAFKA_LANE_BYTES_FEW) / BYTES_PER_TOPIC)
		return KAFKA_LANE_BYTES_MOST;
	return KAFKA_LANE_BYTES_FEW + more * BYTES_PER_TOPIC;
}

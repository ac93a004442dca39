/*
 * test_kafka_lane_plan.c
 *	  Which topic goes to which producer, and how much may wait.
 */
#include "unit.h"

#include "kafka_lane_plan.h"

static void
test_lanes(void)
{
	size_t next = 1;
	size_t topics[KAFKA_LANES_MOST] = {0};
	bool in_turn = true;

	for (size_t topic = 0; topic < 10000; topic++)
	{
		size_t lane = kafka_lane_plan_lane(topic);

		in_turn = in_turn && lane < KAFKA_LANES_MOST && lane <= next;
		next += lane == next;
		if (lane < KAFKA_LANES_MOST)
			topics[lane]++;
	}
	unit_ok(in_turn, "lanes are opened one after the other");
	unit_is_int((int64_t) next, KAFKA_LANES_MOST, "all of them for 10,000 topics");
	for (size_t lane = 0; lane < KAFKA_LANES_MOST; lane++)
		unit_ok(topics[lane] >= 624 && topics[lane] <= 626, "lane %zu has its share: %zu", lane, topics[lane]);
	unit_is_int((int64_t) kafka_lane_plan_lane(KAFKA_LANE_TOPICS - 1), 0, "one lane while topics are few");
	unit_is_int((int64_t) kafka_lane_plan_lane(KAFKA_LANE_TOPICS), 1, "and then another");
}

static void
test_bytes(void)
{
	uint64_t last = 0;
	bool grows = true;

	unit_ok(kafka_lane_plan_bytes(0) == KAFKA_LANE_BYTES_FEW && kafka_lane_plan_bytes(1) == KAFKA_LANE_BYTES_FEW &&
				kafka_lane_plan_bytes(KAFKA_LANE_TOPICS) == KAFKA_LANE_BYTES_FEW,
			"few topics: as ever");
	for (size_t topics = 0; topics < 2000; topics++)
	{
		uint64_t bytes = kafka_lane_plan_bytes(topics);

		grows = grows && bytes >= last && bytes <= KAFKA_LANE_BYTES_MOST;
		last = bytes;
	}
	unit_ok(grows && kafka_lane_plan_bytes(100) > KAFKA_LANE_BYTES_FEW, "more topics, more may wait");
	unit_ok(last == KAFKA_LANE_BYTES_MOST && kafka_lane_plan_bytes(SIZE_MAX) == last, "up to a limit");
}

int
main(void)
{
	test_lanes();
	test_bytes();
	return unit_done();
}

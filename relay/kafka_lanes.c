/*
 * kafka_lanes.c
 *	  Producers made when the plan wants them.
 */
#include "kafka_lanes.h"

#include <stdlib.h>
#include <string.h>

#include "kafka_client.h"

#define BYTES_SETTING "queue.buffering.max.kbytes"
#define RECORDS_SETTING "queue.buffering.max.messages"
/* Of each lane but the first, so that small records of many topics are bounded, too. */
#define LANE_RECORDS "10000"

/* What the user has set, in any of its spellings; NULL: nothing. */
static const char *
configured(const Config *config, const char *name)
{
	const ConfigSetting *settings = config_rdkafka(config);
	const char *value = NULL;

	for (; settings->name; settings++)
		if (strcmp(settings->name, name) == 0)
			value = settings->value;
	return value;
}

/* kafka_lanes_full() is what bounds the bytes; librdkafka's own limit stands at what it may come to. */
static void
set_limits(const KafkaLanes *lanes, rd_kafka_conf_t *conf)
{
	char text[32];

	snprintf(text, sizeof(text), "%llu", KAFKA_LANE_BYTES_MOST / 1024);
	if (lanes->set_bytes == 0 && !lanes->transactional)
		rd_kafka_conf_set(conf, BYTES_SETTING, text, NULL, 0);
	if (lanes->count > 0 && configured(lanes->config, RECORDS_SETTING) == NULL)
		rd_kafka_conf_set(conf, RECORDS_SETTING, LANE_RECORDS, NULL, 0);
}

static void
listen_to(KafkaLane *lane, int wake_fd)
{
	static const uint64_t one = 1;

	lane->queue = rd_kafka_queue_get_main(lane->producer);
	rd_kafka_set_log_queue(lane->producer, lane->queue);
	rd_kafka_queue_io_event_enable(lane->queue, wake_fd, &one, sizeof(one));
}

/* conf is consumed.  A lane that could not be made whole counts all the same if it has a producer, to be freed. */
static bool
add_lane(KafkaLanes *lanes, rd_kafka_conf_t *conf, Error *error)
{
	KafkaLane *lane = &lanes->lanes[lanes->count];

	set_limits(lanes, conf);
	rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR | RD_KAFKA_EVENT_ERROR | RD_KAFKA_EVENT_LOG);
	rd_kafka_conf_set(conf, "log.queue", "true", NULL, 0);
	lane->producer = kafka_client_new(RD_KAFKA_PRODUCER, conf, error);
	if (lane->producer == NULL)
		return false;
	lanes->count++;
	listen_to(lane, lanes->wake_fd);
	if (lanes->transactional)
		return true;
	lane->flusher = kafka_flusher_new(lane->producer, error);
	return lane->flusher != NULL;
}

bool
kafka_lanes_begin(KafkaLanes *lanes, rd_kafka_conf_t *conf, bool transactional, Error *error)
{
	const char *kbytes = configured(lanes->config, BYTES_SETTING);

	lanes->transactional = transactional;
	lanes->set_bytes = kbytes ? strtoull(kbytes, NULL, 10) * 1024 : 0;
	return add_lane(lanes, conf, error);
}

static void
stop_lane(KafkaLane *lane)
{
	kafka_flusher_free(lane->flusher);
	lane->flusher = NULL;
	if (lane->queue)
	{
		rd_kafka_queue_io_event_enable(lane->queue, -1, NULL, 0);
		rd_kafka_queue_destroy(lane->queue);
	}
	lane->queue = NULL;
	rd_kafka_purge(lane->producer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
}

static void
add_further_lane(KafkaLanes *lanes)
{
	Error error = {0};
	rd_kafka_conf_t *conf = kafka_client_conf(lanes->config, RD_KAFKA_PRODUCER, &error);
	size_t before = lanes->count;

	if (conf != NULL && add_lane(lanes, conf, &error))
	{
		log_debug(lanes->log, "%zu producers for more than %zu topics", lanes->count, lanes->topics);
		return;
	}
	log_warning(lanes->log, "no further Kafka producer, so many topics will be slow: %s", error.message);
	lanes->exhausted = true;
	if (lanes->count == before)
		return;
	stop_lane(&lanes->lanes[before]);
	rd_kafka_destroy(lanes->lanes[before].producer);
	lanes->lanes[before] = (KafkaLane){0};
	lanes->count = before;
}

const KafkaLane *
kafka_lanes_take(KafkaLanes *lanes)
{
	size_t topic = lanes->topics++;
	size_t wanted = kafka_lane_plan_lane(topic);

	if (lanes->transactional)
		return &lanes->lanes[0];
	if (wanted >= lanes->count && !lanes->exhausted)
		add_further_lane(lanes);
	return &lanes->lanes[wanted < lanes->count ? wanted : topic % lanes->count];
}

bool
kafka_lanes_may_ignore(const KafkaLanes *lanes, const KafkaLane *lane, rd_kafka_event_t *event)
{
	return lane != &lanes->lanes[0] && rd_kafka_outq_len(lane->producer) == 0 &&
		   rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN;
}

int
kafka_lanes_waiting(const KafkaLanes *lanes)
{
	int records = 0;

	for (size_t i = 0; i < lanes->count; i++)
		records += rd_kafka_outq_len(lanes->lanes[i].producer);
	return records;
}

bool
kafka_lanes_full(const KafkaLanes *lanes, uint64_t waiting_bytes)
{
	uint64_t most = lanes->set_bytes ? lanes->set_bytes : kafka_lane_plan_bytes(lanes->topics);

	return !lanes->transactional && waiting_bytes >= most && kafka_lanes_waiting(lanes) > 0;
}

void
kafka_lanes_flush(const KafkaLanes *lanes)
{
	for (size_t i = 0; i < lanes->count; i++)
		if (lanes->lanes[i].flusher && (lanes->count == 1 || rd_kafka_outq_len(lanes->lanes[i].producer) > 0))
			kafka_flusher_wake(lanes->lanes[i].flusher);
}

void
kafka_lanes_stop(KafkaLanes *lanes)
{
	for (size_t i = 0; i < lanes->count; i++)
		stop_lane(&lanes->lanes[i]);
}

void
kafka_lanes_free(KafkaLanes *lanes)
{
	for (size_t i = 0; i < lanes->count; i++)
		rd_kafka_destroy(lanes->lanes[i].producer);
	lanes->count = 0;
}

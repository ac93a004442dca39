/*
 * kafka_shortage.c
 *	  What Kafka lacks to take records: topics, leaders, replicas in sync.
 */
#include "kafka_shortage.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "kafka_client.h"

/* Settings are asked for one topic at a time: of no more than these. */
#define SUSPECTS_MAX 3

typedef struct Suspicion
{
	rd_kafka_t *producer;
	int64_t end_ms;
	int asked;
	char *why;
	size_t size;
} Suspicion;

/* The partition with the fewest replicas in sync, of those that lack some; NULL: none does. */
static const struct rd_kafka_metadata_partition *
worst_partition(const struct rd_kafka_metadata_topic *topic)
{
	const struct rd_kafka_metadata_partition *worst = NULL;

	for (int i = 0; i < topic->partition_cnt; i++)
	{
		const struct rd_kafka_metadata_partition *partition = &topic->partitions[i];

		if (partition->leader >= 0 && partition->isr_cnt >= partition->replica_cnt)
			continue;
		if (partition->leader < 0)
			return partition;
		if (worst == NULL || partition->isr_cnt < worst->isr_cnt)
			worst = partition;
	}
	return worst;
}

/* min.insync.replicas; 0: the brokers do not say. */
static int
needed_in_sync(const Suspicion *suspicion, const char *topic)
{
	int64_t left_ms = suspicion->end_ms - clock_monotonic_ms();
	Error error;
	char *value = left_ms <= 0
					  ? NULL
					  : kafka_client_setting(suspicion->producer, topic, "min.insync.replicas", (int) left_ms, &error);
	int needed = value != NULL ? atoi(value) : 0;

	free(value);
	return needed;
}

static void
tell_replicas(const Suspicion *suspicion, const char *topic, const struct rd_kafka_metadata_partition *partition,
			  int needed)
{
	char words[64] = "which may be fewer than min.insync.replicas asks for";

	if (needed > 0)
		snprintf(words, sizeof(words), "and min.insync.replicas asks for %d", needed);
	snprintf(suspicion->why, suspicion->size,
			 "of the %d replicas of topic \"%s\" partition %d only %d in sync, %s (bring the other brokers back; see "
			 "\"kafka-topics.sh --describe --under-min-isr-partitions\")",
			 partition->replica_cnt, topic, (int) partition->id, partition->isr_cnt, words);
}

/* Does this topic explain it? */
static bool
explains(Suspicion *suspicion, const struct rd_kafka_metadata_topic *topic)
{
	const struct rd_kafka_metadata_partition *partition = worst_partition(topic);
	int needed;

	if (partition == NULL)
		return false;
	if (partition->leader < 0)
	{
		snprintf(suspicion->why, suspicion->size,
				 "topic \"%s\" partition %d has no leader (bring the brokers of its replicas back; see "
				 "\"kafka-topics.sh --describe --unavailable-partitions\")",
				 topic->topic, (int) partition->id);
		return true;
	}
	if (suspicion->asked++ == SUSPECTS_MAX)
		return false;
	needed = needed_in_sync(suspicion, topic->topic);
	if (needed > 0 && partition->isr_cnt >= needed)
		return false;
	tell_replicas(suspicion, topic->topic, partition, needed);
	return true;
}

bool
kafka_shortage_explain(rd_kafka_t *producer, int timeout_ms, char *why, size_t size)
{
	Suspicion suspicion = {
		.producer = producer,
		.end_ms = clock_monotonic_ms() + timeout_ms,
		.why = why,
		.size = size,
	};
	const struct rd_kafka_metadata *metadata;
	bool found = false;

	if (rd_kafka_metadata(producer, 0, NULL, &metadata, timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	for (int i = 0; i < metadata->topic_cnt && !found; i++)
		found = explains(&suspicion, &metadata->topics[i]);
	rd_kafka_metadata_destroy(metadata);
	return found;
}

bool
kafka_shortage_topic(rd_kafka_t *producer, int timeout_ms, char *name, size_t size)
{
	const struct rd_kafka_metadata *metadata;
	bool found = false;

	if (rd_kafka_metadata(producer, 0, NULL, &metadata, timeout_ms) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	for (int i = 0; i < metadata->topic_cnt && !found; i++)
	{
		found = metadata->topics[i].err == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART;
		if (found)
			snprintf(name, size, "%s", metadata->topics[i].topic);
	}
	rd_kafka_metadata_destroy(metadata);
	return found;
}

/*
 * kafka_topic_table.h
 *	  The topics a sink has written to: made if need be, opened once.
 */
#ifndef KAFKA_TOPIC_TABLE_H
#define KAFKA_TOPIC_TABLE_H

#include <librdkafka/rdkafka.h>

#include "kafka_lanes.h"
#include "kafka_topics.h"
#include "log.h"
#include "sink.h"

/* One per topic name for the sink's life, whatever the stream forgets. */
typedef struct KafkaTopic
{
	char *name;
	rd_kafka_topic_t *handle; /* NULL before the first record: having one makes brokers create the topic their way */
	rd_kafka_t *producer;	  /* of the lane that the topic has; borrowed, set with handle */
	bool may_open;			  /* it need not be created, or was */
	bool creating;
} KafkaTopic;

/* Zero with lanes and creation set is an empty table. */
typedef struct KafkaTopicTable
{
	KafkaLanes *lanes;	   /* borrowed; results of creation arrive in the first one's queue */
	KafkaTopics *creation; /* owned; NULL: topics are not created by us */
	void *root;			   /* tsearch tree of KafkaTopic */
} KafkaTopicTable;

/* Borrowed from the table, which gets it if it is new. */
extern KafkaTopic *kafka_topic_table_find(KafkaTopicTable *table, const char *name);

/* SINK_OK: topic->handle can be used. SINK_FULL: it is being created, serve the queue and ask again. */
extern SinkResult kafka_topic_table_open(KafkaTopicTable *table, KafkaTopic *topic, Error *error) MUST_CHECK;

/* Serves the result of a creation. */
extern bool kafka_topic_table_created(rd_kafka_event_t *event, Logger *log, Error *error) MUST_CHECK;

/* Frees what is in it; before the producers are destroyed. */
extern void kafka_topic_table_free(KafkaTopicTable *table);

#endif

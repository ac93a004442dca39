/*
 * kafka_topics.h
 *	  topic.creation.*: topics made with chosen settings before their first
 *	  record, as Kafka Connect does.
 *
 * Groups are tried in the order of topic.creation.groups, `default` last; a
 * topic belongs to the first group with an include that matches the whole name
 * and no exclude that does (Kafka's documentation, "topic.creation").
 */
#ifndef KAFKA_TOPICS_H
#define KAFKA_TOPICS_H

#include <librdkafka/rdkafka.h>

#include "config.h"
#include "error.h"

typedef struct KafkaTopics KafkaTopics;

/*
 * Reads and checks topic.creation.* (ERROR_CONFIG).  NULL without an error:
 * none is configured, or topic.creation.enable is false; brokers may still
 * create topics by themselves.
 */
extern bool kafka_topics_new(const Config *config, KafkaTopics **topics, Error *error) MUST_CHECK;
extern void kafka_topics_free(KafkaTopics *topics);

/*
 * Begins to create the topic with its group's settings; the result arrives as
 * a CREATETOPICS_RESULT event in queue with `opaque`.  False: *error is set.
 */
extern bool kafka_topics_create(const KafkaTopics *topics, rd_kafka_t *client, const char *topic,
								rd_kafka_queue_t *queue, void *opaque, Error *error) MUST_CHECK;

/*
 * Reads such an event: true when the topic is there now (made, or existing
 * already).  Errors: ERROR_RETRY for what may pass, ERROR_FAILED else.
 */
extern bool kafka_topics_created(rd_kafka_event_t *event, Error *error) MUST_CHECK;

/*
 * After kafka_topics_created() failed: only for lack of rights?  The topic may
 * be there all the same, so the first record can be tried.
 */
extern bool kafka_topics_not_allowed(rd_kafka_event_t *event);

/* Creates one topic and waits: for topics of the relay's own. True also when it exists already. */
extern bool kafka_topics_ensure(rd_kafka_t *client, const char *topic, int partitions, int replication_factor,
								const char *const *settings, int timeout_ms, Error *error) MUST_CHECK;

#endif

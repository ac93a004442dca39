/*
 * kafka_client.h
 *	  librdkafka handles made from the configuration, and one-off questions to
 *	  the brokers.
 */
#ifndef KAFKA_CLIENT_H
#define KAFKA_CLIENT_H

#include <librdkafka/rdkafka.h>

#include "config.h"
#include "error.h"
#include "log.h"

/*
 * Settings of config_rdkafka() over ours.  NULL: a setting librdkafka refuses
 * (ERROR_CONFIG).  The caller owns the result.  For a consumer only what
 * concerns the connection is taken.
 */
extern rd_kafka_conf_t *kafka_client_conf(const Config *config, rd_kafka_type_t type, Error *error) MUST_CHECK;

/* A handle from conf, which is consumed in any case. NULL: *error says why. The caller owns it. */
extern rd_kafka_t *kafka_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, Error *error) MUST_CHECK;

/* A LOG event of librdkafka to our log. */
extern void kafka_client_log(Logger *log, rd_kafka_event_t *event);

typedef enum KafkaTopicState
{
	KAFKA_TOPIC_MISSING,
	KAFKA_TOPIC_EXISTS,
} KafkaTopicState;

/*
 * Asks the brokers whether a topic exists, without making them create it;
 * waits at most timeout_ms.  False: brokers away (ERROR_RETRY) or access
 * refused (ERROR_FAILED).  partitions may be NULL.
 */
extern bool kafka_client_topic(rd_kafka_t *client, const char *topic, int timeout_ms, KafkaTopicState *state,
							   int *partitions, Error *error) MUST_CHECK;

/*
 * Value of one setting of a topic or (topic NULL) of the broker that answers:
 * message.max.bytes, auto.create.topics.enable, ...  The caller frees; NULL
 * with *error set when the brokers do not say.
 */
extern char *kafka_client_setting(rd_kafka_t *client, const char *topic, const char *name, int timeout_ms,
								  Error *error) MUST_CHECK;

#endif

/*
 * kafka_health.c
 *	  What librdkafka says of its connections.
 */
#include "kafka_health.h"

#include <stdio.h>

#include "kafka_refusal.h"

bool
kafka_health_fatal(rd_kafka_t *producer, Error *error)
{
	char reason[512] = "";
	rd_kafka_resp_err_t code = rd_kafka_fatal_error(producer, reason, sizeof(reason));
	ErrorKind kind = kafka_judge(code, 1) == DELIVERY_FAILED ? ERROR_FAILED : ERROR_RETRY;

	return error_set(error, kind, "Kafka producer cannot go on: %s", reason);
}

/* Errors of the connections are told by librdkafka again and again; the log shows changes only. */
bool
kafka_health_error(KafkaHealth *health, rd_kafka_t *producer, rd_kafka_event_t *event, Error *error)
{
	rd_kafka_resp_err_t code = rd_kafka_event_error(event);
	const char *reason = rd_kafka_event_error_string(event);

	if (rd_kafka_event_error_is_fatal(event) || code == RD_KAFKA_RESP_ERR__FATAL)
		return kafka_health_fatal(producer, error);
	if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR__SSL)
	{
		error_set(error, ERROR_FAILED, "Kafka refuses the connection: %s", reason);
		error_hint(error, "Check security.protocol, sasl.* and ssl.* settings.");
		return false;
	}
	if (code != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
	{
		snprintf(health->why_down, sizeof(health->why_down), "%s", reason);
		log_debug(health->log, "Kafka: %s", reason);
		return true;
	}
	if (!health->brokers_down && rd_kafka_outq_len(producer) > 0)
		log_warning(health->log, "Kafka is away: %s", health->why_down[0] ? health->why_down : reason);
	if (health->why_down[0] == '\0')
		snprintf(health->why_down, sizeof(health->why_down), "%s", reason);
	health->brokers_down = true;
	return true;
}

void
kafka_health_good(KafkaHealth *health)
{
	if (health->brokers_down)
		log_info(health->log, "Kafka answers again");
	health->brokers_down = false;
}

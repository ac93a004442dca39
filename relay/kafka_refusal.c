/*
 * kafka_refusal.c
 *	  What a failed delivery means, and the words for it.
 */
#include "kafka_refusal.h"

#include <inttypes.h>
#include <stdio.h>

#include "dead_letter.h"

typedef struct RefusalRule
{
	rd_kafka_resp_err_t code;
	DeliveryVerdict verdict;
	const char *hint;
} RefusalRule;

static const char too_large_hint[] =
	"Raise max.message.bytes of the topic (message.max.bytes of the brokers) and producer.override.max.request.size, "
	"or set errors.tolerance=all to drop such records, or to park them in errors.deadletterqueue.topic.name.";
static const char batch_too_large_hint[] =
	"The topic's max.message.bytes is below our batches: lower producer.override.batch.size to fit it.";
static const char missing_topic_hint[] =
	"Create it, let the brokers (auto.create.topics.enable), or set topic.creation.default.partitions and "
	"topic.creation.default.replication.factor.";
static const char right_hint[] = "Allow the principal to write to the topic.";
static const char cluster_hint[] =
	"Allow the principal to write: the idempotent producer needs WRITE on the topics, and before "
	"Kafka 2.8 IDEMPOTENT_WRITE on the cluster.";

static const RefusalRule rules[] = {
	{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, DELIVERY_REFUSED, too_large_hint},
	{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, DELIVERY_REFUSED, too_large_hint},
	{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, DELIVERY_REFUSED, missing_topic_hint},
	{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, DELIVERY_REFUSED, missing_topic_hint},
	{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, DELIVERY_REFUSED,
	 "The topic has fewer partitions than the record asks for."},
	{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, DELIVERY_REFUSED, "Kafka does not allow this name for a topic."},
	{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, DELIVERY_REFUSED, right_hint},
	{RD_KAFKA_RESP_ERR_POLICY_VIOLATION, DELIVERY_REFUSED, "A policy of the brokers is against it."},
	{RD_KAFKA_RESP_ERR_INVALID_RECORD, DELIVERY_REFUSED, "A compacted topic takes no records without key."},
	{RD_KAFKA_RESP_ERR_INVALID_MSG, DELIVERY_RETRY, NULL},
	{RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, DELIVERY_REFUSED,
	 "The record's timestamp is outside of what the topic allows."},
	{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, DELIVERY_FAILED, cluster_hint},
	{RD_KAFKA_RESP_ERR_UNSUPPORTED_COMPRESSION_TYPE, DELIVERY_FAILED, "Choose another compression.type."},
	{RD_KAFKA_RESP_ERR__AUTHENTICATION, DELIVERY_FAILED, "Check sasl.* and ssl.* settings."},
	{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, DELIVERY_FAILED, "Check sasl.* settings."},
};

static const RefusalRule *
find_rule(rd_kafka_resp_err_t code)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
	{
		if (rules[i].code == code)
			return &rules[i];
	}
	return NULL;
}

static bool
is_too_large(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

DeliveryVerdict
kafka_judge(rd_kafka_resp_err_t code, size_t batch_size)
{
	const RefusalRule *rule = find_rule(code);

	if (rule && is_too_large(code) && batch_size > 1)
		return DELIVERY_FAILED;
	return rule ? rule->verdict : DELIVERY_RETRY;
}

bool
kafka_refusal_may_pass(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART ||
		   code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION || code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED ||
		   code == RD_KAFKA_RESP_ERR_POLICY_VIOLATION;
}

bool
kafka_refusal_is_purge(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR__PURGE_QUEUE || code == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
}

static void
describe_source(const RefusedRecord *refused, char *text, size_t size)
{
	uint64_t first = refused->first_source_lsn;
	uint64_t last = refused->last_source_lsn;

	if (last == 0)
		snprintf(text, size, "not known");
	else if (first == last)
		snprintf(text, size, "%X/%X", (unsigned int) (last >> 32), (unsigned int) last);
	else
		snprintf(text, size, "%X/%X to %X/%X", (unsigned int) (first >> 32), (unsigned int) first,
				 (unsigned int) (last >> 32), (unsigned int) last);
}

bool
kafka_describe_refusal(const RefusedRecord *refused, ErrorKind kind, Error *error)
{
	const RefusalRule *rule = find_rule(refused->code);
	const char *reason = refused->reason ? refused->reason : rd_kafka_err2str(refused->code);
	char excerpt[256];
	char key[320] = "null key";
	char value[48] = "null value";
	char source[64];

	if (refused->key.data != NULL)
		snprintf(key, sizeof(key), "key of %zu bytes%s", refused->key.size,
				 dead_letter_excerpt(refused->key, excerpt, sizeof(excerpt)));
	if (refused->value.data != NULL)
		snprintf(value, sizeof(value), "value of %zu bytes", refused->value.size);
	describe_source(refused, source, sizeof(source));
	error_set(error, kind, "%s a record %s topic \"%s\" (%s, %s, source LSN %s): %s",
			  kind == ERROR_RETRY ? "could not deliver" : "Kafka does not take", kind == ERROR_RETRY ? "to" : "for",
			  refused->topic, key, value, source, reason);
	if (is_too_large(refused->code) && refused->batch_size > 1)
		error_hint(error, "%s", batch_too_large_hint);
	else if (rule && rule->hint)
		error_hint(error, "%s", rule->hint);
	return false;
}

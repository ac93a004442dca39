/*
 * kafka_parking.c
 *	  A list of copies, handed to librdkafka as soon as it takes them.
 */
#include "kafka_parking.h"

#include <stdlib.h>
#include <string.h>

#include "kafka_topics.h"
#include "memory.h"

#define TOPIC_TIMEOUT_MS 5000

typedef struct Parked
{
	struct Parked *next;
	rd_kafka_headers_t *headers; /* NULL: none */
	uint64_t ticket;
	bool has_key;
	bool has_value;
	size_t key_size;
	size_t value_size;
	char bytes[]; /* key, value */
} Parked;

struct KafkaParking
{
	rd_kafka_t *producer;
	const DeadLetterPolicy *policy;
	uint64_t *waiting_bytes;
	Logger *log;
	rd_kafka_topic_t *topic; /* NULL before the first record */
	Parked *first;
	Parked **last;
};

KafkaParking *
kafka_parking_new(rd_kafka_t *producer, const DeadLetterPolicy *policy, uint64_t *waiting_bytes, Logger *log)
{
	KafkaParking *parking = bytes_alloc_zero(1, sizeof(KafkaParking));

	parking->producer = producer;
	parking->policy = policy;
	parking->waiting_bytes = waiting_bytes;
	parking->log = log;
	parking->last = &parking->first;
	return parking;
}

static void
free_parked(Parked *parked)
{
	if (parked->headers != NULL)
		rd_kafka_headers_destroy(parked->headers);
	free(parked);
}

/* Takes the first out of the list. */
static void
remove_first(KafkaParking *parking)
{
	Parked *parked = parking->first;

	parking->first = parked->next;
	if (parking->first == NULL)
		parking->last = &parking->first;
	free_parked(parked);
}

void
kafka_parking_free(KafkaParking *parking)
{
	if (parking == NULL)
		return;
	while (parking->first != NULL)
		remove_first(parking);
	if (parking->topic != NULL)
		rd_kafka_topic_destroy(parking->topic);
	free(parking);
}

bool
kafka_parking_waits(const KafkaParking *parking)
{
	return parking->first != NULL;
}

/* ---- taking ---- */

/* Java's names, which those who read dead letter topics look for. */
static const char *
exception_of(rd_kafka_resp_err_t code)
{
	static const struct
	{
		rd_kafka_resp_err_t code;
		const char *name;
	} names[] = {
		{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, "org.apache.kafka.common.errors.RecordTooLargeException"},
		{RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE, "org.apache.kafka.common.errors.RecordBatchTooLargeException"},
		{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, "org.apache.kafka.common.errors.UnknownTopicOrPartitionException"},
		{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, "org.apache.kafka.common.errors.UnknownTopicOrPartitionException"},
		{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, "org.apache.kafka.common.errors.UnknownTopicOrPartitionException"},
		{RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION, "org.apache.kafka.common.errors.InvalidTopicException"},
		{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, "org.apache.kafka.common.errors.TopicAuthorizationException"},
		{RD_KAFKA_RESP_ERR_POLICY_VIOLATION, "org.apache.kafka.common.errors.PolicyViolationException"},
		{RD_KAFKA_RESP_ERR_INVALID_RECORD, "org.apache.kafka.common.InvalidRecordException"},
		{RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP, "org.apache.kafka.common.errors.InvalidTimestampException"},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].code == code)
			return names[i].name;
	return "org.apache.kafka.common.KafkaException";
}

/* The record's own headers, and what happened. */
static rd_kafka_headers_t *
make_headers(const KafkaParking *parking, const RefusedRecord *refused, const char *words,
			 const rd_kafka_headers_t *headers)
{
	DeadLetter letter = {
		.topic = refused->topic,
		.partition = refused->partition,
		.lsn = refused->first_source_lsn,
		.stage = "KAFKA_PRODUCE",
		.class_name = "org.apache.kafka.connect.runtime.WorkerSourceTask",
		.exception = exception_of(refused->code),
		.message = words,
	};
	FrameHeaderField fields[DEAD_LETTER_HEADERS];
	size_t count = dead_letter_headers(&letter, parking->policy, fields);
	rd_kafka_headers_t *made = headers != NULL ? rd_kafka_headers_copy(headers) : NULL;

	if (made == NULL && count > 0)
		made = rd_kafka_headers_new(count);
	for (size_t i = 0; i < count; i++)
		rd_kafka_header_add(made, fields[i].name, (ssize_t) fields[i].name_size, fields[i].value,
							(ssize_t) fields[i].value_size);
	return made;
}

static bool
is_too_large(rd_kafka_resp_err_t code)
{
	return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE || code == RD_KAFKA_RESP_ERR_RECORD_LIST_TOO_LARGE;
}

bool
kafka_parking_take(KafkaParking *parking, const RefusedRecord *refused, const char *words,
				   const rd_kafka_headers_t *headers, uint64_t ticket)
{
	bool again = strcmp(refused->topic, parking->policy->topic) == 0;
	bool with_value = refused->value.data != NULL && !(is_too_large(refused->code) && (again || refused->by_producer));
	size_t key_size = refused->key.data != NULL ? refused->key.size : 0;
	size_t value_size = with_value ? refused->value.size : 0;
	Parked *parked;

	if (again && (!is_too_large(refused->code) || refused->value.data == NULL))
		return false;
	parked = bytes_alloc_zero(1, sizeof(Parked) + key_size + value_size);
	parked->ticket = ticket;
	parked->has_key = refused->key.data != NULL;
	parked->has_value = with_value;
	parked->key_size = key_size;
	parked->value_size = value_size;
	if (key_size > 0)
		memcpy(parked->bytes, refused->key.data, key_size);
	if (value_size > 0)
		memcpy(parked->bytes + key_size, refused->value.data, value_size);
	/* one that comes again has its story in its headers */
	parked->headers = again ? (headers != NULL ? rd_kafka_headers_copy(headers) : NULL)
							: make_headers(parking, refused, words, headers);
	*parking->last = parked;
	parking->last = &parked->next;
	return true;
}

Fate
kafka_parking_let_go(KafkaParking *parking, const RefusedRecord *refused, const rd_kafka_headers_t *headers,
					 uint64_t ticket, uint64_t *parked, uint64_t *dropped, Error *error)
{
	const DeadLetterPolicy *policy = parking->policy;
	bool park = policy->topic != NULL;
	char value[1024] = "";
	Error words;

	kafka_describe_refusal(refused, ERROR_NONE, &words);
	if (park && !kafka_parking_take(parking, refused, words.message, headers, ticket))
	{
		kafka_describe_refusal(refused, ERROR_FAILED, error);
		return FATE_ERROR;
	}
	if (policy->log_contents)
		dead_letter_excerpt(refused->value, value, sizeof(value));
	log_line(parking->log,
			 !park						   ? LOG_ERROR
			 : policy->log || *parked == 0 ? LOG_WARNING
										   : LOG_DEBUG,
			 "record %s: %s%s%s", park ? "parked" : "dropped", words.message, value[0] != '\0' ? "; its value:" : "",
			 value);
	if (park)
		(*parked)++;
	else
		(*dropped)++;
	return park ? FATE_PARKED : FATE_DROPPED;
}

/* ---- sending ---- */

/* Asks for all topics, since asking for one may make brokers create it their way. */
static bool
topic_is_there(const KafkaParking *parking)
{
	const struct rd_kafka_metadata *metadata;
	bool there = false;

	if (rd_kafka_metadata(parking->producer, 1, NULL, &metadata, TOPIC_TIMEOUT_MS) != RD_KAFKA_RESP_ERR_NO_ERROR)
		return false;
	for (int i = 0; i < metadata->topic_cnt && !there; i++)
		there = strcmp(metadata->topics[i].topic, parking->policy->topic) == 0;
	rd_kafka_metadata_destroy(metadata);
	return there;
}

/* One that is there and that we must not see cannot be made either. */
static bool
make_topic(const KafkaParking *parking, Error *error)
{
	static const char *const settings[] = {NULL};
	const DeadLetterPolicy *policy = parking->policy;

	if (topic_is_there(parking))
		return true;
	log_info(parking->log, "creating dead letter topic \"%s\"", policy->topic);
	if (kafka_topics_ensure(parking->producer, policy->topic, 1, policy->replication_factor, settings, TOPIC_TIMEOUT_MS,
							error))
		return true;
	if (error->kind == ERROR_FAILED)
		error_hint(error, "create the dead letter topic and allow to describe it and to write to it, or set "
						  "errors.deadletterqueue.topic.replication.factor to at most the number of brokers");
	return false;
}

static bool
prepare_topic(KafkaParking *parking, Error *error)
{
	const char *name = parking->policy->topic;

	if (parking->topic != NULL)
		return true;
	parking->topic = rd_kafka_topic_new(parking->producer, name, NULL);
	if (parking->topic == NULL)
		return error_set(error, ERROR_FAILED, "cannot write to dead letter topic \"%s\": %s", name,
						 rd_kafka_err2str(rd_kafka_last_error()));
	if (make_topic(parking, error))
		return true;
	rd_kafka_topic_destroy(parking->topic);
	parking->topic = NULL;
	return false;
}

static rd_kafka_error_t *
produce(const KafkaParking *parking, const Parked *parked)
{
	const char *key = parked->has_key ? parked->bytes : NULL;
	const char *value = parked->has_value ? parked->bytes + parked->key_size : NULL;
	rd_kafka_vu_t parts[] = {
		{.vtype = RD_KAFKA_VTYPE_RKT, .u.rkt = parking->topic},
		{.vtype = RD_KAFKA_VTYPE_KEY, .u.mem = {(void *) key, parked->key_size}},
		{.vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = {(void *) value, parked->value_size}},
		{.vtype = RD_KAFKA_VTYPE_MSGFLAGS, .u.i = RD_KAFKA_MSG_F_COPY},
		{.vtype = RD_KAFKA_VTYPE_OPAQUE, .u.ptr = (void *) (uintptr_t) parked->ticket},
		{.vtype = RD_KAFKA_VTYPE_HEADERS, .u.headers = parked->headers},
	};
	size_t count = sizeof(parts) / sizeof(parts[0]);

	return rd_kafka_produceva(parking->producer, parts, parked->headers != NULL ? count : count - 1);
}

bool
kafka_parking_send(KafkaParking *parking, Error *error)
{
	while (parking->first != NULL)
	{
		Parked *parked = parking->first;
		rd_kafka_error_t *failure;
		bool full;

		if (!prepare_topic(parking, error))
			return false;
		failure = produce(parking, parked);
		if (failure == NULL)
		{
			*parking->waiting_bytes += parked->key_size + parked->value_size;
			parked->headers = NULL; /* librdkafka's now */
			remove_first(parking);
			continue;
		}
		full = rd_kafka_error_code(failure) == RD_KAFKA_RESP_ERR__QUEUE_FULL;
		if (!full)
			error_set(error,
					  kafka_judge(rd_kafka_error_code(failure), 1) == DELIVERY_RETRY ? ERROR_RETRY : ERROR_FAILED,
					  "could not write to dead letter topic \"%s\": %s", parking->policy->topic,
					  rd_kafka_error_string(failure));
		rd_kafka_error_destroy(failure);
		return full;
	}
	return true;
}

/*
 * kafka_refusal.h
 *	  What a failed delivery means, and the words for it.
 */
#ifndef KAFKA_REFUSAL_H
#define KAFKA_REFUSAL_H

#include <librdkafka/rdkafka.h>

#include "error.h"
#include "frame_reader.h"

typedef enum DeliveryVerdict
{
	DELIVERY_RETRY,	  /* nothing about the record: start over with a new producer */
	DELIVERY_REFUSED, /* Kafka does not take this record, now or later: errors.tolerance decides */
	DELIVERY_FAILED,  /* Kafka takes nothing from us: no use in going on */
} DeliveryVerdict;

/*
 * batch_size: how many records failed together.  A batch that is too large
 * says nothing about the records in it, unless it held a single one.
 */
extern DeliveryVerdict kafka_judge(rd_kafka_resp_err_t code, size_t batch_size);

/* One record that was not taken. */
typedef struct RefusedRecord
{
	const char *topic;
	rd_kafka_resp_err_t code;
	const char *reason;		   /* NULL: librdkafka's text for code */
	size_t batch_size;		   /* records that failed together */
	Bytes key;				   /* data NULL: null */
	Bytes value;			   /* likewise */
	int32_t partition;		   /* -1: not known */
	bool by_producer;		   /* by librdkafka, before it was sent */
	uint64_t first_source_lsn; /* it comes from between these two, which are equal if known exactly; 0: not known */
	uint64_t last_source_lsn;
} RefusedRecord;

/* May the reason pass without a change of the record: a right given, a topic made? */
extern bool kafka_refusal_may_pass(rd_kafka_resp_err_t code);

/* Was the record given up by librdkafka along with its transaction? */
extern bool kafka_refusal_is_purge(rd_kafka_resp_err_t code);

/* Sets error (or, with kind ERROR_NONE, only its texts for a log line). Returns false. */
extern bool kafka_describe_refusal(const RefusedRecord *refused, ErrorKind kind, Error *error);

#endif

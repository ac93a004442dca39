/*
 * kafka_record.h
 *	  Key, value and headers of a record in the form librdkafka takes.
 */
#ifndef KAFKA_RECORD_H
#define KAFKA_RECORD_H

#include <librdkafka/rdkafka.h>

#include "bytes.h"
#include "sink.h"

/* Where keys and values are put together; used again for each record. */
typedef struct KafkaScratch
{
	Buffer key;
	Buffer value;
} KafkaScratch;

/* Borrowed from the record or the scratch; data NULL: a null key. */
extern Bytes kafka_record_key(KafkaScratch *scratch, const FrameRecord *record);

/*
 * The value (data NULL: a tombstone), and in *flags who owns it: librdkafka
 * copies a small one beside its own message in one allocation, and is given a
 * large one to free (RD_KAFKA_MSG_F_FREE; the caller's to free if it is not
 * taken).
 */
extern Bytes kafka_record_value(KafkaScratch *scratch, const SinkRecord *sink_record, int *flags);

/* The caller's, until librdkafka takes them; NULL: none.  Makes the header set's own form at its first use. */
extern rd_kafka_headers_t *kafka_record_headers(const FrameRecord *record);

#endif

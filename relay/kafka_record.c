/*
 * kafka_record.c
 *	  Key, value and headers of a record in the form librdkafka takes.
 */
#include "kafka_record.h"

#include "record_bytes.h"

/* Values up to this size are put together in one buffer and copied, larger ones where librdkafka can keep them. */
#define COPIED_VALUE_SIZE 16384

static void
add_headers(rd_kafka_headers_t *headers, const FrameHeaderField *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		rd_kafka_header_add(headers, fields[i].name, (ssize_t) fields[i].name_size, fields[i].value,
							(ssize_t) fields[i].value_size);
}

rd_kafka_headers_t *
kafka_record_headers(const FrameRecord *record)
{
	FrameHeaderset *headerset = record->headerset;
	bool own_first = record->own_header_count > 0 && !(record->flags & RECORD_HEADERS_AFTER);
	rd_kafka_headers_t *headers;

	if (headerset && headerset->sink_headers == NULL)
	{
		headerset->sink_headers = rd_kafka_headers_new(headerset->count);
		add_headers(headerset->sink_headers, headerset->fields, headerset->count);
	}
	if (headerset && !own_first)
		headers = rd_kafka_headers_copy(headerset->sink_headers);
	else if (record->own_header_count > 0)
		headers = rd_kafka_headers_new(record->own_header_count + (headerset ? headerset->count : 0));
	else
		return NULL;
	add_headers(headers, record->own_headers, record->own_header_count);
	if (headerset && own_first)
		add_headers(headers, headerset->fields, headerset->count);
	return headers;
}

Bytes
kafka_record_key(KafkaScratch *scratch, const FrameRecord *record)
{
	if (record->flags & RECORD_NULL_KEY)
		return (Bytes){NULL, 0};
	if (record->key_schema.size == 0)
		return record->key;
	scratch->key.size = 0;
	record_append_key(&scratch->key, record);
	return (Bytes){scratch->key.data, scratch->key.size};
}

Bytes
kafka_record_value(KafkaScratch *scratch, const SinkRecord *sink_record, int *flags)
{
	const FrameRecord *record = sink_record->record;
	Buffer large = {0};

	*flags = RD_KAFKA_MSG_F_COPY;
	if (record->flags & RECORD_NULL_VALUE)
		return (Bytes){NULL, 0};
	if (record_value_is_plain(record))
		return record->value;
	if (record->value_schema.size + record->value.size <= COPIED_VALUE_SIZE)
	{
		scratch->value.size = 0;
		record_append_value(&scratch->value, sink_record);
		return (Bytes){scratch->value.data, scratch->value.size};
	}
	record_append_value(&large, sink_record);
	*flags = RD_KAFKA_MSG_F_FREE;
	return (Bytes){large.data, large.size};
}

/*
 * held_record.c
 *	  Deep copies of records, into one buffer that is used again.
 */
#include "held_record.h"

#include <stdlib.h>
#include <string.h>

/* Where the copy's bytes go; enough room was reserved, so nothing moves. */
static const char *
keep(HeldRecord *held, const char *data, size_t size)
{
	char *at = held->bytes.data + held->bytes.size;

	if (data == NULL)
		return NULL;
	memcpy(at, data, size);
	at[size] = '\0';
	held->bytes.size += size + 1;
	return at;
}

static Bytes
keep_bytes(HeldRecord *held, Bytes bytes)
{
	return (Bytes){.data = keep(held, bytes.data, bytes.size), .size = bytes.size};
}

static size_t
fields_size(const FrameHeaderField *fields, size_t count)
{
	size_t size = 0;

	for (size_t i = 0; i < count; i++)
		size += fields[i].name_size + fields[i].value_size + 2;
	return size;
}

static size_t
total_size(const FrameRecord *record)
{
	size_t size = record->key.size + record->value.size + record->key_schema.size + record->value_schema.size + 4;

	size += record->topic->size + 1;
	size += fields_size(record->own_headers, record->own_header_count);
	if (record->headerset != NULL)
		size += fields_size(record->headerset->fields, record->headerset->count);
	if (record->relation != NULL)
		size += strlen(record->relation->schema_name) + strlen(record->relation->table_name) + 2;
	return size;
}

static void
keep_fields(HeldRecord *held, FrameHeaderField *to, const FrameHeaderField *from, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		to[i] = from[i];
		to[i].name = keep(held, from[i].name, from[i].name_size);
		to[i].value = keep(held, from[i].value, from[i].value_size);
	}
}

static void
keep_headerset(HeldRecord *held, const FrameHeaderset *headerset)
{
	if (held->field_room < headerset->count)
	{
		held->fields = bytes_realloc(held->fields, headerset->count * sizeof(FrameHeaderField));
		held->field_room = headerset->count;
	}
	keep_fields(held, held->fields, headerset->fields, headerset->count);
	held->headerset = (FrameHeaderset){.fields = held->fields, .count = headerset->count};
	held->record.headerset = &held->headerset;
}

static void
keep_relation(HeldRecord *held, const FrameRelation *relation)
{
	held->relation.oid = relation->oid;
	held->relation.schema_name = (char *) keep(held, relation->schema_name, strlen(relation->schema_name));
	held->relation.table_name = (char *) keep(held, relation->table_name, strlen(relation->table_name));
	held->record.relation = &held->relation;
}

void
held_record_copy(HeldRecord *held, const FrameRecord *record)
{
	held->bytes.size = 0;
	buffer_reserve(&held->bytes, total_size(record));
	held->record = *record;
	held->record.key = keep_bytes(held, record->key);
	held->record.value = keep_bytes(held, record->value);
	held->record.key_schema = keep_bytes(held, record->key_schema);
	held->record.value_schema = keep_bytes(held, record->value_schema);
	keep_fields(held, held->record.own_headers, record->own_headers, record->own_header_count);
	held->topic = (FrameTopic){.size = record->topic->size};
	held->topic.name = (char *) keep(held, record->topic->name, record->topic->size);
	held->record.topic = &held->topic;
	if (record->headerset != NULL)
		keep_headerset(held, record->headerset);
	if (record->relation != NULL)
		keep_relation(held, record->relation);
}

void
held_record_release(HeldRecord *held, Sink *sink)
{
	if (held->topic.sink_topic != NULL)
		sink->methods->topic_forgotten(sink, &held->topic);
	if (held->headerset.sink_headers != NULL)
		sink->methods->headerset_forgotten(sink, &held->headerset);
	held->topic.sink_topic = NULL;
	held->headerset.sink_headers = NULL;
}

void
held_record_free(HeldRecord *held)
{
	buffer_free(&held->bytes);
	free(held->fields);
}

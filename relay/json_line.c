/*
 * json_line.c
 *	  One record as a line of JSON.
 *
 * Bytes that are JSON are spliced in and never re-rendered.  Two kinds of JSON
 * cannot be: the bare word null, which would read as a null record, and text
 * with a line feed, which would break the line.  They go as base64, as bytes
 * do that are not JSON.
 */
#include "json_line.h"

/* ,"name": with another character than the comma for the first. */
static void
append_member(Buffer *buffer, char before, const char *name)
{
	buffer_append(buffer, &before, 1);
	buffer_append_json_string(buffer, name, strlen(name));
	buffer_append(buffer, ":", 1);
}

/* Bytes as a JSON string if they are text. */
static void
append_string(Buffer *buffer, const char *data, size_t size)
{
	if (bytes_are_utf8(data, size))
		buffer_append_json_string(buffer, data, size);
	else
	{
		append_member(buffer, '{', "base64");
		buffer_append_json_base64(buffer, data, size);
		buffer_append_text(buffer, "}");
	}
}

static bool
can_be_spliced(const char *data, size_t size, bool opaque)
{
	return !opaque && size > 0 && !(size == 4 && memcmp(data, "null", 4) == 0) && memchr(data, '\n', size) == NULL;
}

/*
 * The bytes from bytes_at on have just been appended as the member that begins
 * at `member`; makes it a base64 member where they cannot stand as they are.
 */
static void
finish_member(Buffer *buffer, const char *base64_name, size_t member, size_t bytes_at, bool opaque)
{
	size_t size = buffer->size - bytes_at;
	Buffer copy = {0};

	if (can_be_spliced(buffer->data + bytes_at, size, opaque))
		return;
	buffer_append(&copy, buffer->data + bytes_at, size);
	buffer->size = member;
	append_member(buffer, ',', base64_name);
	buffer_append_json_base64(buffer, copy.data, copy.size);
	buffer_free(&copy);
}

static void
append_key(Buffer *buffer, const FrameRecord *record)
{
	size_t member = buffer->size;
	size_t bytes_at;

	append_member(buffer, ',', "key");
	if (record->flags & RECORD_NULL_KEY)
	{
		buffer_append_text(buffer, "null");
		return;
	}
	bytes_at = buffer->size;
	record_append_key(buffer, record);
	finish_member(buffer, "key_base64", member, bytes_at, record->flags & RECORD_KEY_OPAQUE);
}

static void
append_value(Buffer *buffer, const SinkRecord *sink_record)
{
	const FrameRecord *record = sink_record->record;
	size_t member = buffer->size;
	size_t bytes_at;

	append_member(buffer, ',', "value");
	if (record->flags & RECORD_NULL_VALUE)
	{
		buffer_append_text(buffer, "null");
		return;
	}
	bytes_at = buffer->size;
	record_append_value(buffer, sink_record);
	finish_member(buffer, "value_base64", member, bytes_at, record->flags & RECORD_VALUE_OPAQUE);
}

/* ---- headers ---- */

typedef struct HeaderList
{
	const FrameHeaderField *parts[2];
	size_t counts[2];
} HeaderList;

static HeaderList
headers_in_order(const FrameRecord *record)
{
	size_t own = record->flags & RECORD_HEADERS_AFTER ? 1 : 0;
	HeaderList list = {{NULL, NULL}, {0, 0}};

	list.parts[own] = record->own_headers;
	list.counts[own] = record->own_header_count;
	if (record->headerset)
	{
		list.parts[1 - own] = record->headerset->fields;
		list.counts[1 - own] = record->headerset->count;
	}
	return list;
}

static const FrameHeaderField *
header_at(const HeaderList *list, size_t i)
{
	return i < list->counts[0] ? &list->parts[0][i] : &list->parts[1][i - list->counts[0]];
}

/* Few headers stand on a record, so comparing all pairs is the fast way. */
static bool
a_name_repeats(const HeaderList *list)
{
	size_t count = list->counts[0] + list->counts[1];

	for (size_t i = 0; i < count; i++)
	{
		const FrameHeaderField *one = header_at(list, i);

		for (size_t j = 0; j < i; j++)
		{
			const FrameHeaderField *other = header_at(list, j);

			if (one->name_size == other->name_size && memcmp(one->name, other->name, one->name_size) == 0)
				return true;
		}
	}
	return false;
}

static void
append_header(Buffer *buffer, const FrameHeaderField *field, bool as_pair)
{
	if (as_pair)
		buffer_append_text(buffer, "[");
	buffer_append_json_string(buffer, field->name, field->name_size);
	buffer_append_text(buffer, as_pair ? "," : ":");
	if (field->value)
		append_string(buffer, field->value, field->value_size);
	else
		buffer_append_text(buffer, "null");
	if (as_pair)
		buffer_append_text(buffer, "]");
}

static void
append_headers(Buffer *buffer, const FrameRecord *record)
{
	HeaderList list = headers_in_order(record);
	size_t count = list.counts[0] + list.counts[1];
	bool as_pairs;

	if (count == 0)
		return;
	as_pairs = a_name_repeats(&list);
	append_member(buffer, ',', "headers");
	buffer_append_text(buffer, as_pairs ? "[" : "{");
	for (size_t i = 0; i < count; i++)
	{
		if (i > 0)
			buffer_append_text(buffer, ",");
		append_header(buffer, header_at(&list, i), as_pairs);
	}
	buffer_append_text(buffer, as_pairs ? "]" : "}");
}

/* ---- lines ---- */

static void
append_topic(Buffer *buffer, const char *topic, size_t size)
{
	append_member(buffer, '{', "topic");
	buffer_append_json_string(buffer, topic, size);
}

static void
append_number(Buffer *buffer, const char *name, int64_t number)
{
	append_member(buffer, ',', name);
	buffer_append_integer(buffer, number);
}

void
json_line_append(Buffer *buffer, const SinkRecord *sink_record)
{
	const FrameRecord *record = sink_record->record;

	append_topic(buffer, record->topic->name, record->topic->size);
	append_key(buffer, record);
	append_value(buffer, sink_record);
	append_headers(buffer, record);
	if (record->partition >= 0)
		append_number(buffer, "partition", record->partition);
	if (record->timestamp_ms >= 0)
		append_number(buffer, "timestamp", record->timestamp_ms);
	buffer_append(buffer, "}\n", 2);
}

static void
append_raw_member(Buffer *buffer, const char *name, const char *base64_name, Bytes bytes)
{
	const char *data = bytes.data;
	bool spliced = data == NULL || (bytes.size > 0 && (data[0] == '{' || data[0] == '['));

	append_member(buffer, ',', spliced ? name : base64_name);
	if (data == NULL)
		buffer_append_text(buffer, "null");
	else if (spliced)
		buffer_append(buffer, data, bytes.size);
	else
		buffer_append_json_base64(buffer, data, bytes.size);
}

void
json_line_append_raw(Buffer *buffer, const char *topic, int32_t partition, Bytes key, Bytes value)
{
	append_topic(buffer, topic, strlen(topic));
	append_raw_member(buffer, "key", "key_base64", key);
	append_raw_member(buffer, "value", "value_base64", value);
	if (partition >= 0)
		append_number(buffer, "partition", partition);
	buffer_append(buffer, "}\n", 2);
}

/*-------------------------------------------------------------------------
 *
 * json_line.c
 *	  See json_line.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "frame_format.h"
#include "json_line.h"

/* A position in headers in wire form: u16 count, then string name, i32 length, bytes. */
typedef struct HeaderCursor
{
	const unsigned char *at;
	int left;
	const char *name;
	Size name_size;
	const char *value; /* NULL: null */
	Size value_size;
} HeaderCursor;

static uint32
get_u32(const unsigned char *at)
{
	return (uint32) at[0] | (uint32) at[1] << 8 | (uint32) at[2] << 16 | (uint32) at[3] << 24;
}

static HeaderCursor
header_cursor(const char *wire)
{
	HeaderCursor cursor = {0};

	if (wire != NULL)
	{
		cursor.at = (const unsigned char *) wire + 2;
		cursor.left = cursor.at[-2] | cursor.at[-1] << 8;
	}
	return cursor;
}

static bool
header_next(HeaderCursor *cursor)
{
	int32 size;

	if (cursor->left-- <= 0)
		return false;
	cursor->name_size = get_u32(cursor->at);
	cursor->name = (const char *) cursor->at + 4;
	cursor->at += 4 + cursor->name_size;
	size = (int32) get_u32(cursor->at);
	cursor->at += 4;
	cursor->value = size < 0 ? NULL : (const char *) cursor->at;
	cursor->value_size = Max(size, 0);
	cursor->at += cursor->value_size;
	return true;
}

static bool
is_utf8(const char *bytes, Size size)
{
	const unsigned char *at = (const unsigned char *) bytes;
	const unsigned char *end = at + size;

	while (at < end)
	{
		int length = pg_utf_mblen(at);

		if (length > end - at || !pg_utf8_islegal(at, length))
			return false;
		at += length;
	}
	return true;
}

static void
write_header_value(JsonWriter *writer, const HeaderCursor *header)
{
	if (header->value == NULL)
		json_null(writer);
	else if (is_utf8(header->value, header->value_size))
		json_string(writer, header->value, header->value_size);
	else
	{
		json_literal(writer, JSON_FIRST("base64"));
		json_base64(writer, header->value, header->value_size, false);
		json_char(writer, '}');
	}
}

/* Does a name occur twice?  Then the headers are a list of pairs. */
static bool
names_repeat(const char *const wires[2])
{
	for (int outer = 0; outer < 2; outer++)
	{
		HeaderCursor a = header_cursor(wires[outer]);

		while (header_next(&a))
			for (int inner = 0; inner < 2; inner++)
			{
				HeaderCursor b = header_cursor(wires[inner]);

				while (header_next(&b))
					if (a.name != b.name && a.name_size == b.name_size && memcmp(a.name, b.name, a.name_size) == 0)
						return true;
			}
	}
	return false;
}

static void
write_headers(JsonWriter *writer, const JsonLine *record)
{
	const char *set = record->headers ? record->headers->bytes : NULL;
	const char *own = record->own_headers_size > 0 ? record->own_headers : NULL;
	bool after = (record->flags & RECORD_HEADERS_AFTER) != 0;
	const char *const wires[2] = {after ? set : own, after ? own : set};
	bool pairs = names_repeat(wires);
	int count = 0;

	for (int i = 0; i < 2; i++)
	{
		HeaderCursor header = header_cursor(wires[i]);

		while (header_next(&header))
		{
			if (count++ > 0)
				json_char(writer, ',');
			else
			{
				json_literal(writer, JSON_NEXT("headers"));
				json_char(writer, pairs ? '[' : '{');
			}
			if (pairs)
				json_char(writer, '[');
			json_string(writer, header.name, header.name_size);
			json_char(writer, pairs ? ',' : ':');
			write_header_value(writer, &header);
			if (pairs)
				json_char(writer, ']');
		}
	}
	if (count > 0)
		json_char(writer, pairs ? ']' : '}');
}

/* Key or value: spliced if it is JSON, in base64 otherwise. */
static void
write_part(JsonWriter *writer, const char *name, const char *base64_name, bool is_null, bool opaque,
		   const DictionaryEntry *schema, const char *bytes, Size size)
{
	bool four_letters = schema == NULL && size == 4 && memcmp(bytes, "null", 4) == 0;

	json_char(writer, ',');
	if (!is_null && (opaque || four_letters))
	{
		json_cstring(writer, base64_name);
		json_char(writer, ':');
		json_base64(writer, bytes, size, false);
		return;
	}
	json_cstring(writer, name);
	json_char(writer, ':');
	if (is_null)
		json_null(writer);
	else
	{
		if (schema != NULL)
			json_raw(writer, schema->bytes + 4, schema->size - 4);
		json_raw(writer, bytes, size);
		if (schema != NULL)
			json_char(writer, '}');
	}
}

void
json_line_write(JsonWriter *writer, const JsonLine *record)
{
	json_literal(writer, JSON_FIRST("topic"));
	json_string(writer, record->topic->bytes + 4, record->topic->size - 4);
	write_part(writer, "key", "key_base64", (record->flags & RECORD_NULL_KEY) != 0,
			   (record->flags & RECORD_KEY_OPAQUE) != 0, record->key_schema, record->key, record->key_size);
	write_part(writer, "value", "value_base64", (record->flags & RECORD_NULL_VALUE) != 0,
			   (record->flags & RECORD_VALUE_OPAQUE) != 0, record->value_schema, record->value, record->value_size);
	write_headers(writer, record);
	if (record->partition >= 0)
	{
		json_literal(writer, JSON_NEXT("partition"));
		json_int64(writer, record->partition);
	}
	if (record->timestamp >= 0)
	{
		json_literal(writer, JSON_NEXT("timestamp"));
		json_int64(writer, record->timestamp);
	}
	json_char(writer, '}');
}

/*-------------------------------------------------------------------------
 *
 * json_writer.h
 *	  Quotes, escapes and numbers as Kafka Connect's JsonConverter (Jackson)
 *	  writes them.  The only place that writes a quote.
 *
 * A JsonWriter is a growing byte buffer in one memory context.  It carries a
 * limit for the record being written: once a write would pass it, the writer
 * is "overflowed", keeps accepting calls, and throws the bytes away, so that
 * encoders need no checks of their own and a hostile row costs no memory.
 * Reset with json_mark(); ask with writer->overflowed.
 *
 * Input text is UTF-8 already; see text_to_utf8() for other server encodings.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "postgres.h"

#include "utils/memutils.h"

/* How strings are written. */
typedef enum JsonStrings
{
	STRINGS_JSON, /* quoted and escaped; bytes as base64 or hex */
	STRINGS_BARE, /* as they are: no quotes, no escapes */
	STRINGS_BYTES /* the same, and json_base64() writes the bytes themselves */
} JsonStrings;

typedef struct JsonWriter
{
	char *data;
	Size len;
	Size capacity;	/* where json_reserve() goes the slow way: the end of the buffer or of what limit allows */
	Size allocated; /* the buffer's real size */
	Size mark;		/* where the current record began */
	Size limit;		/* bytes allowed after mark */
	bool overflowed;
	JsonStrings strings;
	MemoryContext context;
} JsonWriter;

/* Starts an empty writer; the buffer lives in context and is never freed by the writer. */
extern void json_writer_init(JsonWriter *writer, MemoryContext context, Size initial_size);

/* Slow path of json_reserve(). */
extern void json_writer_grow(JsonWriter *writer, Size extra);

/* Limit of a writer that has none: far from what repalloc_huge() could not do. */
#define JSON_NO_LIMIT (MaxAllocHugeSize / 4)

/* A new record begins here: limit (0: none) counts from now, overflowed is cleared. */
static inline void
json_mark(JsonWriter *writer, Size limit)
{
	writer->mark = writer->len;
	writer->limit = limit > 0 ? limit : JSON_NO_LIMIT;
	writer->capacity = Min(writer->allocated, writer->mark + writer->limit);
	writer->overflowed = false;
}

/* What stands of the record so far stays when the rest overflows; its limit ends where it did. */
static inline void
json_keep(JsonWriter *writer)
{
	if (writer->overflowed)
		return;
	writer->limit -= writer->len - writer->mark;
	writer->mark = writer->len;
}

/*
 * Room for extra bytes (at most 128 kB in one call); returns where to write.
 * The caller advances writer->len itself.
 */
static inline char *
json_reserve(JsonWriter *writer, Size extra)
{
	if (unlikely(writer->capacity - writer->len < extra))
		json_writer_grow(writer, extra);
	return writer->data + writer->len;
}

/* Bytes as they are; any length. */
extern void json_raw_long(JsonWriter *writer, const char *bytes, Size size);

static inline void
json_raw(JsonWriter *writer, const char *bytes, Size size)
{
	if (likely(writer->capacity - writer->len >= size))
	{
		memcpy(writer->data + writer->len, bytes, size);
		writer->len += size;
	}
	else
		json_raw_long(writer, bytes, size);
}

/* What json_raw_short() copies without a call, in bytes. */
#define JSON_SHORT 32

/* json_raw() for bytes of which JSON_SHORT can be read, however many of them count. */
static inline void
json_raw_short(JsonWriter *writer, const char *bytes, Size size)
{
	if (likely(size <= JSON_SHORT && writer->capacity - writer->len >= JSON_SHORT))
	{
		memcpy(writer->data + writer->len, bytes, JSON_SHORT);
		writer->len += size;
	}
	else
		json_raw(writer, bytes, size);
}

/* Constant text of members, for json_literal(): {"name": and ,"name": */
#define JSON_FIRST(name) "{\"" name "\":"
#define JSON_NEXT(name) ",\"" name "\":"
#define JSON_TEXT(text) "\"" text "\""

#define json_literal(writer, text) json_raw((writer), (text), sizeof(text) - 1)

static inline void
json_char(JsonWriter *writer, char c)
{
	*json_reserve(writer, 1) = c;
	writer->len++;
}

/* The quote of a string whose content its caller writes in parts. */
static inline void
json_quote(JsonWriter *writer)
{
	if (writer->strings == STRINGS_JSON)
		json_char(writer, '"');
}

/* A quote of JSON text that stands in a string. */
static inline void
json_inner_quote(JsonWriter *writer)
{
	if (writer->strings == STRINGS_JSON)
		json_raw(writer, "\\\"", 2);
	else
		json_char(writer, '"');
}

#define json_null(writer) json_literal((writer), "null")

static inline void
json_bool(JsonWriter *writer, bool value)
{
	if (value)
		json_literal(writer, "true");
	else
		json_literal(writer, "false");
}

extern void json_int64(JsonWriter *writer, int64 value);
extern void json_uint64(JsonWriter *writer, uint64 value);

/* Java's Double.toString / Float.toString (JDK 19+); NaN and infinities quoted, as JsonConverter does. */
extern void json_double(JsonWriter *writer, double value);
extern void json_float(JsonWriter *writer, float value);

/*
 * A JSON string with its quotes, escaped as Jackson 2.21 does: short escapes,
 * upper case \u00XX below 0x20, surrogate pairs escaped above the BMP, all
 * else raw.  json_string_content() is the same without the quotes.
 */
extern void json_string(JsonWriter *writer, const char *utf8, Size size);
extern void json_string_content(JsonWriter *writer, const char *utf8, Size size);
extern void json_cstring(JsonWriter *writer, const char *utf8);

/* The content if no byte of it needs an escape, here or in JSON text that stands in a string; false: nothing written. */
extern bool json_raw_if_clean(JsonWriter *writer, const char *utf8, Size size);

/* Quoted base64 (RFC 4648 section 4 or, url_safe, 5; always padded) and quoted lower-case hex. */
extern void json_base64(JsonWriter *writer, const char *bytes, Size size, bool url_safe);
extern void json_hex(JsonWriter *writer, const char *bytes, Size size);

/* before (a comma or an opening brace), then "name": for a name that needs no escape. */
static inline void
json_member(JsonWriter *writer, char before, const char *name)
{
	Size size = strlen(name);
	char *out = json_reserve(writer, size + 4);

	out[0] = before;
	out[1] = '"';
	memcpy(out + 2, name, size);
	out[size + 2] = '"';
	out[size + 3] = ':';
	writer->len += size + 4;
}

/* ,"name": or {"name": as text in context, for prefixes computed once; fit for json_raw_short(). */
extern char *json_member_prefix(MemoryContext context, char before, const char *utf8_name, Size *size);

#endif /* JSON_WRITER_H */

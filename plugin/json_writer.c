/*-------------------------------------------------------------------------
 *
 * json_writer.c
 *	  Quotes and escapes as Kafka Connect's JsonConverter (Jackson) writes
 *	  them.
 *
 * Overflow is found without a test per write: the capacity that the inline
 * functions look at ends where the record's limit ends, so passing the limit
 * takes the slow path anyway.  An overflowed record is written in circles over
 * its own beginning.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "clean_copy.h"
#include "json_writer.h"

/* What one json_reserve() may ask for. */
#define MAX_RESERVE (128 * 1024)

/* Input bytes handled between two reservations, a multiple of 3 and 8. */
#define CHUNK_SIZE (48 * 1024)

/* The longest escape: a surrogate pair. */
#define ESCAPE_SIZE 12

static const char upper_hex[] = "0123456789ABCDEF";
static const char lower_hex[] = "0123456789abcdef";

void
json_writer_init(JsonWriter *writer, MemoryContext context, Size initial_size)
{
	writer->context = context;
	writer->allocated = Max(initial_size, 64);
	writer->data = MemoryContextAllocHuge(context, writer->allocated);
	writer->len = 0;
	writer->strings = STRINGS_JSON;
	json_mark(writer, 0);
}

static void
set_allocated(JsonWriter *writer, Size size)
{
	writer->data = repalloc_huge(writer->data, size);
	writer->allocated = size;
}

/* From here to the next json_mark() everything is thrown away. */
static void
start_overflow(JsonWriter *writer)
{
	writer->overflowed = true;
	writer->len = writer->mark;
	if (writer->allocated - writer->mark < MAX_RESERVE)
		set_allocated(writer, writer->mark + MAX_RESERVE);
	writer->capacity = writer->allocated;
}

void
json_writer_grow(JsonWriter *writer, Size extra)
{
	Size end = writer->mark + writer->limit;

	Assert(extra <= MAX_RESERVE);
	if (writer->overflowed || writer->len + extra > end)
	{
		start_overflow(writer);
		return;
	}
	set_allocated(writer, Max(writer->allocated * 2, writer->len + extra));
	writer->capacity = Min(writer->allocated, end);
}

void
json_raw_long(JsonWriter *writer, const char *bytes, Size size)
{
	/* As a whole first, so that the limit is met exactly and the buffer grows once. */
	if (size > MAX_RESERVE && !writer->overflowed && writer->len + size <= writer->mark + writer->limit)
	{
		set_allocated(writer, Max(writer->allocated * 2, writer->len + size));
		writer->capacity = Min(writer->allocated, writer->mark + writer->limit);
	}
	while (size > 0)
	{
		Size part = Min(size, MAX_RESERVE);

		memcpy(json_reserve(writer, part), bytes, part);
		writer->len += part;
		bytes += part;
		size -= part;
		if (writer->overflowed)
			return;
	}
}

/*-------------------------------------------------------------------------
 * Strings
 *-------------------------------------------------------------------------
 */

/* needs_escape() for eight bytes at once; may only err for bytes after a true one. */
static inline bool
word_needs_escape(uint64 word)
{
	const uint64 ones = UINT64CONST(0x0101010101010101);
	const uint64 highs = UINT64CONST(0x8080808080808080);
	uint64 quotes = word ^ (ones * '"');
	uint64 backslashes = word ^ (ones * '\\');
	uint64 found;

	found = (word - ones * 0x20) & ~word;
	found |= (quotes - ones) & ~quotes;
	found |= (backslashes - ones) & ~backslashes;
	found |= word & (word << 1) & (word << 2) & (word << 3);
	return (found & highs) != 0;
}

/* Sixteen bytes in one register, on any machine that gcc and clang know. */
typedef uint8 Block __attribute__((vector_size(16)));
typedef uint64 BlockWords __attribute__((vector_size(16)));

static inline bool
block_needs_escape(Block block)
{
	/* shifted up by 0x10, the bytes from 0xF0 on stand below the controls */
	BlockWords found = (BlockWords) (((block + 0x10) < 0x30) | (block == (uint8) '"') | (block == (uint8) '\\'));

	return (found[0] | found[1]) != 0;
}

static inline Size
copy_clean_bytes(char *out, const char *in, Size size, Size done)
{
	while (done < size && !needs_escape((unsigned char) in[done]))
	{
		out[done] = in[done];
		done++;
	}
	return done;
}

/* Four to seven bytes as two words that overlap; false: not all are clean. */
static inline bool
copy_clean_short(char *out, const char *in, Size size)
{
	uint32 first;
	uint32 last;

	memcpy(&first, in, sizeof(first));
	memcpy(&last, in + size - sizeof(last), sizeof(last));
	if (word_needs_escape(first | (uint64) last << 32))
		return false;
	memcpy(out, &first, sizeof(first));
	memcpy(out + size - sizeof(last), &last, sizeof(last));
	return true;
}

/* Copies up to the first byte that needs an escape; out must have room for all. Returns how many. */
static inline Size
copy_clean(char *out, const char *in, Size size)
{
	Size done = 0;
	uint64 word;
	Block block;

	if (size < sizeof(word))
		return size >= sizeof(uint32) && copy_clean_short(out, in, size) ? size : copy_clean_bytes(out, in, size, 0);
	if (size >= CLEAN_STRIDE)
	{
		done = copy_clean_strides(out, in, size);
		if (size - done >= CLEAN_STRIDE)
			return done;
	}
	for (; size - done >= sizeof(block); done += sizeof(block))
	{
		memcpy(&block, in + done, sizeof(block));
		if (block_needs_escape(block))
			break;
		memcpy(out + done, &block, sizeof(block));
	}
	for (; size - done >= sizeof(word); done += sizeof(word))
	{
		memcpy(&word, in + done, sizeof(word));
		if (word_needs_escape(word))
			return copy_clean_bytes(out, in, size, done);
		memcpy(out + done, &word, sizeof(word));
	}
	if (done == size)
		return size;
	/* the last word, of which the beginning is known to be clean */
	memcpy(&word, in + size - sizeof(word), sizeof(word));
	if (word_needs_escape(word))
		return copy_clean_bytes(out, in, size, done);
	memcpy(out + size - sizeof(word), &word, sizeof(word));
	return size;
}

static char *
put_unicode_escape(char *out, uint32 code_unit)
{
	*out++ = '\\';
	*out++ = 'u';
	for (int shift = 12; shift >= 0; shift -= 4)
		*out++ = upper_hex[(code_unit >> shift) & 0xF];
	return out;
}

/* A character above the BMP, as an escaped surrogate pair. */
static char *
put_surrogates(char *out, const unsigned char *in)
{
	uint32 code = ((in[0] & 0x07) << 18) | ((in[1] & 0x3F) << 12) | ((in[2] & 0x3F) << 6) | (in[3] & 0x3F);

	code -= 0x10000;
	out = put_unicode_escape(out, 0xD800 | (code >> 10));
	return put_unicode_escape(out, 0xDC00 | (code & 0x3FF));
}

static char
short_escape(char c)
{
	switch (c)
	{
		case '"':
		case '\\':
			return c;
		case '\b':
			return 'b';
		case '\t':
			return 't';
		case '\n':
			return 'n';
		case '\f':
			return 'f';
		case '\r':
			return 'r';
		default:
			return 0;
	}
}

/* Escapes the one character at in, into at most ESCAPE_SIZE bytes; returns how many bytes of in it took. */
static Size
write_escape(JsonWriter *writer, const char *in, Size size)
{
	char *start = json_reserve(writer, ESCAPE_SIZE);
	char *out = start;
	Size taken = 1;
	char letter = short_escape(*in);

	if (letter != 0)
	{
		*out++ = '\\';
		*out++ = letter;
	}
	else if ((unsigned char) *in < 0x20)
		out = put_unicode_escape(out, (unsigned char) *in);
	else if (size >= 4)
	{
		out = put_surrogates(out, (const unsigned char *) in);
		taken = 4;
	}
	else
	{
		/* Not UTF-8, against the contract: keep the JSON valid at least. */
		memcpy(out, "\xEF\xBF\xBD", 3);
		out += 3;
		taken = size;
	}
	writer->len += out - start;
	return taken;
}

void
json_string_content(JsonWriter *writer, const char *utf8, Size size)
{
	if (writer->strings != STRINGS_JSON)
	{
		json_raw(writer, utf8, size);
		return;
	}
	while (size > 0)
	{
		Size part = Min(size, CHUNK_SIZE);
		Size clean = copy_clean(json_reserve(writer, part), utf8, part);

		writer->len += clean;
		utf8 += clean;
		size -= clean;
		if (clean < part)
		{
			Size taken = write_escape(writer, utf8, size);

			utf8 += taken;
			size -= taken;
		}
		if (writer->overflowed)
			return;
	}
}

bool
json_raw_if_clean(JsonWriter *writer, const char *utf8, Size size)
{
	if (size > CHUNK_SIZE || copy_clean(json_reserve(writer, size), utf8, size) < size)
		return false;
	writer->len += size;
	return true;
}

/* In one go where the string is short and needs no escape. */
static inline bool
write_clean_string(JsonWriter *writer, const char *utf8, Size size)
{
	char *out;

	if (writer->strings != STRINGS_JSON || size > CHUNK_SIZE || writer->capacity - writer->len < size + 2)
		return false;
	out = writer->data + writer->len;
	if (copy_clean(out + 1, utf8, size) < size)
		return false;
	out[0] = '"';
	out[size + 1] = '"';
	writer->len += size + 2;
	return true;
}

void
json_string(JsonWriter *writer, const char *utf8, Size size)
{
	if (likely(write_clean_string(writer, utf8, size)))
		return;
	json_quote(writer);
	json_string_content(writer, utf8, size);
	json_quote(writer);
}

void
json_cstring(JsonWriter *writer, const char *utf8)
{
	json_string(writer, utf8, strlen(utf8));
}

char *
json_member_prefix(MemoryContext context, char before, const char *utf8_name, Size *size)
{
	JsonWriter writer;

	json_writer_init(&writer, context, strlen(utf8_name) + 8 + JSON_SHORT);
	json_char(&writer, before);
	json_cstring(&writer, utf8_name);
	json_char(&writer, ':');
	*size = writer.len;
	json_char(&writer, '\0');
	return writer.data;
}

/*-------------------------------------------------------------------------
 * Bytes
 *-------------------------------------------------------------------------
 */

static const char standard_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *
put_base64(char *out, const unsigned char *in, Size size, const char *alphabet)
{
	for (; size >= 3; size -= 3, in += 3)
	{
		uint32 group = (in[0] << 16) | (in[1] << 8) | in[2];

		out[0] = alphabet[group >> 18];
		out[1] = alphabet[(group >> 12) & 0x3F];
		out[2] = alphabet[(group >> 6) & 0x3F];
		out[3] = alphabet[group & 0x3F];
		out += 4;
	}
	if (size > 0)
	{
		uint32 group = (in[0] << 16) | (size > 1 ? in[1] << 8 : 0);

		out[0] = alphabet[group >> 18];
		out[1] = alphabet[(group >> 12) & 0x3F];
		out[2] = size > 1 ? alphabet[(group >> 6) & 0x3F] : '=';
		out[3] = '=';
		out += 4;
	}
	return out;
}

void
json_base64(JsonWriter *writer, const char *bytes, Size size, bool url_safe)
{
	const char *alphabet = url_safe ? url_safe_alphabet : standard_alphabet;

	if (writer->strings == STRINGS_BYTES)
	{
		json_raw(writer, bytes, size);
		return;
	}
	json_quote(writer);
	while (size > 0 && !writer->overflowed)
	{
		Size part = Min(size, CHUNK_SIZE);
		char *start = json_reserve(writer, (part + 2) / 3 * 4);
		char *end = put_base64(start, (const unsigned char *) bytes, part, alphabet);

		writer->len += end - start;
		bytes += part;
		size -= part;
	}
	json_quote(writer);
}

void
json_hex(JsonWriter *writer, const char *bytes, Size size)
{
	json_quote(writer);
	while (size > 0 && !writer->overflowed)
	{
		Size part = Min(size, CHUNK_SIZE);
		char *out = json_reserve(writer, 2 * part);

		for (Size i = 0; i < part; i++)
		{
			unsigned char byte = (unsigned char) bytes[i];

			*out++ = lower_hex[byte >> 4];
			*out++ = lower_hex[byte & 0xF];
		}
		writer->len += 2 * part;
		bytes += part;
		size -= part;
	}
	json_quote(writer);
}

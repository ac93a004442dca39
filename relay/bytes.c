/*
 * bytes.c
 *	  A growing buffer, the one JSON string escape of the relay, base64.
 */
#include "bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define FIRST_CAPACITY 256

static void *
checked(void *pointer)
{
	if (pointer == NULL)
	{
		fputs("out of memory\n", stderr);
		abort();
	}
	return pointer;
}

void *
bytes_alloc(size_t size)
{
	return checked(malloc(size > 0 ? size : 1));
}

void *
bytes_alloc_zero(size_t count, size_t size)
{
	return checked(calloc(count > 0 ? count : 1, size));
}

void *
bytes_realloc(void *old, size_t size)
{
	return checked(realloc(old, size > 0 ? size : 1));
}

char *
bytes_copy_text(const char *data, size_t size)
{
	char *copy = bytes_alloc(size + 1);

	if (size > 0)
		memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

char *
buffer_reserve(Buffer *buffer, size_t more)
{
	if (buffer->capacity - buffer->size < more)
	{
		size_t wanted = buffer->capacity > 0 ? buffer->capacity * 2 : FIRST_CAPACITY;

		if (wanted - buffer->size < more)
			wanted = buffer->size + more;
		buffer->data = bytes_realloc(buffer->data, wanted);
		buffer->capacity = wanted;
	}
	return buffer->data + buffer->size;
}

void
buffer_free(Buffer *buffer)
{
	free(buffer->data);
	memset(buffer, 0, sizeof(*buffer));
}

void
buffer_append(Buffer *buffer, const void *data, size_t size)
{
	if (size == 0)
		return;
	memcpy(buffer_reserve(buffer, size), data, size);
	buffer->size += size;
}

void
buffer_append_text(Buffer *buffer, const char *text)
{
	buffer_append(buffer, text, strlen(text));
}

void
buffer_append_integer(Buffer *buffer, int64_t number)
{
	const size_t room = 24;

	buffer->size += (size_t) snprintf(buffer_reserve(buffer, room), room, "%" PRId64, number);
}

static bool
needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\' || c >= 0xF0;
}

static void
append_code_unit(Buffer *buffer, unsigned int unit)
{
	const size_t room = 7;

	buffer->size += (size_t) snprintf(buffer_reserve(buffer, room), room, "\\u%04X", unit);
}

/* One character that needs an escape; returns how many bytes it had. */
static size_t
append_escape(Buffer *buffer, const unsigned char *at, size_t left)
{
	static const char from[] = "\"\\\b\t\n\f\r";
	static const char to[] = "\"\\btnfr";
	const char *found = *at ? strchr(from, *at) : NULL;
	char pair[2] = {'\\', 0};

	if (found)
	{
		pair[1] = to[found - from];
		buffer_append(buffer, pair, 2);
		return 1;
	}
	if (*at >= 0xF0 && left >= 4)
	{
		unsigned int code = (at[0] & 7u) << 18 | (at[1] & 63u) << 12 | (at[2] & 63u) << 6 | (at[3] & 63u);

		append_code_unit(buffer, 0xD800 + ((code - 0x10000) >> 10));
		append_code_unit(buffer, 0xDC00 + ((code - 0x10000) & 0x3FF));
		return 4;
	}
	append_code_unit(buffer, *at);
	return 1;
}

void
buffer_append_json_string(Buffer *buffer, const char *data, size_t size)
{
	const unsigned char *bytes = (const unsigned char *) data;
	size_t at = 0;

	buffer_append(buffer, "\"", 1);
	while (at < size)
	{
		size_t plain = at;

		while (plain < size && !needs_escape(bytes[plain]))
			plain++;
		buffer_append(buffer, data + at, plain - at);
		at = plain;
		if (at < size)
			at += append_escape(buffer, bytes + at, size - at);
	}
	buffer_append(buffer, "\"", 1);
}

void
buffer_append_json_base64(Buffer *buffer, const char *data, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *in = (const unsigned char *) data;
	char *out = buffer_reserve(buffer, (size + 2) / 3 * 4 + 2);
	char *start = out;

	*out++ = '"';
	for (size_t at = 0; at < size; at += 3)
	{
		size_t left = size - at;
		unsigned int group = (unsigned int) in[at] << 16;

		if (left > 1)
			group |= (unsigned int) in[at + 1] << 8;
		if (left > 2)
			group |= in[at + 2];
		*out++ = digits[group >> 18];
		*out++ = digits[group >> 12 & 63];
		*out++ = left > 1 ? digits[group >> 6 & 63] : '=';
		*out++ = left > 2 ? digits[group & 63] : '=';
	}
	*out++ = '"';
	buffer->size += (size_t) (out - start);
}

/* Length of the well-formed character at `at`, 0 if it is not one. */
static size_t
utf8_length(const unsigned char *at, size_t left)
{
	/* what the second byte may be, by the first: Unicode 15, table 3-7 */
	unsigned char lowest = *at == 0xE0 ? 0xA0 : *at == 0xF0 ? 0x90 : 0x80;
	unsigned char highest = *at == 0xED ? 0x9F : *at == 0xF4 ? 0x8F : 0xBF;
	size_t length = *at < 0x80 ? 1 : *at < 0xC2 ? 0 : *at < 0xE0 ? 2 : *at < 0xF0 ? 3 : *at < 0xF5 ? 4 : 0;

	if (length > left)
		return 0;
	if (length > 1 && (at[1] < lowest || at[1] > highest))
		return 0;
	for (size_t i = 2; i < length; i++)
	{
		if ((at[i] & 0xC0) != 0x80)
			return 0;
	}
	return length;
}

bool
bytes_are_utf8(const char *data, size_t size)
{
	const unsigned char *bytes = (const unsigned char *) data;
	size_t at = 0;

	while (at < size)
	{
		size_t length = utf8_length(bytes + at, size - at);

		if (length == 0)
			return false;
		at += length;
	}
	return true;
}

/*
 * bytes.h
 *	  A growing buffer, the one JSON string escape of the relay, base64, and
 *	  little-endian reads.
 *
 * Running out of memory ends the process with abort(): the relay's memory is
 * bounded by its queues, and there is nothing sensible left to do.
 */
#ifndef BYTES_H
#define BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct Buffer
{
	char *data; /* NULL until something was appended */
	size_t size;
	size_t capacity;
} Buffer;

/* malloc, calloc and realloc that do not return NULL. Free with free(). */
extern void *bytes_alloc(size_t size);
extern void *bytes_alloc_zero(size_t count, size_t size);
extern void *bytes_realloc(void *old, size_t size);
/* A NUL-terminated copy; the caller frees. */
extern char *bytes_copy_text(const char *data, size_t size);

/* Room for `more` bytes behind the contents; where to write them. */
extern char *buffer_reserve(Buffer *buffer, size_t more);
extern void buffer_free(Buffer *buffer);
extern void buffer_append(Buffer *buffer, const void *data, size_t size);
extern void buffer_append_text(Buffer *buffer, const char *text);
extern void buffer_append_integer(Buffer *buffer, int64_t number);
/*
 * A JSON string with its quotes.  The bytes must be UTF-8.  Escapes as the
 * plugin's json_writer does: short ones, \u00XX (upper case) below 0x20, and
 * surrogate pairs above the basic plane.
 */
extern void buffer_append_json_string(Buffer *buffer, const char *data, size_t size);
/* base64 with padding, between quotes. */
extern void buffer_append_json_base64(Buffer *buffer, const char *data, size_t size);

/* Well-formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
extern bool bytes_are_utf8(const char *data, size_t size);

static inline uint16_t
bytes_get_u16(const char *at)
{
	const unsigned char *p = (const unsigned char *) at;

	return (uint16_t) (p[0] | p[1] << 8);
}

static inline uint32_t
bytes_get_u32(const char *at)
{
	return bytes_get_u16(at) | (uint32_t) bytes_get_u16(at + 2) << 16;
}

static inline uint64_t
bytes_get_u64(const char *at)
{
	return bytes_get_u32(at) | (uint64_t) bytes_get_u32(at + 4) << 32;
}

#endif

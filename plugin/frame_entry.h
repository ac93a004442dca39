/*-------------------------------------------------------------------------
 *
 * frame_entry.h
 *	  The bytes of frame_format.h: little-endian numbers, strings, entries.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRAME_ENTRY_H
#define FRAME_ENTRY_H

#include "postgres.h"
#include "port/pg_bswap.h"

#include "frame_format.h"
#include "json_writer.h"

static inline void
put_u16(char *at, uint16 value)
{
#ifdef WORDS_BIGENDIAN
	value = pg_bswap16(value);
#endif
	memcpy(at, &value, sizeof(value));
}

static inline void
put_u32(char *at, uint32 value)
{
#ifdef WORDS_BIGENDIAN
	value = pg_bswap32(value);
#endif
	memcpy(at, &value, sizeof(value));
}

static inline void
put_u64(char *at, uint64 value)
{
#ifdef WORDS_BIGENDIAN
	value = pg_bswap64(value);
#endif
	memcpy(at, &value, sizeof(value));
}

static inline void
append_u32(JsonWriter *writer, uint32 value)
{
	put_u32(json_reserve(writer, 4), value);
	writer->len += 4;
}

static inline void
append_u64(JsonWriter *writer, uint64 value)
{
	put_u64(json_reserve(writer, 8), value);
	writer->len += 8;
}

static inline void
append_string(JsonWriter *writer, const char *bytes, Size size)
{
	append_u32(writer, size);
	json_raw(writer, bytes, size);
}

/* Writes an entry's header; entry_close() fills in the size. */
static inline Size
entry_open(JsonWriter *writer, uint8 kind)
{
	Size start = writer->len;
	char *at = json_reserve(writer, FRAME_ENTRY_HEADER_SIZE);

	memset(at, 0, FRAME_ENTRY_HEADER_SIZE);
	at[0] = (char) kind;
	writer->len += FRAME_ENTRY_HEADER_SIZE;
	return start;
}

static inline void
entry_close(JsonWriter *writer, Size start)
{
	put_u32(writer->data + start + 4, writer->len - start - FRAME_ENTRY_HEADER_SIZE);
}

#endif /* FRAME_ENTRY_H */

/*
 * frame_cursor.h
 *	  Reads that never pass the end of what they were given: one beyond it
 *	  marks the cursor failed and gives zeros, and whoever used the cursor asks
 *	  once, at the end.
 */
#ifndef FRAME_CURSOR_H
#define FRAME_CURSOR_H

#include "bytes.h"
#include "frame_reader.h"

typedef struct Cursor
{
	const char *at;
	const char *end;
	bool failed;
} Cursor;

static inline const char *
take(Cursor *cursor, size_t size)
{
	const char *at = cursor->at;

	if (cursor->failed || (size_t) (cursor->end - at) < size)
	{
		cursor->failed = true;
		return NULL;
	}
	cursor->at += size;
	return at;
}

static inline uint8_t
take_u8(Cursor *cursor)
{
	const char *at = take(cursor, 1);

	return at ? (uint8_t) *at : 0;
}

static inline uint16_t
take_u16(Cursor *cursor)
{
	const char *at = take(cursor, 2);

	return at ? bytes_get_u16(at) : 0;
}

static inline uint32_t
take_u32(Cursor *cursor)
{
	const char *at = take(cursor, 4);

	return at ? bytes_get_u32(at) : 0;
}

static inline uint64_t
take_u64(Cursor *cursor)
{
	const char *at = take(cursor, 8);

	return at ? bytes_get_u64(at) : 0;
}

static inline Bytes
take_bytes(Cursor *cursor, size_t size)
{
	Bytes bytes = {take(cursor, size), size};

	if (bytes.data == NULL)
		bytes.size = 0;
	return bytes;
}

static inline Bytes
take_blob(Cursor *cursor)
{
	return take_bytes(cursor, take_u32(cursor));
}

/* Bytes that the format keeps at zero; anything else is a format we do not know. */
static inline void
take_zeros(Cursor *cursor, size_t size)
{
	const char *at = take(cursor, size);

	for (size_t i = 0; at && i < size; i++)
	{
		if (at[i] != 0)
			cursor->failed = true;
	}
}

/* Everything was there, and nothing is left. */
static inline bool
is_complete(const Cursor *cursor)
{
	return !cursor->failed && cursor->at == cursor->end;
}

#endif

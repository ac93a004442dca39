/*-------------------------------------------------------------------------
 *
 * java_hash.c
 *	  See java_hash.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "java_hash.h"

uint32
java_string_hash(const char *utf8, Size size)
{
	const unsigned char *at = (const unsigned char *) utf8;
	const unsigned char *end = at + size;
	uint32 hash = 0;

	while (at < end)
	{
		pg_wchar c = utf8_to_unicode(at);

		if (c >= 0x10000)
		{
			hash = 31 * hash + (0xD800 + ((c - 0x10000) >> 10));
			c = 0xDC00 + ((c - 0x10000) & 0x3FF);
		}
		hash = 31 * hash + c;
		at += pg_utf_mblen(at);
	}
	return hash;
}

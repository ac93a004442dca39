/*-------------------------------------------------------------------------
 *
 * java_text.c
 *	  See java_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "java_text.h"

bool
java_is_blank(const char *utf8, Size size)
{
	for (Size i = 0; i < size; i++)
		if ((unsigned char) utf8[i] > ' ')
			return false;
	return true;
}

const char *
java_schema_type(const char *type)
{
	char *upper;

	if (strcmp(type, "float") == 0)
		return "FLOAT32";
	if (strcmp(type, "double") == 0)
		return "FLOAT64";
	upper = pstrdup(type);
	for (char *at = upper; *at; at++)
		*at = pg_ascii_toupper((unsigned char) *at);
	return upper;
}

/* How many bytes of an ill-formed sequence one U+FFFD stands for: its longest well-formed beginning (Java's decoder). */
static Size
ill_formed_length(const unsigned char *at, Size left)
{
	Size wanted = at[0] >= 0xF0 ? 4 : at[0] >= 0xE0 ? 3 : at[0] >= 0xC2 ? 2 : 1;
	unsigned char low = at[0] == 0xE0 ? 0xA0 : at[0] == 0xF0 ? 0x90 : 0x80;
	unsigned char high = at[0] == 0xED ? 0x9F : at[0] == 0xF4 ? 0x8F : 0xBF;
	Size length = 1;

	if (at[0] > 0xF4)
		return 1;
	while (length < wanted && length < left && at[length] >= low && at[length] <= high)
	{
		length++;
		low = 0x80;
		high = 0xBF;
	}
	return length;
}

char *
java_text_of_bytes(const char *bytes, Size size, Size *text_size)
{
	StringInfoData text;
	Size at = 0;

	*text_size = size;
	if (size <= INT_MAX && (Size) pg_encoding_verifymbstr(PG_UTF8, bytes, (int) size) == size)
		return pnstrdup(bytes, size);
	initStringInfo(&text);
	while (at < size)
	{
		const unsigned char *here = (const unsigned char *) bytes + at;
		Size length = pg_utf_mblen(here);

		if (length <= size - at && pg_utf8_islegal(here, length))
			appendBinaryStringInfo(&text, (const char *) here, length);
		else
		{
			length = ill_formed_length(here, size - at);
			appendStringInfoString(&text, "\xEF\xBF\xBD");
		}
		at += length;
	}
	*text_size = text.len;
	return text.data;
}

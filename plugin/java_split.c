/*-------------------------------------------------------------------------
 *
 * java_split.c
 *	  See java_split.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_split.h"

List *
java_split(const char *text, char separator)
{
	List *parts = NIL;
	int used = 0;

	for (;;)
	{
		const char *end = strchrnul(text, separator);

		parts = lappend(parts, pnstrdup(text, end - text));
		if (end > text)
			used = list_length(parts);
		if (*end == '\0')
			break;
		text = end + 1;
	}
	return list_truncate(parts, Max(used, 1));
}

/* String.trim(): all up to the blank goes. */
static char *
trimmed(char *text)
{
	char *end = text + strlen(text);

	while (end > text && (unsigned char) end[-1] <= ' ')
		end--;
	*end = '\0';
	while (*text != '\0' && (unsigned char) *text <= ' ')
		text++;
	return text;
}

static List *
trimmed_parts(const char *text, char separator)
{
	List *parts = java_split(text, separator);
	ListCell *cell;

	foreach (cell, parts)
		lfirst(cell) = trimmed(lfirst(cell));
	return parts;
}

List *
java_list(const char *text)
{
	return trimmed_parts(text, ',');
}

List *
java_path(const char *text)
{
	return trimmed_parts(text, '.');
}

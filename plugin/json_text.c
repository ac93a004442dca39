/*-------------------------------------------------------------------------
 *
 * json_text.c
 *	  See json_text.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"

#include "json_text.h"
#include "pg_compat.h"

/* The parser recurses, and raises an error where the stack ends. */
#define MAX_BRACKETS 5000

static int
count_brackets(const char *text, Size size)
{
	int count = 0;

	for (Size i = 0; i < size; i++)
		count += text[i] == '{' || text[i] == '[';
	return count;
}

bool
json_text_is_one_line(const char *utf8, Size size)
{
	JsonLexContext *lex;

	if (size == 0 || size > INT_MAX || memchr(utf8, '\n', size) || memchr(utf8, '\r', size) ||
		count_brackets(utf8, size) > MAX_BRACKETS)
		return false;
	lex = compat_json_lexer(unconstify(char *, utf8), (int) size, PG_UTF8, false);
	return pg_parse_json(lex, &nullSemAction) == JSON_SUCCESS;
}

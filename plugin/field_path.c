/*-------------------------------------------------------------------------
 *
 * field_path.c
 *	  See field_path.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "field_path.h"

/* A name up to the next dot; returns what comes after that. */
static const char *
plain_step(const char *at, List **steps)
{
	Size size = strcspn(at, ".");

	*steps = lappend(*steps, pnstrdup(at, size));
	return at[size] == '.' ? at + size + 1 : at + size;
}

/*
 * A name in backticks, at stands behind the first.  It ends with a backtick
 * before a dot or the end of the text, unless a backslash precedes that one;
 * such a backslash goes.  NULL: there is no end.
 */
static const char *
quoted_step(const char *at, List **steps)
{
	StringInfoData name;
	const char *start = at;

	initStringInfo(&name);
	while ((at = strchr(at, '`')) != NULL)
	{
		bool escaped = at[-1] == '\\';

		if (at[1] == '\0' && escaped)
			return NULL;
		if (at[1] == '\0' || (at[1] == '.' && !escaped))
		{
			appendBinaryStringInfo(&name, start, at - start);
			*steps = lappend(*steps, name.data);
			return at[1] == '.' ? at + 2 : at + 1;
		}
		if (at[1] == '.')
		{
			appendBinaryStringInfo(&name, start, at - 1 - start);
			appendStringInfoChar(&name, '`');
			start = at + 1;
		}
		at++;
	}
	return NULL;
}

List *
field_path_parse(const char *text, FieldSyntax syntax)
{
	List *steps = NIL;
	const char *at = text;
	Size size = strlen(text);

	if (syntax == FIELD_SYNTAX_V1 || size == 0)
		return list_make1(pstrdup(text));
	while (at != NULL && *at != '\0')
		at = *at == '`' ? quoted_step(at + 1, &steps) : plain_step(at, &steps);
	if (at == NULL)
		return NIL;
	if (text[size - 1] == '.')
		steps = lappend(steps, pstrdup(""));
	return steps;
}

/*-------------------------------------------------------------------------
 *
 * java_dialect.c
 *	  See java_dialect.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "java_class.h"
#include "java_dialect.h"

#define LINE_TERMINATORS "\\x{a}\\x{d}\\x{85}\\x{2028}\\x{2029}"

/* $ and \Z: at the end, or before the last line terminator, of which \r\n is one. */
#define END_OF_INPUT "(?:(?=(?:\\r\\n|[\\x{d}\\x{85}\\x{2028}\\x{2029}])?\\z)|(?<!\\r)(?=\\n\\z))"
#define LINE_BREAK "(?:\\r\\n|[\\x{a}-\\x{d}\\x{85}\\x{2028}\\x{2029}])"

/* ---------------------------------------------------------------- atoms */

/* A reference to a group that stands before. */
static void
write_reference(Dialect *dialect, const char *reference)
{
	if (dialect->flags.ignore_case)
		dialect_refuse(dialect, "a reference to a group where case is ignored");
	appendStringInfoString(&dialect->out, reference);
}

/* Behind a backslash and a digit: as many digits as make the number of a group. */
static void
translate_numbered_reference(Dialect *dialect, int number)
{
	if (number > dialect->groups)
		dialect_invalid(dialect, "reference to a group that does not stand before");
	while (isdigit((unsigned char) *dialect->at) && number * 10 + (*dialect->at - '0') <= dialect->groups)
		number = number * 10 + (*dialect->at++ - '0');
	write_reference(dialect, psprintf("\\g{%d}", number));
}

/* <name>, of letters and digits; returns it with the reading position behind. */
static char *
read_group_name(Dialect *dialect)
{
	const char *start = dialect->at + 1;
	const char *end = start;

	while (isalnum((unsigned char) *end))
		end++;
	if (*dialect->at != '<' || !isalpha((unsigned char) *start) || *end != '>')
		dialect_invalid(dialect, "malformed group name");
	dialect->at = end + 1;
	return pnstrdup(start, end - start);
}

static void
translate_quoted(Dialect *dialect)
{
	const char *end = class_quoted_end(dialect);

	while (dialect->at < end)
		class_write_literal(dialect, dialect_next(dialect));
	if (*end)
		dialect->at = end + 2;
}

static void
translate_other_escape(Dialect *dialect, char letter)
{
	Members members;

	class_members_init(&members);
	if (letter >= '1' && letter <= '9')
		translate_numbered_reference(dialect, letter - '0');
	else if (letter == 'k')
		write_reference(dialect, psprintf("\\k<%s>", read_group_name(dialect)));
	else if (letter == 'Q')
		translate_quoted(dialect);
	else if (letter == 'R')
		appendStringInfoString(&dialect->out, LINE_BREAK);
	else if (letter == 'Z')
		appendStringInfoString(&dialect->out, END_OF_INPUT);
	else if (strchr("bBAz", letter) && strncmp(dialect->at, "{g}", 3) != 0)
		appendStringInfo(&dialect->out, "(?:\\%c)", letter);
	else if (class_add_set(dialect, &members, letter))
		class_members_write(dialect, &members, false);
	else
		dialect_refuse(dialect, psprintf("\\%c", letter));
}

static void
translate_escape(Dialect *dialect)
{
	char letter = *dialect->at;
	pg_wchar c;

	if (class_read_escape(dialect, &c))
		class_write_literal(dialect, c);
	else
		translate_other_escape(dialect, letter);
}

/* ---------------------------------------------------------------- groups */

static void
open_group(Dialect *dialect, const char *text)
{
	if (dialect->depth == MAX_NESTING)
		dialect_invalid(dialect, "groups are nested too deeply");
	dialect->saved[dialect->depth++] = dialect->flags;
	appendStringInfoString(&dialect->out, text);
}

static void
close_group(Dialect *dialect)
{
	if (dialect->depth == 0)
		dialect_invalid(dialect, "unmatched )");
	dialect->flags = dialect->saved[--dialect->depth];
	appendStringInfoChar(&dialect->out, ')');
}

/* Behind (?: flags, for the rest of this group or for a group of their own. */
static void
translate_flags(Dialect *dialect)
{
	Flags flags = dialect->flags;
	bool on = true;

	for (; *dialect->at != ')' && *dialect->at != ':'; dialect->at++)
	{
		char c = *dialect->at;

		if (c == '-' && on)
			on = false;
		else if (c == 'i')
			flags.ignore_case = on;
		else if (c == 's')
			flags.dot_all = on;
		else if (c == 'x')
			flags.comments = on;
		else
			dialect_refuse(dialect, c ? psprintf("(?%c", c) : "(?");
	}
	if (*dialect->at == ':')
		open_group(dialect, "(?:");
	dialect->flags = flags;
	dialect->at++;
}

/* Behind (. */
static void
translate_group(Dialect *dialect)
{
	static const char *const simple[] = {"?:", "?=", "?!", "?>", "?<=", "?<!"};

	if (*dialect->at != '?')
	{
		dialect->groups++;
		open_group(dialect, "(");
		return;
	}
	for (int i = 0; i < lengthof(simple); i++)
	{
		if (strncmp(dialect->at, simple[i], strlen(simple[i])) != 0)
			continue;
		dialect->at += strlen(simple[i]);
		open_group(dialect, psprintf("(%s", simple[i]));
		return;
	}
	dialect->at++;
	if (*dialect->at != '<')
	{
		translate_flags(dialect);
		return;
	}
	dialect->groups++;
	open_group(dialect, psprintf("(?<%s>", read_group_name(dialect)));
}

/* ---------------------------------------------------------------- quantifiers */

/* {n}, {n,} or {n,m} at the reading position. */
static void
translate_braces(Dialect *dialect)
{
	const char *start = dialect->at;
	const char *end = start + 1;

	end += strspn(end, "0123456789");
	if (end > start + 1 && *end == ',')
		end += 1 + strspn(end + 1, "0123456789");
	if (end == start + 1 || *end != '}')
		dialect_invalid(dialect, "malformed repetition");
	appendBinaryStringInfo(&dialect->out, start, end + 1 - start);
	dialect->at = end + 1;
}

/* What may follow an atom. */
static void
translate_quantifier(Dialect *dialect)
{
	dialect_skip_comments(dialect);
	if (*dialect->at == '\0' || !strchr("*+?{", *dialect->at))
		return;
	if (*dialect->at == '{')
		translate_braces(dialect);
	else
		appendStringInfoChar(&dialect->out, *dialect->at++);
	if (*dialect->at == '?' || *dialect->at == '+')
		appendStringInfoChar(&dialect->out, *dialect->at++);
	dialect_skip_comments(dialect);
	if (*dialect->at != '\0' && strchr("*+?{", *dialect->at))
		dialect_refuse(dialect, psprintf("%c behind a quantifier", *dialect->at));
}

/* One atom or operator.  True: a quantifier may follow. */
static bool
translate_atom(Dialect *dialect)
{
	switch (*dialect->at)
	{
		case '\\':
			dialect->at++;
			translate_escape(dialect);
			return true;
		case '[':
			dialect->at++;
			class_translate(dialect);
			return true;
		case '(':
			dialect->at++;
			translate_group(dialect);
			return false;
		case ')':
			dialect->at++;
			close_group(dialect);
			return true;
		case '|':
			appendStringInfoChar(&dialect->out, *dialect->at++);
			return false;
		case '.':
			dialect->at++;
			appendStringInfoString(&dialect->out, dialect->flags.dot_all ? "(?s:.)" : "[^" LINE_TERMINATORS "]");
			return true;
		case '^':
			dialect->at++;
			appendStringInfoString(&dialect->out, "(?:\\A)");
			return true;
		case '$':
			dialect->at++;
			appendStringInfoString(&dialect->out, END_OF_INPUT);
			return true;
		case '*':
		case '+':
		case '?':
		case '{':
			dialect_invalid(dialect, "nothing to repeat");
			return false;
		default:
			class_write_literal(dialect, dialect_next(dialect));
			return true;
	}
}

char *
java_dialect_translate(const char *option, const char *pattern, bool ignore_case)
{
	Dialect dialect = {.option = option, .pattern = pattern, .at = pattern, .flags = {.ignore_case = ignore_case}};

	initStringInfo(&dialect.out);
	for (dialect_skip_comments(&dialect); *dialect.at; dialect_skip_comments(&dialect))
		if (translate_atom(&dialect))
			translate_quantifier(&dialect);
	if (dialect.depth > 0)
		dialect_invalid(&dialect, "unclosed group");
	return dialect.out.data;
}

/*-------------------------------------------------------------------------
 *
 * java_dialect.c
 *	  See java_dialect.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "java_dialect.h"

#define MAX_NESTING 100
#define MAX_CODE_POINT 0x10FFFF
#define LINE_TERMINATORS "\\x{a}\\x{d}\\x{85}\\x{2028}\\x{2029}"

/* $ and \Z: at the end, or before the last line terminator, of which \r\n is one. */
#define END_OF_INPUT "(?:(?=(?:\\r\\n|[\\x{d}\\x{85}\\x{2028}\\x{2029}])?\\z)|(?<!\\r)(?=\\n\\z))"
#define LINE_BREAK "(?:\\r\\n|[\\x{a}-\\x{d}\\x{85}\\x{2028}\\x{2029}])"

typedef struct Flags
{
	bool ignore_case;
	bool dot_all;
	bool comments;
} Flags;

typedef struct Dialect
{
	const char *option;
	const char *pattern;
	const char *at;
	StringInfoData out;
	Flags flags;
	Flags saved[MAX_NESTING]; /* of the groups that are open */
	int depth;
	int groups; /* capturing ones so far */
} Dialect;

/* Members of a class: ASCII as bits, the rest as text for PCRE2. */
typedef struct Members
{
	bool ascii[128];
	StringInfoData others;
} Members;

static void
refuse(const Dialect *dialect, const char *construct)
{
	ereport(
		ERROR,
		(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
		 errmsg("regular expression \"%s\" in option \"%s\" uses \"%s\", which is not supported", dialect->pattern,
				dialect->option, construct),
		 errhint(
			 "Supported: literals, ., classes without nesting or &&, \\d \\w \\s \\b \\Q..\\E and the like, "
			 "\\p{Alpha} and general categories, groups, alternatives, greedy, reluctant and possessive quantifiers, "
			 "look-around, flags i, s, x.")));
}

static void
invalid(const Dialect *dialect, const char *reason)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
					errmsg("invalid regular expression \"%s\" in option \"%s\": %s", dialect->pattern, dialect->option,
						   reason),
					errdetail("The error is at byte %zu.", (size_t) (dialect->at - dialect->pattern))));
}

/* The character at the reading position, which moves behind it. */
static pg_wchar
next_character(Dialect *dialect)
{
	const unsigned char *at = (const unsigned char *) dialect->at;

	if (*at == '\0')
		invalid(dialect, "unexpected end");
	dialect->at += pg_utf_mblen(at);
	return utf8_to_unicode(at);
}

/* With flag x, white space and comments mean nothing. */
static void
skip_comments(Dialect *dialect)
{
	while (dialect->flags.comments && *dialect->at)
	{
		if (*dialect->at == '#')
			dialect->at += strcspn(dialect->at, "\n\r");
		else if (isspace((unsigned char) *dialect->at))
			dialect->at++;
		else
			break;
	}
}

/* ---------------------------------------------------------------- members of classes */

static void
members_init(Members *members)
{
	memset(members->ascii, 0, sizeof(members->ascii));
	initStringInfo(&members->others);
}

/* Java adds a letter to a range without case if either form of it is in there. */
static void
members_add(const Dialect *dialect, Members *members, pg_wchar low, pg_wchar high)
{
	for (pg_wchar c = 0; c < 128; c++)
	{
		pg_wchar upper = pg_ascii_toupper((unsigned char) c);
		pg_wchar lower = pg_ascii_tolower((unsigned char) c);

		if ((c >= low && c <= high) ||
			(dialect->flags.ignore_case && ((upper >= low && upper <= high) || (lower >= low && lower <= high))))
			members->ascii[c] = true;
	}
	if (high >= 128)
		appendStringInfo(&members->others, "\\x{%x}-\\x{%x}", Max(low, 128), high);
}

static void
write_members(Dialect *dialect, const Members *members, bool negated)
{
	appendStringInfoString(&dialect->out, negated ? "[^" : "[");
	for (int c = 0; c < 128; c++)
	{
		int low = c;

		if (!members->ascii[c])
			continue;
		while (c < 127 && members->ascii[c + 1])
			c++;
		appendStringInfo(&dialect->out, "\\x{%x}-\\x{%x}", low, c);
	}
	appendBinaryStringInfo(&dialect->out, members->others.data, members->others.len);
	appendStringInfoChar(&dialect->out, ']');
}

static void
write_literal(Dialect *dialect, pg_wchar c)
{
	Members members;

	if (!dialect->flags.ignore_case || c >= 128 || !isalpha((int) c))
	{
		appendStringInfo(&dialect->out, "\\x{%x}", c);
		return;
	}
	members_init(&members);
	members_add(dialect, &members, c, c);
	write_members(dialect, &members, false);
}

/* ---------------------------------------------------------------- properties */

/* Is c in the POSIX class?  -1: there is no such class. */
static int
posix_class_has(const char *name, int c)
{
	static const struct
	{
		const char *name;
		int (*test)(int c);
	} classes[] = {{"Lower", islower}, {"Upper", isupper},	 {"ASCII", NULL},	 {"Alpha", isalpha}, {"Digit", isdigit},
				   {"Alnum", isalnum}, {"Punct", ispunct},	 {"Graph", isgraph}, {"Print", isprint}, {"Blank", NULL},
				   {"Cntrl", iscntrl}, {"XDigit", isxdigit}, {"Space", isspace}};

	for (int i = 0; i < lengthof(classes); i++)
	{
		if (strcmp(classes[i].name, name) != 0)
			continue;
		if (classes[i].test != NULL)
			return classes[i].test(c) != 0;
		return strcmp(name, "ASCII") == 0 || c == ' ' || c == '\t';
	}
	return -1;
}

static bool
is_category(const char *name)
{
	static const char categories[] = " C Cc Cf Cn Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No P Pc Pd Pe Pf Pi Po Ps "
									 "S Sc Sk Sm So Z Zl Zp Zs ";

	return *name != '\0' && strlen(name) <= 2 && strstr(categories, psprintf(" %s ", name)) != NULL;
}

static void
add_posix_class(const Dialect *dialect, Members *members, const char *name, bool negated)
{
	/* without case, lower case is as good as upper case */
	bool any_case = dialect->flags.ignore_case && (strcmp(name, "Lower") == 0 || strcmp(name, "Upper") == 0);

	for (int c = 0; c < 128; c++)
		if ((posix_class_has(any_case ? "Alpha" : name, c) == 1) != negated)
			members->ascii[c] = true;
	if (negated)
		appendStringInfo(&members->others, "\\x{80}-\\x{%x}", MAX_CODE_POINT);
}

static void
add_category(const Dialect *dialect, Members *members, const char *name, bool negated)
{
	bool cased = strcmp(name, "Lu") == 0 || strcmp(name, "Ll") == 0 || strcmp(name, "Lt") == 0;

	if (dialect->flags.ignore_case && cased && negated)
		appendStringInfoString(&members->others, "\\p{C}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Z}\\p{Lm}\\p{Lo}");
	else if (dialect->flags.ignore_case && cased)
		appendStringInfoString(&members->others, "\\p{Lu}\\p{Ll}\\p{Lt}");
	else
		appendStringInfo(&members->others, "\\%c{%s}", negated ? 'P' : 'p', name);
}

/* Behind \p or \P: {name} or one letter. */
static void
add_property(Dialect *dialect, Members *members, bool negated)
{
	const char *start = dialect->at;
	const char *end = *start == '{' ? strchr(start, '}') : start;
	const char *category;
	char *name;

	if (*start == '\0' || end == NULL)
		invalid(dialect, "unclosed property");
	name = *start == '{' ? pnstrdup(start + 1, end - start - 1) : pnstrdup(start, 1);
	category = name;
	if (strncmp(name, "gc=", 3) == 0 || strncmp(name, "general_category=", 17) == 0)
		category = strchr(name, '=') + 1;
	else if (strncmp(name, "Is", 2) == 0)
		category = name + 2;
	if (posix_class_has(name, 0) >= 0)
		add_posix_class(dialect, members, name, negated);
	else if (is_category(category))
		add_category(dialect, members, category, negated);
	else
		refuse(dialect, psprintf("\\%c{%s}", negated ? 'P' : 'p', name));
	dialect->at = end + 1;
}

/* ---------------------------------------------------------------- escapes */

/* Up to limit digits of that base; at least least. */
static pg_wchar
read_number(Dialect *dialect, int base, int least, int limit)
{
	pg_wchar number = 0;
	int count = 0;

	while (count < limit)
	{
		char c = *dialect->at;
		int digit = isdigit((unsigned char) c)	  ? c - '0'
					: isxdigit((unsigned char) c) ? pg_ascii_tolower(c) - 'a' + 10
												  : 99;

		if (digit >= base)
			break;
		number = number * base + digit;
		dialect->at++;
		count++;
	}
	if (count < least || number > MAX_CODE_POINT)
		invalid(dialect, "malformed character escape");
	return number;
}

/* Behind \0: one to three octal digits, no more than a byte. */
static pg_wchar
read_octal(Dialect *dialect)
{
	bool three = dialect->at[0] >= '0' && dialect->at[0] <= '3';

	return read_number(dialect, 8, 1, three ? 3 : 2);
}

/* Behind \x: two digits, or any number in braces. */
static pg_wchar
read_hexadecimal(Dialect *dialect)
{
	pg_wchar c;

	if (*dialect->at != '{')
		return read_number(dialect, 16, 2, 2);
	dialect->at++;
	c = read_number(dialect, 16, 1, 7);
	if (*dialect->at++ != '}')
		invalid(dialect, "malformed character escape");
	return c;
}

/* Behind \u: four digits; the two halves of a surrogate pair are one character. */
static pg_wchar
read_utf16(Dialect *dialect)
{
	pg_wchar high = read_number(dialect, 16, 4, 4);
	pg_wchar low;

	if (high < 0xD800 || high > 0xDFFF)
		return high;
	if (high > 0xDBFF || strncmp(dialect->at, "\\u", 2) != 0)
		invalid(dialect, "lone surrogate");
	dialect->at += 2;
	low = read_number(dialect, 16, 4, 4);
	if (low < 0xDC00 || low > 0xDFFF)
		invalid(dialect, "lone surrogate");
	return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* Behind a backslash.  True: it stands for one character. */
static bool
read_character_escape(Dialect *dialect, pg_wchar *c)
{
	static const char names[] = "tnrfae";
	static const char values[] = "\t\n\r\f\a\033";
	pg_wchar letter = next_character(dialect);
	const char *found = letter < 128 ? strchr(names, (int) letter) : NULL;

	*c = letter;
	if (letter >= 128 || !isalnum((int) letter))
		return true;
	if (found != NULL)
		*c = values[found - names];
	else if (letter == '0')
		*c = read_octal(dialect);
	else if (letter == 'x')
		*c = read_hexadecimal(dialect);
	else if (letter == 'u')
		*c = read_utf16(dialect);
	else if (letter == 'c')
		*c = next_character(dialect) ^ 64;
	else
		return false;
	return true;
}

/* Between \Q and \E; the reading position is behind \Q.  Returns where the quoted text ends. */
static const char *
quoted_end(const Dialect *dialect)
{
	const char *end = strstr(dialect->at, "\\E");

	return end ? end : dialect->at + strlen(dialect->at);
}

/* Behind a backslash in or outside of a class: sets of characters.  False: something else. */
static bool
add_set(Dialect *dialect, Members *members, char letter)
{
	if (strchr("dDwWsShHvV", letter))
		appendStringInfo(&members->others, "\\%c", letter);
	else if (letter == 'p' || letter == 'P')
		add_property(dialect, members, letter == 'P');
	else
		return false;
	return true;
}

/* ---------------------------------------------------------------- classes */

/* Text between \Q and \E in a class. */
static void
add_quoted(Dialect *dialect, Members *members)
{
	const char *end = quoted_end(dialect);

	while (dialect->at < end)
	{
		pg_wchar c = next_character(dialect);

		members_add(dialect, members, c, c);
	}
	if (*end)
		dialect->at = end + 2;
}

/* One end of a range, or one member.  False: it was a set, and is added. */
static bool
read_member(Dialect *dialect, Members *members, pg_wchar *c)
{
	char letter;

	if (*dialect->at == '[')
		refuse(dialect, "[ inside a class");
	if (strncmp(dialect->at, "&&", 2) == 0)
		refuse(dialect, "&&");
	if (*dialect->at != '\\')
	{
		*c = next_character(dialect);
		return true;
	}
	dialect->at++;
	letter = *dialect->at;
	if (read_character_escape(dialect, c))
		return true;
	if (letter == 'Q')
		add_quoted(dialect, members);
	else if (!add_set(dialect, members, letter))
		refuse(dialect, psprintf("\\%c inside a class", letter));
	return false;
}

/* Is the reading position at a - that makes a range? */
static bool
at_range(Dialect *dialect)
{
	return dialect->at[0] == '-' && dialect->at[1] != ']' && dialect->at[1] != '[' && dialect->at[1] != '\0';
}

static void
translate_class(Dialect *dialect)
{
	Members members;
	bool negated;

	members_init(&members);
	skip_comments(dialect);
	negated = *dialect->at == '^';
	if (negated)
		dialect->at++;
	skip_comments(dialect);
	if (*dialect->at == ']')
		refuse(dialect, negated ? "[^]" : "[]");
	for (skip_comments(dialect); *dialect->at != ']'; skip_comments(dialect))
	{
		pg_wchar low;
		pg_wchar high;

		if (*dialect->at == '\0')
			invalid(dialect, "unclosed class");
		if (!read_member(dialect, &members, &low))
			continue;
		skip_comments(dialect);
		high = low;
		if (at_range(dialect))
		{
			dialect->at++;
			skip_comments(dialect);
			if (!read_member(dialect, &members, &high) || high < low)
				invalid(dialect, "malformed range");
		}
		members_add(dialect, &members, low, high);
	}
	dialect->at++;
	write_members(dialect, &members, negated);
}

/* ---------------------------------------------------------------- atoms */

/* A reference to a group that stands before. */
static void
write_reference(Dialect *dialect, const char *reference)
{
	if (dialect->flags.ignore_case)
		refuse(dialect, "a reference to a group where case is ignored");
	appendStringInfoString(&dialect->out, reference);
}

/* Behind a backslash and a digit: as many digits as make the number of a group. */
static void
translate_numbered_reference(Dialect *dialect, int number)
{
	if (number > dialect->groups)
		invalid(dialect, "reference to a group that does not stand before");
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
		invalid(dialect, "malformed group name");
	dialect->at = end + 1;
	return pnstrdup(start, end - start);
}

static void
translate_quoted(Dialect *dialect)
{
	const char *end = quoted_end(dialect);

	while (dialect->at < end)
		write_literal(dialect, next_character(dialect));
	if (*end)
		dialect->at = end + 2;
}

static void
translate_other_escape(Dialect *dialect, char letter)
{
	Members members;

	members_init(&members);
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
	else if (add_set(dialect, &members, letter))
		write_members(dialect, &members, false);
	else
		refuse(dialect, psprintf("\\%c", letter));
}

static void
translate_escape(Dialect *dialect)
{
	char letter = *dialect->at;
	pg_wchar c;

	if (read_character_escape(dialect, &c))
		write_literal(dialect, c);
	else
		translate_other_escape(dialect, letter);
}

/* ---------------------------------------------------------------- groups */

static void
open_group(Dialect *dialect, const char *text)
{
	if (dialect->depth == MAX_NESTING)
		invalid(dialect, "groups are nested too deeply");
	dialect->saved[dialect->depth++] = dialect->flags;
	appendStringInfoString(&dialect->out, text);
}

static void
close_group(Dialect *dialect)
{
	if (dialect->depth == 0)
		invalid(dialect, "unmatched )");
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
			refuse(dialect, c ? psprintf("(?%c", c) : "(?");
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
		invalid(dialect, "malformed repetition");
	appendBinaryStringInfo(&dialect->out, start, end + 1 - start);
	dialect->at = end + 1;
}

/* What may follow an atom. */
static void
translate_quantifier(Dialect *dialect)
{
	skip_comments(dialect);
	if (*dialect->at == '\0' || !strchr("*+?{", *dialect->at))
		return;
	if (*dialect->at == '{')
		translate_braces(dialect);
	else
		appendStringInfoChar(&dialect->out, *dialect->at++);
	if (*dialect->at == '?' || *dialect->at == '+')
		appendStringInfoChar(&dialect->out, *dialect->at++);
	skip_comments(dialect);
	if (*dialect->at != '\0' && strchr("*+?{", *dialect->at))
		refuse(dialect, psprintf("%c behind a quantifier", *dialect->at));
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
			translate_class(dialect);
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
			invalid(dialect, "nothing to repeat");
			return false;
		default:
			write_literal(dialect, next_character(dialect));
			return true;
	}
}

char *
java_dialect_translate(const char *option, const char *pattern, bool ignore_case)
{
	Dialect dialect = {.option = option, .pattern = pattern, .at = pattern, .flags = {.ignore_case = ignore_case}};

	initStringInfo(&dialect.out);
	for (skip_comments(&dialect); *dialect.at; skip_comments(&dialect))
		if (translate_atom(&dialect))
			translate_quantifier(&dialect);
	if (dialect.depth > 0)
		invalid(&dialect, "unclosed group");
	return dialect.out.data;
}

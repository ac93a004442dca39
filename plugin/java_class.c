/*-------------------------------------------------------------------------
 *
 * java_class.c
 *	  See java_class.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "java_class.h"

#define MAX_CODE_POINT 0x10FFFF

void
dialect_refuse(const Dialect *dialect, const char *construct)
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

void
dialect_invalid(const Dialect *dialect, const char *reason)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
					errmsg("invalid regular expression \"%s\" in option \"%s\": %s", dialect->pattern, dialect->option,
						   reason),
					errdetail("The error is at byte %zu.", (size_t) (dialect->at - dialect->pattern))));
}

/* The character at the reading position, which moves behind it. */
pg_wchar
dialect_next(Dialect *dialect)
{
	const unsigned char *at = (const unsigned char *) dialect->at;

	if (*at == '\0')
		dialect_invalid(dialect, "unexpected end");
	dialect->at += pg_utf_mblen(at);
	return utf8_to_unicode(at);
}

/* With flag x, white space and comments mean nothing. */
void
dialect_skip_comments(Dialect *dialect)
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

void
class_members_init(Members *members)
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

void
class_members_write(Dialect *dialect, const Members *members, bool negated)
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

void
class_write_literal(Dialect *dialect, pg_wchar c)
{
	Members members;

	if (!dialect->flags.ignore_case || c >= 128 || !isalpha((int) c))
	{
		appendStringInfo(&dialect->out, "\\x{%x}", c);
		return;
	}
	class_members_init(&members);
	members_add(dialect, &members, c, c);
	class_members_write(dialect, &members, false);
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
		dialect_invalid(dialect, "unclosed property");
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
		dialect_refuse(dialect, psprintf("\\%c{%s}", negated ? 'P' : 'p', name));
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
		dialect_invalid(dialect, "malformed character escape");
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
		dialect_invalid(dialect, "malformed character escape");
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
		dialect_invalid(dialect, "lone surrogate");
	dialect->at += 2;
	low = read_number(dialect, 16, 4, 4);
	if (low < 0xDC00 || low > 0xDFFF)
		dialect_invalid(dialect, "lone surrogate");
	return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* Behind a backslash.  True: it stands for one character. */
bool
class_read_escape(Dialect *dialect, pg_wchar *c)
{
	static const char names[] = "tnrfae";
	static const char values[] = "\t\n\r\f\a\033";
	pg_wchar letter = dialect_next(dialect);
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
		*c = dialect_next(dialect) ^ 64;
	else
		return false;
	return true;
}

/* Between \Q and \E; the reading position is behind \Q.  Returns where the quoted text ends. */
const char *
class_quoted_end(const Dialect *dialect)
{
	const char *end = strstr(dialect->at, "\\E");

	return end ? end : dialect->at + strlen(dialect->at);
}

/* Behind a backslash in or outside of a class: sets of characters.  False: something else. */
bool
class_add_set(Dialect *dialect, Members *members, char letter)
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
	const char *end = class_quoted_end(dialect);

	while (dialect->at < end)
	{
		pg_wchar c = dialect_next(dialect);

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
		dialect_refuse(dialect, "[ inside a class");
	if (strncmp(dialect->at, "&&", 2) == 0)
		dialect_refuse(dialect, "&&");
	if (*dialect->at != '\\')
	{
		*c = dialect_next(dialect);
		return true;
	}
	dialect->at++;
	letter = *dialect->at;
	if (class_read_escape(dialect, c))
		return true;
	if (letter == 'Q')
		add_quoted(dialect, members);
	else if (!class_add_set(dialect, members, letter))
		dialect_refuse(dialect, psprintf("\\%c inside a class", letter));
	return false;
}

/* Is the reading position at a - that makes a range? */
static bool
at_range(Dialect *dialect)
{
	return dialect->at[0] == '-' && dialect->at[1] != ']' && dialect->at[1] != '[' && dialect->at[1] != '\0';
}

void
class_translate(Dialect *dialect)
{
	Members members;
	bool negated;

	class_members_init(&members);
	dialect_skip_comments(dialect);
	negated = *dialect->at == '^';
	if (negated)
		dialect->at++;
	dialect_skip_comments(dialect);
	if (*dialect->at == ']')
		dialect_refuse(dialect, negated ? "[^]" : "[]");
	for (dialect_skip_comments(dialect); *dialect->at != ']'; dialect_skip_comments(dialect))
	{
		pg_wchar low;
		pg_wchar high;

		if (*dialect->at == '\0')
			dialect_invalid(dialect, "unclosed class");
		if (!read_member(dialect, &members, &low))
			continue;
		dialect_skip_comments(dialect);
		high = low;
		if (at_range(dialect))
		{
			dialect->at++;
			dialect_skip_comments(dialect);
			if (!read_member(dialect, &members, &high) || high < low)
				dialect_invalid(dialect, "malformed range");
		}
		members_add(dialect, &members, low, high);
	}
	dialect->at++;
	class_members_write(dialect, &members, negated);
}

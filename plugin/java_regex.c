/*-------------------------------------------------------------------------
 *
 * java_regex.c
 *	  See java_regex.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "utils/memutils.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "java_regex.h"

#define MAX_PATTERNS 10000
#define MAX_PATTERN_SIZE 10000
#define MATCH_STEPS 1000000
#define MATCH_HEAP_KB (16 * 1024)

typedef struct Regex
{
	const char *option;
	const char *pattern;
	pcre2_code *code;
} Regex;

struct RegexList
{
	int count;
	Regex *regexes;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static void *
regex_malloc(PCRE2_SIZE size, void *context)
{
	return MemoryContextAllocExtended(context, size, MCXT_ALLOC_NO_OOM | MCXT_ALLOC_HUGE);
}

static void
regex_free(void *pointer, void *context)
{
	if (pointer != NULL)
		pfree(pointer);
}

static void
refuse_construct(const char *option, const char *pattern, const char *construct)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
			 errmsg("regular expression \"%s\" in option \"%s\" uses \"%s\", which is not supported", pattern, option, construct),
			 errhint("Supported: literals, ., classes without nesting or &&, \\d \\w \\s \\b \\Q..\\E and the like, groups, "
					 "alternatives, greedy, reluctant and possessive quantifiers, look-around, flags i, s, m, x.")));
}

/* What may follow "(?": Java's groups, look-around and flags. */
static bool
group_is_java(const char *at)
{
	const char *flags = at + strspn(at, "ismx-");

	if (strchr(":=!>", *at) && *at)
		return true;
	if (*at == '<')
		return at[1] == '=' || at[1] == '!' || isalpha((unsigned char) at[1]);
	return flags > at && (*flags == ')' || *flags == ':');
}

/* Skips an escape; returns its last character. */
static const char *
check_escape(const char *option, const char *pattern, const char *at)
{
	char name[3] = {'\\', at[1], '\0'};

	if (at[1] == '\0')
		return at; /* PCRE2 reports it */
	if (strchr("KCgNoGXyYjJiIlLmM", at[1]))
		refuse_construct(option, pattern, name);
	if (at[1] == 'Q')
	{
		const char *end = strstr(at, "\\E");

		return end ? end + 1 : at + strlen(at) - 1;
	}
	return at + 1;
}

/* A class: at its [; returns its closing bracket, or the end of the pattern. */
static const char *
check_class(const char *option, const char *pattern, const char *at)
{
	at++;
	if (*at == '^')
		at++;
	if (*at == ']')
		refuse_construct(option, pattern, "[]");
	for (; *at && *at != ']'; at++)
	{
		if (*at == '[')
			refuse_construct(option, pattern, "[ inside a class");
		if (at[0] == '&' && at[1] == '&')
			refuse_construct(option, pattern, "&&");
		if (*at == '\\')
			at = check_escape(option, pattern, at);
		if (*at == '\0')
			break;
	}
	return at;
}

static void
check_dialect(const char *option, const char *pattern)
{
	for (const char *at = pattern; *at; at++)
	{
		if (*at == '\\')
			at = check_escape(option, pattern, at);
		else if (*at == '[')
			at = check_class(option, pattern, at);
		else if (at[0] == '(' && at[1] == '*')
			refuse_construct(option, pattern, "(*");
		else if (at[0] == '(' && at[1] == '?' && !group_is_java(at + 2))
			refuse_construct(option, pattern, psprintf("(?%c", at[2]));
		if (*at == '\0')
			break;
	}
}

static void
regex_compile(MemoryContext context, Regex *regex)
{
	pcre2_general_context *general = pcre2_general_context_create(regex_malloc, regex_free, context);
	pcre2_compile_context *compile = general ? pcre2_compile_context_create(general) : NULL;
	PCRE2_UCHAR reason[256];
	PCRE2_SIZE offset;
	int error;

	if (compile == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	check_dialect(regex->option, regex->pattern);
	pcre2_set_max_pattern_length(compile, MAX_PATTERN_SIZE);
	pcre2_set_parens_nest_limit(compile, 100);
	regex->code = pcre2_compile((PCRE2_SPTR) regex->pattern, PCRE2_ZERO_TERMINATED,
								PCRE2_UTF | PCRE2_CASELESS | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_NEVER_BACKSLASH_C,
								&error, &offset, compile);
	if (regex->code == NULL)
	{
		pcre2_get_error_message(error, reason, sizeof(reason));
		ereport(ERROR, (errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
						errmsg("invalid regular expression \"%s\" in option \"%s\": %s", regex->pattern, regex->option,
							   (char *) reason),
						errdetail("The error is at byte %zu.", offset)));
	}
}

/* The next pattern of a list, with "\," made ","; advances *at behind its comma. */
static char *
next_pattern(const char **at)
{
	char *pattern = palloc(strlen(*at) + 1);
	char *out = pattern;
	const char *in = *at;

	while (isspace((unsigned char) *in))
		in++;
	for (; *in && *in != ','; in++)
	{
		if (in[0] == '\\' && in[1] == ',')
			in++;
		else if (in[0] == '\\' && in[1] != '\0')
			*out++ = *in++;
		*out++ = *in;
	}
	while (out > pattern && isspace((unsigned char) out[-1]))
		out--;
	*out = '\0';
	*at = *in ? in + 1 : in;
	return pattern;
}

static void
set_limits(RegexList *list, MemoryContext context)
{
	pcre2_general_context *general = pcre2_general_context_create(regex_malloc, regex_free, context);

	list->match = general ? pcre2_match_data_create(1, general) : NULL;
	list->limits = general ? pcre2_match_context_create(general) : NULL;
	if (list->match == NULL || list->limits == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	pcre2_set_match_limit(list->limits, MATCH_STEPS);
	pcre2_set_depth_limit(list->limits, MATCH_STEPS / 10);
	pcre2_set_heap_limit(list->limits, MATCH_HEAP_KB);
}

RegexList *
regex_list_compile(MemoryContext context, const char *option, const char *text)
{
	MemoryContext previous = MemoryContextSwitchTo(context);
	RegexList *list = palloc0(sizeof(RegexList));
	int room = 8;

	list->regexes = palloc(room * sizeof(Regex));
	while (text != NULL && *text)
	{
		Regex *regex;
		char *pattern = next_pattern(&text);

		if (*pattern == '\0')
			continue;
		if (list->count == MAX_PATTERNS)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("option \"%s\" has more than %d regular expressions", option, MAX_PATTERNS)));
		if (list->count == room)
			list->regexes = repalloc(list->regexes, (room *= 2) * sizeof(Regex));
		regex = &list->regexes[list->count++];
		regex->option = option;
		regex->pattern = pattern;
		regex_compile(context, regex);
	}
	if (list->count > 0)
		set_limits(list, context);
	MemoryContextSwitchTo(previous);
	return list->count > 0 ? list : NULL;
}

static bool
regex_matches(const RegexList *list, const Regex *regex, const char *subject, Size size)
{
	int result = pcre2_match(regex->code, (PCRE2_SPTR) subject, size, 0, 0, list->match, list->limits);

	if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT || result == PCRE2_ERROR_HEAPLIMIT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("regular expression \"%s\" in option \"%s\" takes too many steps", regex->pattern, regex->option),
						errdetail("The text was \"%.200s\".", subject),
						errhint("Avoid nested repetition such as (a+)+.")));
	return result >= 0;
}

bool
regex_list_matches(const RegexList *list, const char *subject, Size size)
{
	for (int i = 0; list != NULL && i < list->count; i++)
		if (regex_matches(list, &list->regexes[i], subject, size))
			return true;
	return false;
}

/*-------------------------------------------------------------------------
 *
 * java_regex.c
 *	  See java_regex.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/memutils.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "java_dialect.h"
#include "java_regex.h"

#define MAX_PATTERNS 10000
#define MAX_PATTERN_SIZE 10000
#define MATCH_STEPS 1000000
#define MATCH_HEAP_KB (16 * 1024)

struct JavaRegex
{
	const char *option;
	const char *pattern;
	pcre2_code *code;
	pcre2_general_context *general;
	pcre2_match_context *limits;
};

struct RegexList
{
	int count;
	JavaRegex **regexes;
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
out_of_memory(void)
{
	ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
}

static void
compile_code(JavaRegex *regex, const char *translated, pcre2_general_context *general)
{
	pcre2_compile_context *compile = pcre2_compile_context_create(general);
	PCRE2_UCHAR reason[256];
	PCRE2_SIZE offset;
	int error;

	if (compile == NULL)
		out_of_memory();
	pcre2_set_parens_nest_limit(compile, 250);
	regex->code = pcre2_compile((PCRE2_SPTR) translated, PCRE2_ZERO_TERMINATED, PCRE2_UTF | PCRE2_NEVER_BACKSLASH_C,
								&error, &offset, compile);
	pcre2_compile_context_free(compile);
	if (regex->code != NULL)
		return;
	pcre2_get_error_message(error, reason, sizeof(reason));
	ereport(ERROR, (errcode(ERRCODE_INVALID_REGULAR_EXPRESSION),
					errmsg("invalid regular expression \"%s\" in option \"%s\": %s", regex->pattern, regex->option,
						   (char *) reason)));
}

static void
set_limits(JavaRegex *regex, pcre2_general_context *general)
{
	regex->general = general;
	regex->limits = pcre2_match_context_create(general);
	if (regex->limits == NULL)
		out_of_memory();
	pcre2_set_match_limit(regex->limits, MATCH_STEPS);
	pcre2_set_depth_limit(regex->limits, MATCH_STEPS / 10);
	pcre2_set_heap_limit(regex->limits, MATCH_HEAP_KB);
}

JavaRegex *
java_regex_compile(MemoryContext context, const char *option, const char *pattern, bool ignore_case)
{
	JavaRegex *regex = MemoryContextAllocZero(context, sizeof(JavaRegex));
	pcre2_general_context *general = pcre2_general_context_create(regex_malloc, regex_free, context);
	char *translated;

	if (general == NULL)
		out_of_memory();
	if (strlen(pattern) > MAX_PATTERN_SIZE)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("a regular expression in option \"%s\" is longer than %d bytes", option, MAX_PATTERN_SIZE)));
	regex->option = option;
	regex->pattern = MemoryContextStrdup(context, pattern);
	translated = java_dialect_translate(option, pattern, ignore_case);
	compile_code(regex, translated, general);
	set_limits(regex, general);
	pfree(translated);
	return regex;
}

/* Made for one match and freed behind it: it keeps what the match took, which may be MATCH_HEAP_KB per pattern. */
static pcre2_match_data *
match_data(const JavaRegex *regex)
{
	pcre2_match_data *match = pcre2_match_data_create_from_pattern(regex->code, regex->general);

	if (match == NULL)
		out_of_memory();
	return match;
}

/* The number of groups set in the match data, 0: no match. */
static int
run_match(const JavaRegex *regex, pcre2_match_data *match, const char *subject, Size size, uint32 options)
{
	int result;

	/* a list may hold thousands of patterns, each of which may take all its steps */
	CHECK_FOR_INTERRUPTS();
	result = pcre2_match(regex->code, (PCRE2_SPTR) subject, size, 0, options, match, regex->limits);

	if (result == PCRE2_ERROR_MATCHLIMIT || result == PCRE2_ERROR_DEPTHLIMIT || result == PCRE2_ERROR_HEAPLIMIT)
		ereport(
			ERROR,
			(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
			 errmsg("regular expression \"%s\" in option \"%s\" takes too many steps", regex->pattern, regex->option),
			 errdetail("The text was \"%.200s\".", subject), errhint("Avoid nested repetition such as (a+)+.")));
	return Max(result, 0);
}

bool
java_regex_matches(const JavaRegex *regex, const char *subject, Size size)
{
	pcre2_match_data *match = match_data(regex);
	bool matches = run_match(regex, match, subject, size, PCRE2_ANCHORED | PCRE2_ENDANCHORED) > 0;

	pcre2_match_data_free(match);
	return matches;
}

/* ---------------------------------------------------------------- replacements */

static int
group_count(const JavaRegex *regex)
{
	uint32_t count = 0;

	pcre2_pattern_info(regex->code, PCRE2_INFO_CAPTURECOUNT, &count);
	return (int) count;
}

/* Behind a $: the number of the group, *at behind the reference; -1: malformed. */
static int
read_group(const JavaRegex *regex, const char **at)
{
	const char *start = *at + 1;
	const char *end = start;
	int group;

	if (**at == '{')
	{
		while (isalnum((unsigned char) *end))
			end++;
		if (*end != '}' || !isalpha((unsigned char) *start))
			return -1;
		*at = end + 1;
		return pcre2_substring_number_from_name(regex->code, (PCRE2_SPTR) pnstrdup(start, end - start));
	}
	if (!isdigit((unsigned char) **at))
		return -1;
	group = **at - '0';
	/* as many digits as make the number of a group that exists */
	for (; isdigit((unsigned char) *start) && group * 10 + (*start - '0') <= group_count(regex); start++)
		group = group * 10 + (*start - '0');
	*at = start;
	return group <= group_count(regex) ? group : -1;
}

void
java_replacement_check(const JavaRegex *regex, const char *option, const char *replacement)
{
	bool valid = true;

	for (const char *at = replacement; valid && *at;)
	{
		char c = *at++;

		if (c == '\\')
			valid = *at++ != '\0';
		else if (c == '$')
			valid = read_group(regex, &at) >= 0;
	}
	if (!valid)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("invalid value \"%s\" for option \"%s\"", replacement, option),
				 errhint("$1 and ${name} stand for groups of \"%s\", \\$ and \\\\ for themselves.", regex->pattern)));
}

/* A group of the last match; one that took no part is empty. */
static void
append_group(const PCRE2_SIZE *offsets, StringInfo out, const char *subject, int group, int set)
{
	if (group < set && offsets[2 * group] != PCRE2_UNSET)
		appendBinaryStringInfo(out, subject + offsets[2 * group], offsets[2 * group + 1] - offsets[2 * group]);
}

char *
java_regex_replace_first(const JavaRegex *regex, const char *subject, const char *replacement)
{
	pcre2_match_data *match = match_data(regex);
	int set = run_match(regex, match, subject, strlen(subject), 0);
	const PCRE2_SIZE *offsets = pcre2_get_ovector_pointer(match);
	StringInfoData out;

	if (set == 0)
	{
		pcre2_match_data_free(match);
		return pstrdup(subject);
	}
	initStringInfo(&out);
	appendBinaryStringInfo(&out, subject, offsets[0]);
	for (const char *at = replacement; *at;)
	{
		char c = *at++;

		if (c == '$')
			append_group(offsets, &out, subject, read_group(regex, &at), set);
		else
			appendStringInfoChar(&out, c == '\\' && *at ? *at++ : c);
	}
	appendStringInfoString(&out, subject + offsets[1]);
	pcre2_match_data_free(match);
	return out.data;
}

/* ---------------------------------------------------------------- lists */

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

RegexList *
regex_list_compile(MemoryContext context, const char *option, const char *text)
{
	RegexList *list = MemoryContextAllocZero(context, sizeof(RegexList));
	int room = 8;

	list->regexes = MemoryContextAlloc(context, room * sizeof(JavaRegex *));
	while (text != NULL && *text)
	{
		char *pattern = next_pattern(&text);

		if (*pattern == '\0')
			continue;
		if (list->count == MAX_PATTERNS)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
							errmsg("option \"%s\" has more than %d regular expressions", option, MAX_PATTERNS)));
		if (list->count == room)
			list->regexes = repalloc(list->regexes, (room *= 2) * sizeof(JavaRegex *));
		list->regexes[list->count++] = java_regex_compile(context, option, pattern, true);
		pfree(pattern);
	}
	return list->count > 0 ? list : NULL;
}

bool
regex_list_matches(const RegexList *list, const char *subject, Size size)
{
	return regex_list_position(list, subject, size) > 0;
}

int
regex_list_position(const RegexList *list, const char *subject, Size size)
{
	for (int i = 0; list != NULL && i < list->count; i++)
		if (java_regex_matches(list->regexes[i], subject, size))
			return i + 1;
	return 0;
}

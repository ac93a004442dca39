/*-------------------------------------------------------------------------
 *
 * topic_name.c
 *	  See topic_name.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"

#include "java_regex.h"
#include "topic_name.h"

/* What a topic's name may be made of. */
#define TOPIC_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-"

/* What becomes of a character that may not stay. */
typedef enum Replacement
{
	REPLACE_UNDERSCORE, /* one _ per UTF-16 unit */
	REPLACE_UNICODE,	/* _uX… per UTF-16 unit, 00 before it below 0x100 (three digits below 0x10) */
} Replacement;

static void
append_unit(StringInfo out, Replacement replacement, unsigned int unit)
{
	if (replacement == REPLACE_UNDERSCORE)
		appendStringInfoChar(out, '_');
	else if (unit < 0x100)
		appendStringInfo(out, "_u00%x", unit);
	else
		appendStringInfo(out, "_u%x", unit);
}

static void
append_replaced(StringInfo out, Replacement replacement, pg_wchar c)
{
	if (c < 0x10000)
		append_unit(out, replacement, c);
	else
	{
		append_unit(out, replacement, 0xD800 + ((c - 0x10000) >> 10));
		append_unit(out, replacement, 0xDC00 + ((c - 0x10000) & 0x3FF));
	}
}

/* Keeps letters, digits and what is in also; first: no digit may lead. */
static char *
replace_characters(const char *text, const char *also, Replacement replacement, bool first)
{
	StringInfoData out;

	initStringInfo(&out);
	for (const char *at = text; *at; at += pg_utf_mblen((const unsigned char *) at))
	{
		unsigned char c = (unsigned char) *at;
		bool leading_digit = first && at == text && isdigit(c);

		if (c < 0x80 && (isalnum(c) || strchr(also, c)) && !leading_digit)
			appendStringInfoChar(&out, c);
		else if (leading_digit && replacement == REPLACE_UNDERSCORE)
			appendStringInfo(&out, "_%c", c);
		else
			append_replaced(&out, replacement, utf8_to_unicode((const unsigned char *) at));
	}
	return out.data;
}

static bool
is_unicode_strategy(TopicStrategy strategy)
{
	return strategy == TOPIC_SCHEMA_UNICODE || strategy == TOPIC_DEFAULT_UNICODE;
}

static char *
sanitise(const PluginOptions *options, const char *name)
{
	TopicStrategy strategy = (TopicStrategy) option_number(options, TOPIC_NAMING_STRATEGY);
	char *topic = is_unicode_strategy(strategy) ? replace_characters(name, ".-", REPLACE_UNICODE, false)
												: replace_characters(name, "._-", REPLACE_UNDERSCORE, false);

	if (strlen(topic) > TOPIC_MAX_SIZE)
		topic[TOPIC_MAX_SIZE] = '\0';
	if (strcmp(topic, ".") == 0)
		return pstrdup("_");
	if (strcmp(topic, "..") == 0)
		return pstrdup("__");
	return topic;
}

static void
append_part(const PluginOptions *options, StringInfo name, const char *part)
{
	if (strspn(part, " \t\n\r") == strlen(part))
		return;
	if (name->len > 0)
		appendStringInfoString(name, option_text(options, TOPIC_DELIMITER));
	appendStringInfoString(name, part);
}

/* Compiled once per session; the strategies named Regex (AbstractRegexTopicNamingStrategy in Debezium). */
typedef struct TopicRouting
{
	JavaRegex *topic;
	JavaRegex *key_field; /* NULL: none */
} TopicRouting;

/* A pattern that needs its replacement; NULL: it is not given. */
static JavaRegex *
compile_pair(PluginOptions *options, OptionId pattern, OptionId replacement)
{
	const char *text = options->values[pattern].text;
	const char *name = option_definitions[replacement].name;
	JavaRegex *regex;

	if (text == NULL)
		return NULL;
	if (options->values[replacement].text == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"%s\" needs option \"%s\"", option_definitions[pattern].name, name)));
	regex = java_regex_compile(options->context, option_definitions[pattern].name, text, false);
	java_replacement_check(regex, name, options->values[replacement].text);
	return regex;
}

void
topic_routing_parse(PluginOptions *options)
{
	TopicStrategy strategy = (TopicStrategy) option_number(options, TOPIC_NAMING_STRATEGY);
	TopicRouting *routing;

	if (strategy != TOPIC_SCHEMA_REGEX && strategy != TOPIC_DEFAULT_REGEX)
		return;
	if (option_text(options, TOPIC_REGEX) == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("option \"topic.naming.strategy\" given as \"%s\" needs option \"topic.regex\"",
							   option_text(options, TOPIC_NAMING_STRATEGY))));
	routing = palloc0(sizeof(TopicRouting));
	routing->topic = compile_pair(options, OPT_TOPIC_REGEX, OPT_TOPIC_REPLACEMENT);
	routing->key_field = compile_pair(options, OPT_TOPIC_KEY_FIELD_REGEX, OPT_TOPIC_KEY_FIELD_REPLACEMENT);
	options->topic_routing = routing;
}

/* Prefix, schema if the strategy has it, and table; not sanitised. */
static char *
origin_topic(const PluginOptions *options, const char *schema, const char *table)
{
	TopicStrategy strategy = (TopicStrategy) option_number(options, TOPIC_NAMING_STRATEGY);
	StringInfoData name;

	initStringInfo(&name);
	append_part(options, &name, options->topic_prefix);
	if (strategy != TOPIC_DEFAULT && strategy != TOPIC_DEFAULT_UNICODE && strategy != TOPIC_DEFAULT_REGEX)
		append_part(options, &name, schema);
	append_part(options, &name, table);
	return name.data;
}

char *
topic_for_table(const PluginOptions *options, const char *schema, const char *table)
{
	char *topic = sanitise(options, origin_topic(options, schema, table));
	const JavaRegex *regex = options->topic_routing ? options->topic_routing->topic : NULL;
	char *renamed;

	if (regex == NULL || !java_regex_matches(regex, topic, strlen(topic)))
		return topic;
	renamed = java_regex_replace_first(regex, topic, option_text(options, TOPIC_REPLACEMENT));
	return *renamed ? renamed : topic;
}

char *
topic_key_identifier(const PluginOptions *options, const char *schema, const char *table)
{
	char *topic;
	const JavaRegex *regex;

	if (options->topic_routing == NULL || !option_bool(options, TOPIC_KEY_ENFORCE_UNIQUENESS))
		return NULL;
	topic = origin_topic(options, schema, table);
	regex = options->topic_routing->key_field;
	if (regex == NULL || !java_regex_matches(regex, topic, strlen(topic)))
		return topic;
	return java_regex_replace_first(regex, topic, option_text(options, TOPIC_KEY_FIELD_REPLACEMENT));
}

char *
topic_for_transactions(const PluginOptions *options)
{
	StringInfoData name;

	initStringInfo(&name);
	append_part(options, &name, options->topic_prefix);
	append_part(options, &name, option_text(options, TOPIC_TRANSACTION));
	return name.data;
}

char *
topic_for_messages(const PluginOptions *options)
{
	return psprintf("%s.message", options->topic_prefix);
}

static char *
adjust(AdjustmentMode mode, const char *name, const char *also)
{
	switch (mode)
	{
		case ADJUST_AVRO:
			return replace_characters(name, psprintf("%s_", also), REPLACE_UNDERSCORE, true);
		case ADJUST_AVRO_UNICODE:
			return replace_characters(name, also, REPLACE_UNICODE, true);
		case ADJUST_NONE:
			break;
	}
	return pstrdup(name);
}

bool
topic_is_valid(const char *topic)
{
	Size size = strlen(topic);

	return size > 0 && size <= TOPIC_MAX_SIZE && strspn(topic, TOPIC_CHARACTERS) == size && strcmp(topic, ".") != 0 &&
		   strcmp(topic, "..") != 0;
}

char *
schema_name_adjusted(AdjustmentMode mode, const char *topic, const char *suffix)
{
	return adjust(mode, psprintf("%s%s", topic, suffix), ".");
}

char *
schema_name(const PluginOptions *options, const char *topic, const char *suffix)
{
	return schema_name_adjusted((AdjustmentMode) option_number(options, SCHEMA_NAME_ADJUSTMENT_MODE), topic, suffix);
}

char *
field_name(const PluginOptions *options, const char *column)
{
	return adjust((AdjustmentMode) option_number(options, FIELD_NAME_ADJUSTMENT_MODE), column, "");
}

/*-------------------------------------------------------------------------
 *
 * column_default.c
 *	  Defaults as Debezium reads them: nothing is evaluated, the text of the
 *	  expression is matched against a few patterns (reference 5).
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/lsyscache.h"

#include "encoder_table.h"
#include "value_encoder.h"

/* Since this release '' inside a literal is read as a quote; before, the literal ended there. */
#define RELEASE_UNESCAPING_QUOTES 307

static bool
is_function_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* ^[(]?[A-Za-z0-9_.]+\(.*\) on one line */
static bool
is_function_call(const char *text)
{
	const char *name = *text == '(' ? text + 1 : text;
	const char *end = name;
	const char *close;

	while (is_function_character(*end))
		end++;
	if (end == name || *end != '(')
		return false;
	close = strchr(end, ')');
	return close != NULL && close < end + strcspn(end, "\r\n");
}

static bool
is_current_time(const char *text)
{
	static const char *const words[] = {"current_timestamp", "current_time", "current_date", "localtime",
										"localtimestamp"};

	for (int i = 0; i < (int) lengthof(words); i++)
	{
		if (pg_strcasecmp(text, words[i]) == 0)
			return true;
	}
	return false;
}

/* Content of the literal whose opening quote is given. */
static char *
quoted_content(const char *quote, int release)
{
	StringInfoData content;

	initStringInfo(&content);
	for (const char *p = quote + 1; *p != '\0'; p++)
	{
		if (*p == '\'')
		{
			if (p[1] != '\'' || release < RELEASE_UNESCAPING_QUOTES)
				break;
			p++;
		}
		appendStringInfoChar(&content, *p);
	}
	return content.data;
}

/* 'label'::type and nothing else. NULL: none. */
static char *
enum_label_of(const char *text, Oid type)
{
	char *name = type_name(type);
	Size size = strlen(text);
	char *cast;

	if (name == NULL)
		return NULL;
	cast = psprintf("'::%s", name);
	if (size <= strlen(cast) || text[0] != '\'' || strcmp(text + size - strlen(cast), cast) != 0)
		return NULL;
	return quoted_content(text, RELEASE_UNESCAPING_QUOTES);
}

/* Sets *literal to what default_value() wants; false: there is no default. */
static bool
find_literal(const ValueCodec *codec, const char *text, const char **literal)
{
	const char *quote = strchr(text, '\'');

	if (type_is_enum(codec->type))
	{
		*literal = enum_label_of(text, codec->type);
		return *literal != NULL;
	}
	if (strncmp(text, "NULL::", 6) == 0)
		return false;
	if (is_function_call(text) || is_current_time(text))
		*literal = NULL;
	else if (quote != NULL)
		*literal = quoted_content(quote, codec->modes->release);
	else
		*literal = text;
	return true;
}

char *
column_default(const ValueCodec *codec, Oid column_type, const char *default_text)
{
	JsonWriter writer;
	const char *literal;

	/* A domain has a mapping for its values, yet none for its defaults. */
	if (codec->encoder->default_value == NULL || column_type != codec->type)
		return NULL;
	if (!find_literal(codec, default_text, &literal))
		return NULL;
	json_writer_init(&writer, CurrentMemoryContext, 128);
	if (!codec->encoder->default_value(codec, literal, &writer))
		return NULL;
	json_char(&writer, '\0');
	return writer.data;
}

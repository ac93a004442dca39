/*-------------------------------------------------------------------------
 *
 * key_columns.c
 *	  See key_columns.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "java_regex.h"
#include "key_columns.h"

typedef struct KeyColumns
{
	RegexList *table;
	List *names;
} KeyColumns;

static char *
trimmed(char *text)
{
	char *end = text + strlen(text);

	while (isspace((unsigned char) *text))
		text++;
	while (end > text && isspace((unsigned char) end[-1]))
		*--end = '\0';
	return text;
}

static void
malformed(const char *part)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid part \"%s\" of option \"%s\"", part, "message.key.columns"),
					errhint("Allowed: %s.", option_definitions[OPT_MESSAGE_KEY_COLUMNS].allowed)));
}

static KeyColumns *
parse_part(PluginOptions *options, char *part)
{
	KeyColumns *columns = palloc0(sizeof(KeyColumns));
	char *whole = pstrdup(part);
	char *colon = strrchr(part, ':');
	char *save = NULL;

	if (colon == NULL)
		malformed(whole);
	*colon = '\0';
	columns->table = regex_list_compile(options->context, "message.key.columns", trimmed(part));
	for (char *name = strtok_r(colon + 1, ",", &save); name; name = strtok_r(NULL, ",", &save))
		columns->names = lappend(columns->names, trimmed(name));
	if (columns->table == NULL || columns->names == NIL)
		malformed(whole);
	return columns;
}

void
key_columns_parse(PluginOptions *options)
{
	const char *text = option_text(options, MESSAGE_KEY_COLUMNS);
	char *copy = text ? pstrdup(text) : NULL;
	char *save = NULL;

	for (char *part = copy ? strtok_r(copy, ";", &save) : NULL; part; part = strtok_r(NULL, ";", &save))
		if (*trimmed(part) != '\0')
			options->key_columns = lappend(options->key_columns, parse_part(options, trimmed(part)));
}

List *
key_columns_for_table(const PluginOptions *options, const char *schema, const char *table)
{
	char *name = psprintf("%s.%s", schema, table);
	ListCell *cell;

	foreach (cell, options->key_columns)
	{
		const KeyColumns *columns = lfirst(cell);

		if (regex_list_matches(columns->table, name, strlen(name)))
			return columns->names;
	}
	return NIL;
}

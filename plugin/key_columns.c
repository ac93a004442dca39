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

/*
 * Each column of a part is a regular expression of its own, "table.column",
 * matched against schema.table.column (Key.CustomKeyMapper in Debezium).
 */

static void
malformed(const char *part)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("invalid part \"%s\" of option \"%s\"", part, "message.key.columns"),
					errhint("Allowed: %s.", option_definitions[OPT_MESSAGE_KEY_COLUMNS].allowed)));
}

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
parse_part(PluginOptions *options, char *part)
{
	char *whole = pstrdup(part);
	char *colon = strchr(part, ':');
	char *save = NULL;
	int count = 0;

	if (colon == NULL || colon == part || strchr(colon + 1, ':') != NULL)
		malformed(whole);
	*colon = '\0';
	for (char *column = strtok_r(colon + 1, ",", &save); column; column = strtok_r(NULL, ",", &save))
	{
		char *pattern = psprintf("%s.%s", part, trimmed(column));

		if (*trimmed(column) == '\0')
			malformed(whole);
		options->key_columns =
			lappend(options->key_columns, regex_list_compile(options->context, "message.key.columns", pattern));
		count++;
	}
	if (count == 0)
		malformed(whole);
}

void
key_columns_parse(PluginOptions *options)
{
	const char *text = option_text(options, MESSAGE_KEY_COLUMNS);
	char *copy = text ? pstrdup(text) : NULL;
	char *save = NULL;

	for (char *part = copy ? strtok_r(copy, ";", &save) : NULL; part; part = strtok_r(NULL, ";", &save))
		if (*trimmed(part) != '\0')
			parse_part(options, trimmed(part));
}

List *
key_columns_choose(const PluginOptions *options, const char *schema, const char *table, const List *columns)
{
	List *chosen = NIL;
	ListCell *cell;

	foreach (cell, options->key_columns)
		for (int i = 0; i < list_length(columns); i++)
		{
			char *name = psprintf("%s.%s.%s", schema, table, (char *) list_nth(columns, i));

			if (regex_list_matches(lfirst(cell), name, strlen(name)))
				chosen = list_append_unique_int(chosen, i);
		}
	return chosen;
}

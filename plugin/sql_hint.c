/*-------------------------------------------------------------------------
 *
 * sql_hint.c
 *	  See sql_hint.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "lib/stringinfo.h"

#include "sql_hint.h"

typedef struct Replacement
{
	const char *script;
	const char *sql;
} Replacement;

/* The first that fits counts. */
static const Replacement replacements[] = {
	{"===", " = "},
	{"!==", " <> "},
	{"==", " = "},
	{"!=", " <> "},
	{"&&", " AND "},
	{"||", " OR "},
	{"<=", " <= "},
	{">=", " >= "},
	{"<", " < "},
	{">", " > "},
	{"value.after", "after"},
	{"value.before", "before"},
	{"value.source", "source"},
	{"value.op", "op"},
	{"!", " NOT "},
};

static bool
is_name(char c)
{
	return isalnum((unsigned char) c) || c == '_';
}

/* Does the text at this place begin with the word, and does the word end there? */
static bool
has_word(const char *at, const char *word)
{
	Size size = strlen(word);

	return strncmp(at, word, size) == 0 && !(is_name(word[size - 1]) && is_name(at[size]));
}

/* A literal with SQL's quotes; NULL if it is not closed or has a backslash. */
static const char *
copy_literal(const char *at, StringInfo sql)
{
	char quote = *at++;

	appendStringInfoChar(sql, '\'');
	for (; *at != quote; at++)
	{
		if (*at == '\0' || *at == '\\')
			return NULL;
		if (*at == '\'')
			appendStringInfoChar(sql, '\'');
		appendStringInfoChar(sql, *at);
	}
	appendStringInfoChar(sql, '\'');
	return at + 1;
}

static void
trim_blanks(StringInfo sql)
{
	while (sql->len > 0 && sql->data[sql->len - 1] == ' ')
		sql->data[--sql->len] = '\0';
}

/* "= null" of the script was written as "= " by now. */
static void
append_null(StringInfo sql)
{
	trim_blanks(sql);
	if (sql->len > 2 && strcmp(sql->data + sql->len - 2, "<>") == 0)
	{
		sql->len -= 2;
		appendStringInfoString(sql, "IS NOT NULL");
	}
	else if (sql->len > 1 && sql->data[sql->len - 1] == '=')
	{
		sql->len -= 1;
		appendStringInfoString(sql, "IS NULL");
	}
	else
		appendStringInfoString(sql, " NULL");
}

/* What follows a replacement; NULL if none fits. */
static const char *
replace(const char *at, StringInfo sql)
{
	for (int i = 0; i < lengthof(replacements); i++)
	{
		const Replacement *replacement = &replacements[i];

		if (!has_word(at, replacement->script))
			continue;
		if (*replacement->sql == ' ')
			trim_blanks(sql);
		appendStringInfoString(sql, replacement->sql + (sql->len == 0 && *replacement->sql == ' ' ? 1 : 0));
		at += strlen(replacement->script);
		while (*replacement->sql == ' ' && *at == ' ')
			at++;
		return at;
	}
	return NULL;
}

static const char *
copy_word(const char *at, StringInfo sql)
{
	const char *start = at;

	while (is_name(*at) || (*at == '.' && is_name(at[1])))
		at++;
	appendBinaryStringInfo(sql, start, at - start);
	return *at == '(' ? NULL : at;
}

char *
sql_hint(const char *script)
{
	StringInfoData sql;
	const char *next;

	initStringInfo(&sql);
	for (const char *at = script; at != NULL && *at != '\0'; at = next)
	{
		next = replace(at, &sql);
		if (next != NULL)
			continue;
		if (*at == '\'' || *at == '"')
			next = copy_literal(at, &sql);
		else if (has_word(at, "null"))
		{
			append_null(&sql);
			next = at + strlen("null");
		}
		else if (is_name(*at))
			next = copy_word(at, &sql);
		else if (strchr(" ().+-*/%", *at) != NULL)
		{
			appendStringInfoChar(&sql, *at);
			next = at + 1;
		}
		if (next == NULL)
			return NULL;
	}
	return sql.data;
}

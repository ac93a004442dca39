/*
 * jaas.c
 *	  Java's login configuration: class flag (name = value)* ;
 */
#include "jaas.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* Skips blanks and then one word or quoted string; *text is its unescaped copy. Returns what follows, NULL at the end. */
static const char *
jaas_token(const char *at, char **text)
{
	char *out = bytes_alloc_zero(1, strlen(at) + 1);
	size_t size = 0;
	char quote = '\0';

	while (isspace((unsigned char) *at))
		at++;
	if (*at == '"' || *at == '\'')
		quote = *at++;
	while (*at != '\0' && (quote != '\0' ? *at != quote : !isspace((unsigned char) *at) && *at != '=' && *at != ';'))
	{
		if (quote != '\0' && *at == '\\' && at[1] != '\0')
			at++;
		out[size++] = *at++;
	}
	*text = out;
	if (quote != '\0')
		at = *at == quote ? at + 1 : NULL;
	return size == 0 && quote == '\0' ? NULL : at;
}

char *
jaas_module(const char *jaas)
{
	char *class_name;

	if (jaas_token(jaas, &class_name) != NULL)
		return class_name;
	free(class_name);
	return NULL;
}

/* What follows is: class flag (name = value)* ; */
char *
jaas_option(const char *jaas, const char *option)
{
	const char *at = jaas;
	char *name = NULL;
	char *value = NULL;
	bool found = false;

	for (int skipped = 0; skipped < 2 && at != NULL; skipped++)
	{
		at = jaas_token(at, &name);
		free(name);
	}
	while (at != NULL && !found)
	{
		at = jaas_token(at, &name);
		while (at != NULL && isspace((unsigned char) *at))
			at++;
		if (at == NULL || *at != '=')
		{
			free(name);
			return NULL;
		}
		at = jaas_token(at + 1, &value);
		found = at != NULL && strcmp(name, option) == 0;
		free(name);
		if (!found)
			free(value);
	}
	return found ? value : NULL;
}

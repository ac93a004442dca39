/*
 * option_info.c
 *	  Looking up options and judging their values.
 */
#include "option_info.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "memory.h"

#define BOOL VALUE_BOOL
#define INT VALUE_INT
#define ENUM VALUE_ENUM
#define TEXT VALUE_TEXT
#define LIST VALUE_LIST
#define PLUGIN SIDE_PLUGIN
#define RELAY SIDE_RELAY
#define BOTH SIDE_BOTH
#define IGNORED SIDE_IGNORED
#define REFUSED SIDE_REFUSED
#define INTERNAL SIDE_INTERNAL

const OptionInfo option_infos[OPTION_COUNT] = {
#define OPTION(id, name, kind, default_value, allowed, side, help) \
	{name, NULL, false, kind, default_value, allowed, side, help},
#define OPTION_FAMILY(id, prefix, suffix, kind, allowed, side, help) \
	{prefix, suffix, true, kind, NULL, allowed, side, help},
#include "../plugin/option_table.def"
#undef OPTION
#undef OPTION_FAMILY
};

/* What stands between prefix and suffix may be anything, but a prefix without a dot ends at one. */
static bool
family_matches(const OptionInfo *info, const char *name)
{
	size_t prefix_size = strlen(info->name);
	size_t name_size = strlen(name);
	size_t suffix_size = info->suffix != NULL ? strlen(info->suffix) : 0;

	if (strncmp(name, info->name, prefix_size) != 0 || name_size < prefix_size + suffix_size)
		return false;
	if (info->name[prefix_size - 1] != '.')
		return name[prefix_size] == '\0' || name[prefix_size] == '.';
	return suffix_size == 0 ? name_size > prefix_size : strcmp(name + name_size - suffix_size, info->suffix) == 0;
}

const OptionInfo *
option_find(const char *name)
{
	const OptionInfo *found = NULL;

	for (size_t i = 0; i < OPTION_COUNT; i++)
	{
		const OptionInfo *info = &option_infos[i];

		if (!info->family && strcmp(info->name, name) == 0)
			return info;
		if (info->family && family_matches(info, name) && (found == NULL || strlen(info->name) > strlen(found->name)))
			found = info;
	}
	return found;
}

static size_t
smallest(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

size_t
edit_distance(const char *a, const char *b)
{
	size_t row[256];
	size_t a_size = strlen(a);
	size_t b_size = strlen(b);

	if (b_size >= 256)
		return a_size + b_size;
	for (size_t j = 0; j <= b_size; j++)
		row[j] = j;
	for (size_t i = 1; i <= a_size; i++)
	{
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b_size; j++)
		{
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[b_size];
}

const char *
option_nearest(const char *name, char *buffer, size_t size)
{
	size_t limit = strlen(name) / 4 + 1;
	const char *names[2] = {NULL, NULL};
	size_t distances[2] = {limit + 1, limit + 1};

	for (size_t i = 0; i < OPTION_COUNT; i++)
	{
		size_t distance = edit_distance(name, option_infos[i].name);

		if (option_infos[i].side == SIDE_INTERNAL || distance >= distances[1])
			continue;
		distances[1] = distance;
		names[1] = option_infos[i].name;
		if (distance < distances[0])
		{
			distances[1] = distances[0];
			names[1] = names[0];
			distances[0] = distance;
			names[0] = option_infos[i].name;
		}
	}
	buffer[0] = '\0';
	if (names[1] != NULL)
		snprintf(buffer, size, "\"%s\" or \"%s\"", names[0], names[1]);
	else if (names[0] != NULL)
		snprintf(buffer, size, "\"%s\"", names[0]);
	return buffer;
}

bool
option_is_secret(const char *name)
{
	static const char *const marks[] = {"password", "secret",  "jaas",		 "keystore.key", "key.pem",
										"token",	"api.key", "basic.auth", "credential",	 "salt"};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (strcasestr(name, marks[i]) != NULL)
			return true;
	return false;
}

/* For messages. */
static const char *
shown(const char *name, const char *value)
{
	return option_is_secret(name) ? "********" : value;
}

static char *
copy_trimmed(const char *value)
{
	size_t size;

	while (isspace((unsigned char) *value))
		value++;
	size = strlen(value);
	while (size > 0 && isspace((unsigned char) value[size - 1]))
		size--;
	return memory_printf("%.*s", (int) size, value);
}

static bool
bad_value(const char *name, const char *value, Error *error)
{
	return error_set(error, ERROR_CONFIG, "invalid value \"%s\" for option \"%s\"", shown(name, value), name);
}

static bool
check_bool(const char *name, char *value, Error *error)
{
	if (strcasecmp(value, "true") != 0 && strcasecmp(value, "false") != 0)
	{
		bad_value(name, value, error);
		error_hint(error, "use true or false");
		return false;
	}
	for (char *c = value; *c != '\0'; c++)
		*c = (char) tolower((unsigned char) *c);
	return true;
}

static bool
check_int(const OptionInfo *info, const char *name, const char *value, Error *error)
{
	char *end;
	long long number;
	int64_t least = INT64_MIN;
	int64_t most = INT64_MAX;

	if (info->allowed != NULL)
		sscanf(info->allowed, "%" SCNd64 "..%" SCNd64, &least, &most);
	errno = 0;
	number = strtoll(value, &end, 10);
	if (errno == 0 && *value != '\0' && *end == '\0' && number >= least && number <= most)
		return true;
	bad_value(name, value, error);
	if (least == most)
		error_hint(error, "only %" PRId64 " is possible: %s", least, info->help);
	else
		error_hint(error, "use a whole number from %" PRId64 " to %" PRId64, least, most);
	return false;
}

/* Replaces *value by the table's spelling. */
static bool
check_enum(const OptionInfo *info, const char *name, char **value, Error *error)
{
	const char *label = info->allowed;
	size_t value_size = strlen(*value);

	while (label != NULL)
	{
		const char *end = strchrnul(label, '|');

		if ((size_t) (end - label) == value_size && strncasecmp(label, *value, value_size) == 0)
		{
			memcpy(*value, label, value_size);
			return true;
		}
		label = *end == '|' ? end + 1 : NULL;
	}
	bad_value(name, *value, error);
	error_hint(error, strchr(info->allowed, '|') != NULL ? "use one of %s" : "only %s is possible", info->allowed);
	return false;
}

bool
option_check_value(const OptionInfo *info, const char *name, const char *value, char **canonical, Error *error)
{
	bool valid = true;

	*canonical = info->kind == VALUE_TEXT || info->kind == VALUE_LIST ? memory_strdup(value) : copy_trimmed(value);
	if (info->kind == VALUE_BOOL)
		valid = check_bool(name, *canonical, error);
	else if (info->kind == VALUE_INT)
		valid = check_int(info, name, *canonical, error);
	else if (info->kind == VALUE_ENUM)
		valid = check_enum(info, name, canonical, error);
	if (valid)
		return true;
	free(*canonical);
	*canonical = NULL;
	return false;
}

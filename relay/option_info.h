/*
 * option_info.h
 *	  plugin/option_table.def as data: look-up, nearest names, judging values.
 */
#ifndef OPTION_INFO_H
#define OPTION_INFO_H

#include <stdbool.h>
#include <stddef.h>

#include "config.h"
#include "error.h"

typedef enum ValueKind
{
	VALUE_BOOL,
	VALUE_INT,
	VALUE_ENUM,
	VALUE_TEXT,
	VALUE_LIST,
} ValueKind;

typedef enum OptionSide
{
	SIDE_PLUGIN,
	SIDE_RELAY,
	SIDE_BOTH,
	SIDE_IGNORED,
	SIDE_REFUSED,
	SIDE_INTERNAL,
} OptionSide;

typedef struct OptionInfo
{
	const char *name;	/* of a family: its prefix */
	const char *suffix; /* of a family, or NULL */
	bool family;
	ValueKind kind;
	const char *default_value; /* or NULL */
	const char *allowed;	   /* or NULL; see option_table.def */
	OptionSide side;
	const char *help;
} OptionInfo;

/* Indexed by OptionId. */
extern const OptionInfo option_infos[OPTION_COUNT];

/* The option of that name, else the family with the longest prefix; NULL: unrecognized. */
extern const OptionInfo *option_find(const char *name);

/*
 * The known names nearest to an unrecognized one, as `"a" or "b"`; empty if
 * none is near.  Returns buffer.
 */
extern const char *option_nearest(const char *name, char *buffer, size_t size);

/* Number of single-character edits between two names. */
extern size_t edit_distance(const char *a, const char *b);

/*
 * Checks a value against kind and range.  On success *canonical (caller
 * frees) is the value as the table spells it: true/false in lower case,
 * numbers trimmed, enum labels in the table's case.
 */
extern bool option_check_value(const OptionInfo *info, const char *name, const char *value, char **canonical,
							   Error *error) MUST_CHECK;

/* Holds a secret: the value never appears in a message. */
extern bool option_is_secret(const char *name);

#endif

/*-------------------------------------------------------------------------
 *
 * signal_data.c
 *	  See signal_data.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "json_tree.h"
#include "signal_data.h"

/* The types, as bits. */
#define EXECUTE 0x01
#define STOP 0x02
#define PAUSE 0x04
#define RESUME 0x08
#define LOG_MESSAGE 0x10

static const struct SignalType
{
	const char *name;
	int bit;
} signal_types[] = {
	{"execute-snapshot", EXECUTE}, {"stop-snapshot", STOP}, {"pause-snapshot", PAUSE},
	{"resume-snapshot", RESUME},   {"log", LOG_MESSAGE},
};

typedef struct SignalMember
{
	const char *name;
	int taken_by;
	int required_by;
	bool (*fits)(const JsonNode *value, int type);
	const char *words; /* what fits */
} SignalMember;

static bool
is_text(const JsonNode *value, int type pg_attribute_unused())
{
	return value->type == NODE_STRING && value->size > 0;
}

static bool
is_text_list(const JsonNode *value, int type)
{
	if (value->type != NODE_ARRAY || (value->count == 0 && type == EXECUTE))
		return false;
	for (int i = 0; i < value->count; i++)
		if (!is_text(value->items[i], type))
			return false;
	return true;
}

/* Only execute-snapshot knows blocking ones: the others come when they are over. */
static bool
is_snapshot_type(const JsonNode *value, int type)
{
	char *text = value->type == NODE_STRING ? pnstrdup(value->text, value->size) : pstrdup("");

	return pg_strcasecmp(text, "incremental") == 0 || (type == EXECUTE && pg_strcasecmp(text, "blocking") == 0);
}

static bool
is_condition(const JsonNode *value, int type)
{
	int hint = 0;
	const JsonNode *table;
	const JsonNode *filter;

	if (value->type != NODE_OBJECT || value->count != 2)
		return false;
	table = json_node_member(value, "data-collection", &hint);
	filter = json_node_member(value, "filter", &hint);
	return table != NULL && filter != NULL && is_text(table, type) && is_text(filter, type);
}

static bool
is_condition_list(const JsonNode *value, int type)
{
	if (value->type != NODE_ARRAY)
		return false;
	for (int i = 0; i < value->count; i++)
		if (!is_condition(value->items[i], type))
			return false;
	return true;
}

static const SignalMember signal_members[] = {
	{"data-collections", EXECUTE | STOP, EXECUTE, is_text_list,
	 "an array of regular expressions for schema.table, not empty for execute-snapshot"},
	{"type", EXECUTE | STOP | PAUSE | RESUME, 0, is_snapshot_type, "incremental, and for execute-snapshot blocking"},
	{"additional-conditions", EXECUTE, 0, is_condition_list,
	 "an array of objects with data-collection and filter, both text"},
	{"surrogate-key", EXECUTE, 0, is_text, "the name of a column"},
	{"message", LOG_MESSAGE, LOG_MESSAGE, is_text, "text"},
};

static int
type_bit(const char *type)
{
	for (int i = 0; i < lengthof(signal_types); i++)
		if (strcmp(type, signal_types[i].name) == 0)
			return signal_types[i].bit;
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("unrecognized type of signal \"%s\"", type),
					errhint("Known: execute-snapshot, stop-snapshot, pause-snapshot, resume-snapshot, log.")));
}

static const char *
taken_members(int bit)
{
	StringInfoData names;

	initStringInfo(&names);
	for (int i = 0; i < lengthof(signal_members); i++)
		if (signal_members[i].taken_by & bit)
			appendStringInfo(&names, "%s%s", names.len > 0 ? ", " : "", signal_members[i].name);
	return names.data;
}

static void
check_member(const char *type, int bit, const JsonNode *value)
{
	for (int i = 0; i < lengthof(signal_members); i++)
	{
		const SignalMember *member = &signal_members[i];

		if (strcmp(member->name, value->name) != 0 || !(member->taken_by & bit))
			continue;
		if (!member->fits(value, bit))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("invalid value for \"%s\" in the data of signal \"%s\"", value->name, type),
							errhint("Allowed: %s.", member->words)));
		return;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("unrecognized \"%s\" in the data of signal \"%s\"", value->name, type),
					errhint("Known: %s.", taken_members(bit))));
}

static void
check_required(const char *type, int bit, const JsonNode *data)
{
	for (int i = 0; i < lengthof(signal_members); i++)
	{
		int hint = 0;

		if ((signal_members[i].required_by & bit) && json_node_member(data, signal_members[i].name, &hint) == NULL)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the data of signal \"%s\" lacks \"%s\"", type, signal_members[i].name),
							errhint("It is %s.", signal_members[i].words)));
	}
}

void
signal_data_check(const char *type, const char *data, Size size)
{
	int bit = type_bit(type);
	const char *problem;
	const JsonNode *object = json_tree_parse(data, size, &problem);

	if (object == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("could not parse the data of signal \"%s\": %s", type, problem)));
	if (object->type != NODE_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the data of signal \"%s\" is not a JSON object", type)));
	for (int i = 0; i < object->count; i++)
		check_member(type, bit, object->items[i]);
	check_required(type, bit, object);
}

/*-------------------------------------------------------------------------
 *
 * table_filter.c
 *	  See table_filter.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_regex.h"
#include "table_filter.h"

typedef struct FilterPair
{
	RegexList *include;
	RegexList *exclude;
} FilterPair;

struct TableFilter
{
	FilterPair schema;
	FilterPair table;
	FilterPair column;
	FilterPair message;
	bool ignore_builtin;
	const char *signal_table; /* schema.table; NULL: none */
};

static FilterPair
filter_pair(const PluginOptions *options, OptionId include, OptionId exclude)
{
	FilterPair pair;

	pair.include =
		regex_list_compile(options->context, option_definitions[include].name, options->values[include].text);
	pair.exclude =
		regex_list_compile(options->context, option_definitions[exclude].name, options->values[exclude].text);
	return pair;
}

/* A connector with one task, such as this one, may have one table of signals (validateSignalDataCollection). */
static const char *
signal_table(const PluginOptions *options)
{
	const char *name = option_text(options, SIGNAL_DATA_COLLECTION);

	if (name != NULL && (strchr(name, ',') != NULL || strchr(name, '.') == NULL))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value \"%s\" for option \"%s\"", name, "signal.data.collection"),
						errhint("Allowed: %s.", option_definitions[OPT_SIGNAL_DATA_COLLECTION].allowed)));
	return name;
}

TableFilter *
table_filter_new(const PluginOptions *options)
{
	TableFilter *filter = MemoryContextAllocZero(options->context, sizeof(TableFilter));

	filter->schema = filter_pair(options, OPT_SCHEMA_INCLUDE_LIST, OPT_SCHEMA_EXCLUDE_LIST);
	filter->table = filter_pair(options, OPT_TABLE_INCLUDE_LIST, OPT_TABLE_EXCLUDE_LIST);
	filter->column = filter_pair(options, OPT_COLUMN_INCLUDE_LIST, OPT_COLUMN_EXCLUDE_LIST);
	filter->message = filter_pair(options, OPT_MESSAGE_PREFIX_INCLUDE_LIST, OPT_MESSAGE_PREFIX_EXCLUDE_LIST);
	filter->ignore_builtin = option_bool(options, TABLE_IGNORE_BUILTIN);
	filter->signal_table = signal_table(options);
	return filter;
}

static bool
pair_lets_through(const FilterPair *pair, const char *subject)
{
	if (pair->include != NULL)
		return regex_list_matches(pair->include, subject, strlen(subject));
	return !regex_list_matches(pair->exclude, subject, strlen(subject));
}

static bool
is_builtin(const char *schema, const char *table)
{
	return strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "information_schema") == 0 ||
		   strncmp(schema, "pg_temp", 7) == 0 || strncmp(schema, "pg_toast", 8) == 0 ||
		   strcmp(table, "spatial_ref_sys") == 0;
}

const char *
filter_table_reason(const TableFilter *filter, const char *schema, const char *table)
{
	char *name;

	if (filter_is_signal_table(filter, schema, table))
		return NULL;
	if (filter->ignore_builtin && is_builtin(schema, table))
		return "ignored by table.ignore.builtin";
	if (!pair_lets_through(&filter->schema, schema))
		return filter->schema.include ? "not in schema.include.list" : "in schema.exclude.list";
	name = psprintf("%s.%s", schema, table);
	if (!pair_lets_through(&filter->table, name))
		return filter->table.include ? "not in table.include.list" : "in table.exclude.list";
	return NULL;
}

bool
filter_is_signal_table(const TableFilter *filter, const char *schema, const char *table)
{
	const char *name = filter->signal_table;
	Size size = strlen(schema);

	return name != NULL && strncmp(name, schema, size) == 0 && name[size] == '.' && strcmp(name + size + 1, table) == 0;
}

bool
filter_captures_column(const TableFilter *filter, const char *schema, const char *table, const char *column)
{
	return pair_lets_through(&filter->column, psprintf("%s.%s.%s", schema, table, column));
}

bool
filter_captures_message(const TableFilter *filter, const char *prefix)
{
	return pair_lets_through(&filter->message, prefix);
}

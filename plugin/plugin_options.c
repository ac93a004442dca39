/*-------------------------------------------------------------------------
 *
 * plugin_options.c
 *	  See plugin_options.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "commands/defrem.h"
#include "common/hashfn.h"
#include "mb/pg_wchar.h"
#include "nodes/parsenodes.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/memutils.h"

#include "column_mapper.h"
#include "converters.h"
#include "java_text.h"
#include "key_columns.h"
#include "pg_compat.h"
#include "plugin_options.h"
#include "topic_name.h"

const OptionDefinition option_definitions[OPTION_COUNT] = {
#define OPTION(id, name, kind, default_value, allowed, side, help) \
	[OPT_##id] = {name, NULL, false, OPTION_##kind, default_value, allowed, SIDE_##side, help},
#define OPTION_FAMILY(id, prefix, suffix, kind, allowed, side, help) \
	[OPT_FAMILY_##id] = {prefix, suffix, true, OPTION_##kind, NULL, allowed, SIDE_##side, help},
#include "option_table.def"
#undef OPTION
#undef OPTION_FAMILY
};

/* Longest option value: a list of all tables of a large database fits easily. */
#define MAX_OPTION_SIZE (1024 * 1024)

uint64
option_decimal(const PluginOptions *options, OptionId id, uint64 otherwise)
{
	const char *text = options->values[id].text;
	char *end;
	uint64 number;

	if (text == NULL)
		return otherwise;
	errno = 0;
	number = strtoull(text, &end, 10);
	if (!isdigit((unsigned char) *text) || *end != '\0' || errno != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value \"%s\" for option \"%s\"", text, option_definitions[id].name),
						errhint("Allowed: %s.", option_definitions[id].allowed)));
	return number;
}

const char *
option_kind_name(OptionKind kind)
{
	static const char *const names[] = {"boolean", "integer", "enum", "text", "list"};

	return names[kind];
}

const char *
option_side_name(OptionSide side)
{
	static const char *const names[] = {"plugin", "relay", "both", "no effect", "not supported", "internal"};

	return names[side];
}

PluginOptions *
options_new(void)
{
	PluginOptions *options = palloc0(sizeof(PluginOptions));

	options->context = CurrentMemoryContext;
	return options;
}

/* A family's name has at least one character between prefix and suffix, except that a bare prefix counts too. */
static bool
family_matches(const OptionDefinition *definition, const char *name)
{
	Size prefix_size = strlen(definition->name);
	Size suffix_size = definition->suffix ? strlen(definition->suffix) : 0;
	Size size = strlen(name);

	return size >= prefix_size + suffix_size && strncmp(name, definition->name, prefix_size) == 0 &&
		   (suffix_size == 0 || strcmp(name + size - suffix_size, definition->suffix) == 0);
}

/* Exact names win over families; of families the first in the table. */
static OptionId
option_lookup(const char *name)
{
	OptionId found = OPTION_COUNT;

	for (OptionId id = 0; id < OPTION_COUNT; id++)
	{
		const OptionDefinition *definition = &option_definitions[id];

		if (!definition->family && strcmp(definition->name, name) == 0)
			return id;
		if (definition->family && found == OPTION_COUNT && family_matches(definition, name))
			found = id;
	}
	return found;
}

static void
invalid_value(const char *name, const char *value, const char *allowed)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid value \"%s\" for option \"%s\"", value, name),
			 allowed ? errhint("Allowed: %s.", allowed) : 0));
}

static void
parse_boolean(const char *name, OptionValue *value)
{
	if (pg_strcasecmp(value->text, "true") == 0)
		value->boolean = true;
	else if (pg_strcasecmp(value->text, "false") == 0)
		value->boolean = false;
	else
		invalid_value(name, value->text, "true, false");
}

/* allowed is "min..max" */
static void
parse_integer(const char *name, const char *allowed, OptionValue *value)
{
	char *end;
	int64 min = strtoll(allowed, &end, 10);
	int64 max = strtoll(end + 2, NULL, 10);

	errno = 0;
	value->number = strtoll(value->text, &end, 10);
	if (errno != 0 || end == value->text || *end != '\0' || value->number < min || value->number > max)
		invalid_value(name, value->text, allowed);
}

static void
parse_enum(const char *name, const char *allowed, OptionValue *value)
{
	Size size = strlen(value->text);
	const char *at = allowed;

	for (int64 index = 0;; index++)
	{
		const char *end = strchrnul(at, '|');

		if ((Size) (end - at) == size && pg_strncasecmp(at, value->text, size) == 0)
		{
			value->number = index;
			return;
		}
		if (*end == '\0')
			break;
		at = end + 1;
	}
	converters_refuse_registry(name, value->text);
	invalid_value(name, value->text, allowed);
}

void
option_parse(const char *name, OptionKind kind, const char *allowed, OptionValue *value)
{
	switch (kind)
	{
		case OPTION_BOOL:
			parse_boolean(name, value);
			break;
		case OPTION_INT:
			parse_integer(name, allowed, value);
			break;
		case OPTION_ENUM:
			parse_enum(name, allowed, value);
			break;
		case OPTION_TEXT:
		case OPTION_LIST: /* parsed by its user; an empty list is none */
			break;
	}
}

static void
parse_value(const char *name, const OptionDefinition *definition, OptionValue *value)
{
	bool acts_here = (definition->side == SIDE_PLUGIN || definition->side == SIDE_BOTH) &&
					 definition != &option_definitions[OPT_UNAVAILABLE_VALUE_PLACEHOLDER];

	if (definition->kind == OPTION_TEXT && *value->text == '\0' && acts_here && !definition->family)
		invalid_value(name, value->text, definition->allowed);
	option_parse(name, definition->kind, definition->allowed, value);
}

/* Trimmed, as UTF-8, in the options' context. */
static char *
trimmed_copy(MemoryContext context, const char *text)
{
	const char *end;

	text = pg_server_to_any(text, strlen(text), PG_UTF8);
	while (isspace((unsigned char) *text))
		text++;
	end = text + strlen(text);
	while (end > text && isspace((unsigned char) end[-1]))
		end--;
	return MemoryContextStrdup(context, pnstrdup(text, end - text));
}

/* A refused option may be given with the value that it has anyway. */
static void
refuse_option(const char *name, const OptionDefinition *definition, const char *value)
{
	if (definition->default_value != NULL && pg_strcasecmp(definition->default_value, value) == 0)
		return;
	if (definition->kind == OPTION_LIST && *value == '\0')
		return;
	ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("option \"%s\" is not supported", name),
					errdetail("It was given as \"%s\".", value), errhint("%s", definition->help)));
}

static void options_set_config(PluginOptions *options, const char *json);

static void
hash_option(PluginOptions *options, const char *name, const char *value)
{
	/* Order does not matter: the relay and a person may list them differently. */
	options->hash += hash_bytes_extended((const unsigned char *) name, strlen(name), 1) *
					 (hash_bytes_extended((const unsigned char *) value, strlen(value), 2) | 1);
}

static void
repeated_option(const char *name, const char *first, const char *second)
{
	ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("option \"%s\" is given more than once", name),
					errdetail("The values are \"%s\" and \"%s\".", first, second)));
}

/* Options of the relay's families are not kept: the plugin has no use for them. */
static void
set_family_option(PluginOptions *options, OptionId id, const char *name, const char *value)
{
	MemoryContext previous = MemoryContextSwitchTo(options->context);
	FamilyOption *option = palloc(sizeof(FamilyOption));
	ListCell *cell;

	option->id = id;
	option->name = trimmed_copy(options->context, name);
	option->value = value;
	foreach (cell, options->families)
	{
		const FamilyOption *given = lfirst(cell);

		if (strcmp(given->name, option->name) == 0)
			repeated_option(option->name, given->value, value);
	}
	if (option_definitions[id].side == SIDE_PLUGIN)
	{
		options->families = lappend(options->families, option);
		hash_option(options, option->name, value);
	}
	MemoryContextSwitchTo(previous);
}

void
options_set(PluginOptions *options, const char *name, const char *value)
{
	const OptionDefinition *definition;
	OptionValue *slot;
	OptionId id;

	if (value == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("option \"%s\" needs a value", name)));
	if (strlen(value) > MAX_OPTION_SIZE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("value of option \"%s\" is longer than %d bytes", name, MAX_OPTION_SIZE)));
	if (strcmp(name, "config") == 0)
	{
		options_set_config(options, value);
		return;
	}
	id = option_lookup(name);
	if (id == OPTION_COUNT)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_PARAMETER), errmsg("unrecognized option \"%s\"", name),
						errdetail("It was given as \"%s\".", value),
						errhint("The options are listed by wal2debezium.options().")));
	definition = &option_definitions[id];
	value = trimmed_copy(options->context, value);
	if (definition->side == SIDE_REFUSED)
		refuse_option(name, definition, value);
	if (definition->family)
	{
		set_family_option(options, id, name, value);
		return;
	}
	slot = &options->values[id];
	if (slot->is_set)
		repeated_option(name, slot->text, value);
	slot->is_set = true;
	slot->text = value;
	parse_value(name, definition, slot);
	if (definition->side != SIDE_INTERNAL)
		hash_option(options, name, value);
}

/*
 * config: one JSON object whose members are options.
 */
typedef struct ConfigParse
{
	PluginOptions *options;
	int depth;
	char *field;
} ConfigParse;

static void
config_malformed(void)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("option \"config\" must be one JSON object of strings, numbers and booleans")));
}

static JsonActionResult
config_object_start(void *state)
{
	ConfigParse *parse = state;

	if (parse->depth++ > 0)
		config_malformed();
	return JSON_ACTION_SUCCESS;
}

static JsonActionResult
config_array_start(void *state)
{
	config_malformed();
	return JSON_ACTION_SUCCESS;
}

static JsonActionResult
config_field_start(void *state, char *name, bool is_null)
{
	ConfigParse *parse = state;

	parse->field = name;
	return JSON_ACTION_SUCCESS;
}

/* A null is as if the option were not there, as in Kafka Connect. */
static JsonActionResult
config_scalar(void *state, char *token, JsonTokenType type)
{
	ConfigParse *parse = state;

	if (parse->depth == 0)
		config_malformed();
	if (type != JSON_TOKEN_NULL)
		options_set(parse->options, parse->field, token);
	return JSON_ACTION_SUCCESS;
}

static void
options_set_config(PluginOptions *options, const char *json)
{
	ConfigParse parse = {.options = options};
	JsonSemAction actions = {
		.semstate = &parse,
		.object_start = config_object_start,
		.array_start = config_array_start,
		.object_field_start = config_field_start,
		.scalar = config_scalar,
	};
	char *copy = pstrdup(json);
	JsonLexContext *lexer = compat_json_lexer(copy, strlen(copy), GetDatabaseEncoding(), true);

	if (pg_parse_json(lexer, &actions) != JSON_SUCCESS)
		config_malformed();
}

/*
 * Derived values
 */
static void
fill_defaults(PluginOptions *options)
{
	for (OptionId id = 0; id < OPTION_COUNT; id++)
	{
		const OptionDefinition *definition = &option_definitions[id];
		OptionValue *value = &options->values[id];

		if (definition->family || definition->default_value == NULL || value->is_set)
			continue;
		value->text = definition->default_value;
		parse_value(definition->name, definition, value);
	}
}

static void
check_topic_prefix(const char *prefix)
{
	for (const char *at = prefix; *at; at++)
		if (!isalnum((unsigned char) *at) && strchr("_.-", *at) == NULL)
			invalid_value("topic.prefix", prefix, option_definitions[OPT_TOPIC_PREFIX].allowed);
}

static uint32
parse_skipped_operations(const char *text)
{
	static const char letters[] = "cudt";
	uint32 skipped = 0;
	char *copy = pstrdup(text);
	char *save = NULL;

	for (char *word = strtok_r(copy, ", ", &save); word; word = strtok_r(NULL, ", ", &save))
	{
		const char *letter = strlen(word) == 1 ? strchr(letters, tolower((unsigned char) *word)) : NULL;

		if (pg_strcasecmp(word, "none") == 0)
			continue;
		if (letter == NULL)
			invalid_value("skipped.operations", text, option_definitions[OPT_SKIPPED_OPERATIONS].allowed);
		skipped |= 1u << (letter - letters);
	}
	return skipped;
}

static int
parse_release(const char *text)
{
	int major;
	int minor;
	int end = 0;

	if (sscanf(text, "%d.%d%n", &major, &minor, &end) != 2 || (text[end] != '\0' && text[end] != '.') || major < 2 ||
		major > 3 || (major == 2 && (minor < 5 || minor > 7)) || (major == 3 && (minor < 0 || minor > 7)))
		invalid_value("debezium.version", text, option_definitions[OPT_DEBEZIUM_VERSION].allowed);
	for (const char *at = text; *at; at++)
		if (!isalnum((unsigned char) *at) && strchr(".-_", *at) == NULL)
			invalid_value("debezium.version", text, option_definitions[OPT_DEBEZIUM_VERSION].allowed);
	return major * 100 + minor;
}

/* hex: and digits, or text; both forms of it (UnavailableValue in Debezium). */
static void
parse_placeholder(ValueModes *modes, const char *text)
{
	Size digits;
	char *bytes;

	modes->placeholder = modes->placeholder_raw = text;
	modes->placeholder_size = modes->placeholder_raw_size = strlen(text);
	if (pg_strncasecmp(text, "hex:", 4) != 0)
		return;
	digits = strlen(text + 4);
	if (digits % 2 != 0 || strspn(text + 4, "0123456789abcdefABCDEF") != digits)
		invalid_value("unavailable.value.placeholder", text, "text, or hex: and pairs of hexadecimal digits");
	bytes = palloc(digits / 2 + 1);
	modes->placeholder_raw = bytes;
	modes->placeholder_raw_size = hex_decode(text + 4, digits, bytes);
	modes->placeholder = java_text_of_bytes(bytes, modes->placeholder_raw_size, &modes->placeholder_size);
}

static void
fill_modes(PluginOptions *options)
{
	ValueModes *modes = &options->value_modes;

	modes->decimal = (DecimalMode) option_number(options, DECIMAL_HANDLING_MODE);
	modes->temporal = (TemporalMode) option_number(options, TIME_PRECISION_MODE);
	modes->binary = (BinaryMode) option_number(options, BINARY_HANDLING_MODE);
	modes->hstore = (HstoreMode) option_number(options, HSTORE_HANDLING_MODE);
	modes->interval = (IntervalMode) option_number(options, INTERVAL_HANDLING_MODE);
	modes->money_fraction_digits = (int) option_number(options, MONEY_FRACTION_DIGITS);
	modes->include_unknown = option_bool(options, INCLUDE_UNKNOWN_DATATYPES);
	modes->release = options->release;
	parse_placeholder(modes, option_text(options, UNAVAILABLE_VALUE_PLACEHOLDER));
	modes->decimal_format = (DecimalFormat) option_number(options, VALUE_CONVERTER_DECIMAL_FORMAT);
	options->key_modes = *modes;
	if (option_number(options, VALUE_CONVERTER) == CONVERTER_STRING)
		modes->decimal_format = DECIMAL_NUMERIC;
	options->key_modes.decimal_format = (DecimalFormat) option_number(options, KEY_CONVERTER_DECIMAL_FORMAT);
	if (option_number(options, KEY_CONVERTER) == CONVERTER_STRING)
		options->key_modes.decimal_format = DECIMAL_NUMERIC;
	/* the other converters write numbers */
	options->header_modes = *modes;
	options->header_modes.decimal_format = option_number(options, HEADER_CONVERTER) == HEADER_JSON
											   ? (DecimalFormat) option_number(options, HEADER_CONVERTER_DECIMAL_FORMAT)
											   : DECIMAL_NUMERIC;
}

static void
check_exclusive(const PluginOptions *options, OptionId include, OptionId exclude)
{
	const char *included = options->values[include].text;
	const char *excluded = options->values[exclude].text;

	if (included && *included && excluded && *excluded)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("options \"%s\" and \"%s\" exclude each other", option_definitions[include].name,
							   option_definitions[exclude].name)));
}

void
options_finish(PluginOptions *options, const char *database)
{
	MemoryContext previous = MemoryContextSwitchTo(options->context);

	fill_defaults(options);
	options->database = pstrdup(pg_server_to_any(database, strlen(database), PG_UTF8));
	options->topic_prefix = option_text(options, TOPIC_PREFIX) ? option_text(options, TOPIC_PREFIX) : options->database;
	check_topic_prefix(options->topic_prefix);
	options->skipped = parse_skipped_operations(option_text(options, SKIPPED_OPERATIONS));
	options->release = parse_release(option_text(options, DEBEZIUM_VERSION));
	converters_adopt_delegates(options);
	fill_modes(options);
	converters_check(options);
	key_columns_parse(options);
	column_mappers_parse(options);
	topic_routing_parse(options);
	check_exclusive(options, OPT_SCHEMA_INCLUDE_LIST, OPT_SCHEMA_EXCLUDE_LIST);
	check_exclusive(options, OPT_TABLE_INCLUDE_LIST, OPT_TABLE_EXCLUDE_LIST);
	check_exclusive(options, OPT_COLUMN_INCLUDE_LIST, OPT_COLUMN_EXCLUDE_LIST);
	check_exclusive(options, OPT_MESSAGE_PREFIX_INCLUDE_LIST, OPT_MESSAGE_PREFIX_EXCLUDE_LIST);
	MemoryContextSwitchTo(previous);
}

PluginOptions *
options_from_list(List *elements, const char *database)
{
	PluginOptions *options = options_new();
	ListCell *cell;

	foreach (cell, elements)
	{
		DefElem *element = lfirst_node(DefElem, cell);

		options_set(options, element->defname, element->arg ? strVal(element->arg) : NULL);
	}
	options_finish(options, database);
	return options;
}

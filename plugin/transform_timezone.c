/*-------------------------------------------------------------------------
 *
 * transform_timezone.c
 *	  io.debezium.transforms.TimezoneConverter: times of rows, and of the
 *	  source block if it is named, moved to a time zone.
 *
 * Text with an offset keeps its instant and gets the zone's offset.  Numbers
 * are taken as the zone's local time, and become the instant of that (those in
 * "source" go the other way).  Names of schemas decide, so what
 * time.precision.mode makes of a column: dates, times without a zone, and the
 * text of isostring are left alone.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "java_split.h"
#include "transform.h"
#include "zone_shift.h"

#define RELEASE_SOURCE_TIMES 304

#define MILLIS_PER_SECOND 1000
#define MICROS_PER_SECOND 1000000
#define NANOS_PER_SECOND 1000000000

/* What TimezoneConverter takes for a list of rules, written as Java prints a list. */
#define LIST_PATTERN "^\\[(source|topic|[\\x22.\\w\\s_]+):([\\x22.\\w\\s_]+(?::[\\x22.\\w\\s_]+)?(?:,|]$))+$"

enum
{
	CONVERTED_TIMEZONE,
	INCLUDE_LIST,
	EXCLUDE_LIST
};

static const TransformOption timezone_options[] = {
	[CONVERTED_TIMEZONE] = {"converted.timezone", OPTION_TEXT, .required = true},
	[INCLUDE_LIST] = {"include.list", OPTION_LIST},
	[EXCLUDE_LIST] = {"exclude.list", OPTION_LIST},
};

/* What a rule is about. */
typedef enum RuleSubject
{
	RULE_TOPIC,
	RULE_TABLE,
	RULE_EITHER,
	RULE_SUBJECTS
} RuleSubject;

/* A topic or table, and fields of it: none means all. */
typedef struct Rule
{
	RuleSubject subject;
	const char *name;
	List *fields;
} Rule;

typedef struct TimezoneConverter
{
	Transform transform;
	TimeZone zone;
	List *rules; /* of Rule */
	bool exclude;
	bool source_times; /* are those of "source" converted? */
} TimezoneConverter;

/* How a field is moved. */
typedef enum Conversion
{
	CONVERT_NOT,
	CONVERT_ZONED_TIMESTAMP,
	CONVERT_ZONED_TIME,
	CONVERT_MILLIS, /* the first of those that are numbers */
	CONVERT_MICROS,
	CONVERT_NANOS,
	CONVERT_SOURCE_MILLIS, /* the first of the source block */
	CONVERT_SOURCE_MICROS,
	CONVERT_SOURCE_NANOS
} Conversion;

typedef struct ConvertedField
{
	int index;
	Conversion conversion;
} ConvertedField;

/* One structure of the envelope. */
typedef struct StructPlan
{
	int index;
	int count;
	ConvertedField *fields;
} StructPlan;

typedef struct TimezonePlan
{
	int count;
	StructPlan structs[3];
} TimezonePlan;

/* ---------------------------------------------------------------- options */

/* A list as Java's AbstractCollection.toString() prints it. */
static char *
printed_list(const List *items)
{
	char *text = "[";
	ListCell *cell;

	foreach (cell, items)
		text = psprintf("%s%s%s", text, foreach_current_index(cell) > 0 ? ", " : "", (const char *) lfirst(cell));
	return psprintf("%s]", text);
}

static List *
read_rules(const Transform *transform, int index, const PluginOptions *options)
{
	const char *text = transform_text(transform, index);
	List *items = text != NULL ? java_list(text) : NIL;
	JavaRegex *pattern;
	char *printed = printed_list(items);

	if (items == NIL || *text == '\0')
		return NIL;
	pattern = java_regex_compile(options->context, transform->class->options[index].name, LIST_PATTERN, false);
	if (!java_regex_matches(pattern, printed, strlen(printed)))
		transform_option_error(
			transform, index, "Its format is not that of a list of rules.",
			"Write source:table, source:table:field, topic:topic, topic:topic:field or name:field, with "
			"commas between them.");
	return items;
}

/* The rule of that subject and name; made if there is none. */
static Rule *
find_rule(TimezoneConverter *converter, RuleSubject subject, const char *name)
{
	Rule *rule;
	ListCell *cell;

	foreach (cell, converter->rules)
	{
		rule = lfirst(cell);
		if (rule->subject == subject && strcmp(rule->name, name) == 0)
			return rule;
	}
	rule = palloc0(sizeof(Rule));
	rule->subject = subject;
	rule->name = name;
	converter->rules = lappend(converter->rules, rule);
	return rule;
}

/* A prefix holds for the rules behind it, too, up to the next one. */
static void
add_rules(TimezoneConverter *converter, const List *items)
{
	RuleSubject subject = RULE_EITHER;
	ListCell *cell;

	foreach (cell, items)
	{
		List *parts = java_split(lfirst(cell), ':');
		const char *first = linitial(parts);
		bool prefixed =
			list_length(parts) > 1 && (pg_strcasecmp(first, "source") == 0 || pg_strcasecmp(first, "topic") == 0);
		int name = prefixed ? 1 : 0;
		Rule *rule;

		if (prefixed)
			subject = strcmp(first, "topic") == 0	 ? RULE_TOPIC
					  : strcmp(first, "source") == 0 ? RULE_TABLE
													 : RULE_EITHER;
		rule = find_rule(converter, subject, list_nth(parts, name));
		if (list_length(parts) > name + 1)
			rule->fields = lappend(rule->fields, list_nth(parts, name + 1));
	}
}

static void
timezone_configure(Transform *transform, const PluginOptions *options)
{
	TimezoneConverter *converter = (TimezoneConverter *) transform;
	List *included = read_rules(transform, INCLUDE_LIST, options);
	List *excluded = read_rules(transform, EXCLUDE_LIST, options);

	if (!time_zone_find(transform_text(transform, CONVERTED_TIMEZONE), &converter->zone))
		transform_option_error(transform, CONVERTED_TIMEZONE, "The server knows no such time zone.",
							   "Write a name of the time zone database (America/Los_Angeles) or an offset (+08:00).");
	if (included != NIL && excluded != NIL)
		transform_option_error(transform, EXCLUDE_LIST, "Both include and exclude lists are specified.",
							   "Leave one of them out.");
	converter->exclude = excluded != NIL;
	converter->source_times = options->release >= RELEASE_SOURCE_TIMES;
	add_rules(converter, included != NIL ? included : excluded);
}

/* ---------------------------------------------------------------- which fields */

static const Rule *
matching_rule(const TimezoneConverter *converter, RuleSubject subject, const char *name)
{
	ListCell *cell;

	foreach (cell, converter->rules)
	{
		const Rule *rule = lfirst(cell);

		if (rule->subject == subject && name != NULL && strcmp(rule->name, name) == 0)
			return rule;
	}
	return NULL;
}

static const Rule *
rule_for(const TimezoneConverter *converter, const char *topic, const char *table)
{
	const Rule *rule = matching_rule(converter, RULE_TOPIC, topic);

	if (rule == NULL)
		rule = matching_rule(converter, RULE_TABLE, table);
	if (rule == NULL)
		rule = matching_rule(converter, RULE_EITHER, topic);
	return rule ? rule : matching_rule(converter, RULE_EITHER, table);
}

/* "name.field" is about one structure only; a bare field about both images. */
static bool
names_field(const char *rule_field, const char *structure, const char *field)
{
	static const char *const structures[] = {"source", "before", "after"};

	for (int i = 0; i < lengthof(structures); i++)
	{
		Size size = strlen(structures[i]);

		if (strncmp(rule_field, structures[i], size) == 0 && rule_field[size] == '.')
			return strcmp(structures[i], structure) == 0 &&
				   (field == NULL || strcmp(rule_field + size + 1, field) == 0);
	}
	return strcmp(structure, "source") != 0 && (field == NULL || strcmp(rule_field, field) == 0);
}

/* Is the field (NULL: any field) of the structure among those of the rule? */
static bool
rule_names(const Rule *rule, const char *structure, const char *field)
{
	ListCell *cell;

	foreach (cell, rule->fields)
	{
		if (names_field(lfirst(cell), structure, field))
			return true;
	}
	return false;
}

static bool
is_wanted(const TimezoneConverter *converter, const Rule *rule, const char *structure, const char *field)
{
	if (strcmp(structure, "source") == 0 && (rule == NULL || !rule_names(rule, structure, NULL)))
		return false;
	if (rule == NULL)
		return converter->exclude || converter->rules == NIL;
	if (rule->fields == NIL)
		return !converter->exclude;
	return rule_names(rule, structure, field) != converter->exclude;
}

static Conversion
source_conversion(const char *field)
{
	if (strcmp(field, "ts_ms") == 0)
		return CONVERT_SOURCE_MILLIS;
	if (strcmp(field, "ts_us") == 0)
		return CONVERT_SOURCE_MICROS;
	return strcmp(field, "ts_ns") == 0 ? CONVERT_SOURCE_NANOS : CONVERT_NOT;
}

static Conversion
conversion_of(const char *structure, const ConnectSchema *field)
{
	static const struct
	{
		const char *name;
		Conversion conversion;
	} names[] = {
		{"io.debezium.time.ZonedTimestamp", CONVERT_ZONED_TIMESTAMP},
		{"io.debezium.time.ZonedTime", CONVERT_ZONED_TIME},
		{"io.debezium.time.Timestamp", CONVERT_MILLIS},
		{"org.apache.kafka.connect.data.Timestamp", CONVERT_MILLIS},
		{"io.debezium.time.MicroTimestamp", CONVERT_MICROS},
		{"io.debezium.time.NanoTimestamp", CONVERT_NANOS},
	};

	if (field->name == NULL)
		return strcmp(structure, "source") == 0 ? source_conversion(field->field) : CONVERT_NOT;
	for (int i = 0; i < lengthof(names); i++)
		if (strcmp(field->name, names[i].name) == 0)
			return names[i].conversion;
	return CONVERT_NOT;
}

/* ---------------------------------------------------------------- plan */

static char *
table_of(ConnectRecord *record)
{
	const ConnectSchema *schema;
	ConnectValue *source = connect_field(record->value_schema, &record->value, "source", &schema);
	ConnectValue *table;

	if (source == NULL || strcmp(schema->type, "struct") != 0)
		return NULL;
	table = connect_field(schema, source, "table", &schema);
	return table != NULL ? connect_value_cstring(schema, table) : NULL;
}

static void
plan_struct(const TimezoneConverter *converter, const Rule *rule, const ConnectSchema *envelope, const char *name,
			TimezonePlan *plan)
{
	StructPlan *part = &plan->structs[plan->count];
	const ConnectSchema *schema;

	part->index = connect_field_index(envelope, name);
	if (part->index < 0)
		return;
	schema = connect_field_schema(envelope, part->index);
	part->fields = palloc(Max(list_length(schema->fields), 1) * sizeof(ConvertedField));
	for (int i = 0; i < list_length(schema->fields); i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);
		ConvertedField converted = {i, conversion_of(name, field)};

		if (converted.conversion != CONVERT_NOT && is_wanted(converter, rule, name, field->field))
			part->fields[part->count++] = converted;
	}
	if (part->count > 0)
		plan->count++;
}

/* The table belongs to the schema, and the topic is the plan's variant. */
static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *envelope)
{
	const TimezoneConverter *converter = (const TimezoneConverter *) transform;
	TimezonePlan *plan = palloc0(sizeof(TimezonePlan));
	const Rule *rule = rule_for(converter, record->topic, table_of(record));

	plan_struct(converter, rule, envelope, "before", plan);
	plan_struct(converter, rule, envelope, "after", plan);
	if (converter->source_times)
		plan_struct(converter, rule, envelope, "source", plan);
	return plan;
}

/* ---------------------------------------------------------------- values */

static int64
floor_divide(int64 value, int64 divisor)
{
	return value / divisor - (value % divisor < 0 ? 1 : 0);
}

/* Java's long wraps around, but for milliseconds, whose conversion checks. */
static bool
shift_number(const TimeZone *zone, Conversion conversion, int64 *value)
{
	static const int64 units[] = {MILLIS_PER_SECOND, MICROS_PER_SECOND, NANOS_PER_SECOND};
	bool of_source = conversion >= CONVERT_SOURCE_MILLIS;
	int64 unit = units[conversion - (of_source ? CONVERT_SOURCE_MILLIS : CONVERT_MILLIS)];
	int64 second = floor_divide(*value, unit);
	int64 shift = (of_source ? zone_offset(zone, second) : -zone_local_offset(zone, second)) * unit;
	int64 moved = (int64) ((uint64) *value + (uint64) shift);
	bool overflow = shift > 0 ? moved < *value : moved > *value;

	if (overflow && (of_source || conversion == CONVERT_MILLIS))
		return false;
	*value = moved;
	return true;
}

/* Debezium asks the clock which offset holds now; the time of the commit gives the same again. */
static int64
present_second(const ConnectRecord *record)
{
	return record->change ? floor_divide(record->change->commit_time, MICROS_PER_SECOND) : (int64) time(NULL);
}

static void
convert(const TimezoneConverter *converter, ConnectRecord *record, const ConnectSchema *schema, Conversion conversion,
		ConnectValue *value)
{
	char *text = NULL;

	connect_value_resolve(schema, value);
	if (value->kind == VALUE_NULL)
		*value = connect_default(schema);
	if (value->kind == VALUE_INTEGER && conversion >= CONVERT_MILLIS)
	{
		if (!shift_number(&converter->zone, conversion, &value->integer))
			record_refuse(record, "long overflow: field \"%s\" cannot be moved to the time zone", schema->field);
		return;
	}
	if (value->kind != VALUE_STRING)
		return;
	if (conversion == CONVERT_ZONED_TIMESTAMP)
		text = zone_timestamp_text(&converter->zone, value->bytes, value->size);
	else
		text = zone_time_text(&converter->zone, value->bytes, value->size, present_second(record));
	if (text == NULL)
		record_refuse(record, "Text '%.*s' could not be parsed: field \"%s\"", (int) Min(value->size, 100),
					  value->bytes, schema->field);
	else
		*value = connect_string(text);
}

static TransformResult
timezone_apply(Transform *transform, ConnectRecord *record)
{
	TimezoneConverter *converter = (TimezoneConverter *) transform;
	const TimezonePlan *plan;

	if (!record_is_envelope(record))
		return RECORD_KEPT;
	plan = record_plan(record, transform, record->value_schema, record->topic, build_plan);
	connect_value_resolve(record->value_schema, &record->value);
	for (int i = 0; i < plan->count; i++)
	{
		const StructPlan *part = &plan->structs[i];
		const ConnectSchema *schema = connect_field_schema(record->value_schema, part->index);
		ConnectValue *value = &record->value.items[part->index];

		connect_value_resolve(schema, value);
		if (value->kind != VALUE_STRUCT)
			continue;
		for (int j = 0; j < part->count; j++)
			convert(converter, record, connect_field_schema(schema, part->fields[j].index), part->fields[j].conversion,
					&value->items[part->fields[j].index]);
	}
	return RECORD_KEPT;
}

const TransformClass transform_timezone = {
	.type = "io.debezium.transforms.TimezoneConverter",
	.size = sizeof(TimezoneConverter),
	TRANSFORM_OPTIONS(timezone_options),
	.configure = timezone_configure,
	.apply = timezone_apply,
};

/*-------------------------------------------------------------------------
 *
 * transform_timestamp_converter.c
 *	  org.apache.kafka.connect.transforms.TimestampConverter: a field, or the
 *	  whole key or value, between text, unix time and Connect's types of
 *	  dates.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/int.h"
#include "utils/timestamp.h"

#include "java_calendar.h"
#include "java_date_format.h"
#include "transform_operand.h"

/* In the order of TYPES. */
typedef enum TimeType
{
	TIME_STRING,
	TIME_UNIX,
	TIME_DATE,
	TIME_TIME,
	TIME_TIMESTAMP,
	TIME_NONE
} TimeType;

#define TYPES "string|unix|Date|Time|Timestamp"

/* In the order of PRECISIONS. */
typedef enum UnixPrecision
{
	UNIX_SECONDS,
	UNIX_MILLISECONDS,
	UNIX_MICROSECONDS,
	UNIX_NANOSECONDS
} UnixPrecision;

#define PRECISIONS "seconds|milliseconds|microseconds|nanoseconds"

typedef struct TimestampConverter
{
	Transform transform;
	const char *field; /* NULL: the whole */
	TimeType target;
	UnixPrecision precision;
	JavaDateFormat *format; /* NULL: none */
	int64 now_millis;
} TimestampConverter;

enum
{
	FIELD,
	TARGET_TYPE,
	FORMAT,
	UNIX_PRECISION,
	DEFAULTS
};

static const TransformOption time_options[] = {
	[FIELD] = {"field", OPTION_TEXT},
	[TARGET_TYPE] = {"target.type", OPTION_ENUM, .allowed = TYPES, .required = true},
	[FORMAT] = {"format", OPTION_TEXT},
	[UNIX_PRECISION] = {"unix.precision", OPTION_ENUM, .default_value = "milliseconds", .allowed = PRECISIONS},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

typedef struct TimePlan
{
	StructPlan *plan;
	int index;			 /* of the field; -1: it is not there, or it is the whole */
	TimeType source;	 /* what it is */
	const char *refusal; /* if that is none of these */
} TimePlan;

/* ---------------------------------------------------------------- options */

static void
time_configure(Transform *transform, const PluginOptions *options)
{
	TimestampConverter *converter = (TimestampConverter *) transform;
	const char *field = transform_text(transform, FIELD);
	const char *pattern = transform_text(transform, FORMAT);
	const char *problem = NULL;

	converter->field = field && *field != '\0' ? field : NULL;
	converter->target = transform_number(transform, TARGET_TYPE);
	converter->precision = transform_number(transform, UNIX_PRECISION);
	converter->now_millis = timestamptz_to_time_t(GetCurrentTimestamp()) * MILLIS_PER_SECOND;
	if (pattern != NULL && *pattern != '\0')
		converter->format = java_date_format_new(pattern, &problem);
	if (problem != NULL)
		transform_option_error(transform, FORMAT, problem, NULL);
	if (converter->target == TIME_STRING && converter->format == NULL)
		transform_option_error(transform, FORMAT, "Text needs a format.", "Set one such as yyyy-MM-dd HH:mm:ss.");
}

/* ---------------------------------------------------------------- values */

static int64
multiplied(int64 number, int64 factor)
{
	int64 product;

	if (pg_mul_s64_overflow(number, factor, &product))
		return number < 0 ? PG_INT64_MIN : PG_INT64_MAX;
	return product;
}

/* TimeUnit#toMillis */
static int64
unix_to_millis(int64 number, UnixPrecision precision)
{
	switch (precision)
	{
		case UNIX_SECONDS:
			return multiplied(number, 1000);
		case UNIX_MICROSECONDS:
			return number / 1000;
		case UNIX_NANOSECONDS:
			return number / 1000000;
		default:
			return number;
	}
}

static int64
millis_to_unix(int64 millis, UnixPrecision precision)
{
	switch (precision)
	{
		case UNIX_SECONDS:
			return millis / 1000;
		case UNIX_MICROSECONDS:
			return multiplied(millis, 1000);
		case UNIX_NANOSECONDS:
			return multiplied(millis, 1000000);
		default:
			return millis;
	}
}

/* Why the text is no time; NULL: it is. */
static const char *
parse_text(const TimestampConverter *converter, const char *text, int64 *millis)
{
	const char *pattern = transform_text(&converter->transform, FORMAT);

	if (converter->format == NULL)
		return psprintf("Could not parse timestamp: value (%s), as option format is not set", text);
	if (!java_date_can_parse(converter->format))
		return psprintf("reading timestamps by the pattern (%s) is not built", pattern);
	if (!java_date_parse(converter->format, text, converter->now_millis, millis))
		return psprintf("Could not parse timestamp: value (%s) does not match pattern (%s)", text, pattern);
	return NULL;
}

static const char *
to_millis(const TimestampConverter *converter, const ConnectSchema *schema, ConnectValue *value, TimeType source,
		  int64 *millis)
{
	if (source == TIME_STRING)
		return parse_text(converter, connect_value_cstring(schema, value), millis);
	*millis = value->integer;
	if (source == TIME_UNIX)
		*millis = unix_to_millis(value->integer, converter->precision);
	else if (source == TIME_DATE)
		*millis = value->integer * MILLIS_PER_DAY;
	return NULL;
}

static ConnectValue
from_millis(const TimestampConverter *converter, int64 millis)
{
	switch (converter->target)
	{
		case TIME_STRING:
			return connect_string(java_date_format(converter->format, millis));
		case TIME_UNIX:
			return connect_integer(millis_to_unix(millis, converter->precision));
		case TIME_DATE:
			return connect_integer(java_day_of(millis));
		case TIME_TIME:
			return connect_integer(java_time_of_day(millis));
		default:
			return connect_integer(millis);
	}
}

static void
convert(const TimestampConverter *converter, ConnectRecord *record, const TimePlan *plan, const ConnectSchema *schema,
		ConnectValue *value)
{
	const char *refusal = plan->refusal;
	int64 millis;

	connect_value_resolve(schema, value);
	if (refusal == NULL && value->kind != VALUE_NULL)
		refusal = to_millis(converter, schema, value, plan->source, &millis);
	if (refusal != NULL)
		record_refuse(record, "%s", refusal);
	else if (value->kind != VALUE_NULL)
		*value = from_millis(converter, millis);
}

/* ---------------------------------------------------------------- schemas */

static TimeType
type_of(const ConnectSchema *schema)
{
	if (is_connect_type(schema, "Timestamp"))
		return TIME_TIMESTAMP;
	if (is_connect_type(schema, "Date"))
		return TIME_DATE;
	if (is_connect_type(schema, "Time"))
		return TIME_TIME;
	if (strcmp(schema->type, "string") == 0)
		return TIME_STRING;
	return strcmp(schema->type, "int64") == 0 ? TIME_UNIX : TIME_NONE;
}

static ConnectSchema *
target_schema(TimeType target)
{
	switch (target)
	{
		case TIME_STRING:
			return connect_schema_new("string");
		case TIME_UNIX:
			return connect_schema_new("int64");
		case TIME_DATE:
			return connect_schema_named("int32", CONNECT_DATA "Date", 1);
		case TIME_TIME:
			return connect_schema_named("int32", CONNECT_DATA "Time", 1);
		default:
			return connect_schema_named("int64", CONNECT_DATA "Timestamp", 1);
	}
}

/* The schema of what comes out of the schema; plan learns what goes in. */
static ConnectSchema *
plan_conversion(TimePlan *plan, TimeType target, const ConnectSchema *schema)
{
	ConnectSchema *converted = target_schema(target);

	converted->optional = schema->optional;
	plan->source = type_of(schema);
	if (plan->source == TIME_NONE)
		plan->refusal = psprintf("Schema{%s%s%s} does not correspond to a known timestamp type format",
								 schema->name ? schema->name : "", schema->name ? ":" : "", java_type_name(schema));
	return converted;
}

static void *
time_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const TimestampConverter *converter = (const TimestampConverter *) transform;
	TimePlan *plan = palloc0(sizeof(TimePlan));

	plan->index = -1;
	if (converter->field == NULL)
	{
		plan->plan = struct_plan_new(plan_conversion(plan, converter->target, schema));
		return plan;
	}
	plan->plan = struct_plan_new(schema_basics(schema));
	plan->plan->schema->optional = schema->optional;
	for (int i = 0; i < list_length(schema->fields); i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);

		if (strcmp(field->field, converter->field) != 0)
			struct_plan_keep(plan->plan, schema, i);
		else
		{
			plan->index = i;
			struct_plan_add(plan->plan, field->field, plan_conversion(plan, converter->target, field), schema, i);
		}
	}
	return plan;
}

/* ---------------------------------------------------------------- records */

static TransformResult
time_apply(Transform *transform, ConnectRecord *record)
{
	const TimestampConverter *converter = (const TimestampConverter *) transform;
	Operand operand = operand_of(transform, record);
	const ConnectSchema *schema = *operand.schema;
	const TimePlan *plan;

	if (schema == NULL && operand_is_null(&operand))
		return RECORD_KEPT;
	if ((schema == NULL || converter->field != NULL) && !operand_is_null(&operand) &&
		!operand_is_struct(&operand, "converting timestamp formats"))
		return RECORD_KEPT;
	if (converter->field != NULL && strcmp(schema->type, "struct") != 0)
	{
		record_refuse(record, "Cannot list fields on non-struct type");
		return RECORD_KEPT;
	}
	plan = record_plan(record, transform, schema, NULL, time_plan);
	if (converter->field == NULL)
		convert(converter, record, plan, schema, operand.value);
	else if (!operand_is_null(&operand))
	{
		operand_replace(&operand, plan->plan, transform_bool(transform, DEFAULTS));
		if (plan->index >= 0 && record->refusal == NULL)
			convert(converter, record, plan, connect_field_schema(schema, plan->index),
					&operand.value->items[plan->index]);
	}
	*operand.schema = plan->plan->schema;
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(timestamp_converter, "TimestampConverter", TimestampConverter, time_options, time_configure,
					  time_apply);

/*-------------------------------------------------------------------------
 *
 * transform_cast.c
 *	  org.apache.kafka.connect.transforms.Cast: fields, or the whole key or
 *	  value, as another type.
 *
 * Dates become text as in a JVM whose time zone is UTC.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_calendar.h"
#include "java_date_format.h"
#include "java_number.h"
#include "transform_operand.h"

/* Also the order in which Java prints them. */
typedef enum CastType
{
	CAST_INT8,
	CAST_INT16,
	CAST_INT32,
	CAST_INT64,
	CAST_FLOAT32,
	CAST_FLOAT64,
	CAST_BOOLEAN,
	CAST_STRING
} CastType;

static const struct
{
	const char *name;
	const char *type; /* of ConnectSchema */
} cast_types[] = {
	[CAST_INT8] = {"int8", "int8"},			 [CAST_INT16] = {"int16", "int16"},
	[CAST_INT32] = {"int32", "int32"},		 [CAST_INT64] = {"int64", "int64"},
	[CAST_FLOAT32] = {"float32", "float"},	 [CAST_FLOAT64] = {"float64", "double"},
	[CAST_BOOLEAN] = {"boolean", "boolean"}, [CAST_STRING] = {"string", "string"},
};

#define OUTPUT_TYPES "INT8, INT16, INT32, INT64, FLOAT32, FLOAT64, BOOLEAN, STRING"

typedef struct CastSpec
{
	const char *field; /* NULL: all of the key or value */
	CastType type;
} CastSpec;

typedef struct Cast
{
	Transform transform;
	List *specs; /* of CastSpec * */
	const CastSpec *whole;
} Cast;

enum
{
	SPEC,
	DEFAULTS
};

static const TransformOption cast_options[] = {
	[SPEC] = {"spec", OPTION_LIST, .required = true},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

typedef struct CastPlan
{
	StructPlan *plan; /* of the whole: its schema alone */
	List *casts;	  /* of FieldCast * */
} CastPlan;

typedef struct FieldCast
{
	int index;
	CastType type;
} FieldCast;

/* ---------------------------------------------------------------- options */

static CastType
parse_type(const Transform *transform, const char *name)
{
	for (int i = 0; i < lengthof(cast_types); i++)
		if (pg_strcasecmp(cast_types[i].name, name) == 0)
			return i;
	transform_option_error(transform, SPEC, psprintf("Invalid type found in casting spec: %s", name),
						   "Types are int8, int16, int32, int64, float32, float64, boolean and string.");
}

static char *
trimmed(const char *text, Size size)
{
	while (size > 0 && *text == ' ')
	{
		text++;
		size--;
	}
	while (size > 0 && text[size - 1] == ' ')
		size--;
	return pnstrdup(text, size);
}

static CastSpec *
parse_spec(const Transform *transform, const char *text)
{
	CastSpec *spec = palloc0(sizeof(CastSpec));
	const char *colon = strchr(text, ':');

	if (colon != NULL && strchr(colon + 1, ':') != NULL)
		transform_option_error(transform, SPEC, psprintf("Invalid cast: %s", text), "Pairs look like field:type.");
	if (colon != NULL)
	{
		spec->field = trimmed(text, colon - text);
		text = colon + 1;
	}
	spec->type = parse_type(transform, trimmed(text, strlen(text)));
	return spec;
}

static void
cast_configure(Transform *transform, const PluginOptions *options)
{
	Cast *cast = (Cast *) transform;
	ListCell *cell;

	foreach (cell, transform_list(transform, SPEC))
	{
		CastSpec *spec = parse_spec(transform, lfirst(cell));

		cast->specs = lappend(cast->specs, spec);
		if (spec->field == NULL)
			cast->whole = spec;
	}
	if (cast->specs == NIL)
		transform_option_error(transform, SPEC, "It must name at least one field to cast.", NULL);
	if (cast->whole != NULL && list_length(cast->specs) > 1)
		transform_option_error(transform, SPEC, "A type for the entire value must stand alone.", NULL);
}

/* ---------------------------------------------------------------- values */

/* A number in each of the shapes that Java's Number gives it. */
typedef struct Number
{
	int64 whole;  /* longValue() */
	int32 narrow; /* intValue() */
	double number;
	float single;
} Number;

static bool
is_date(const ConnectSchema *schema)
{
	return is_connect_type(schema, "Date") || is_connect_type(schema, "Time") || is_connect_type(schema, "Timestamp");
}

/* Values.dateFormatFor */
static char *
date_text(const ConnectSchema *schema, int64 value)
{
	int64 millis = is_connect_type(schema, "Date") ? value * MILLIS_PER_DAY : value;
	const char *pattern = "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'";
	const char *problem;

	if (millis < MILLIS_PER_DAY)
		pattern = "HH:mm:ss.SSS'Z'";
	else if (millis % MILLIS_PER_DAY == 0)
		pattern = "yyyy-MM-dd";
	return java_date_format(java_date_format_new(pattern, &problem), millis);
}

static const char *
base64_text(const ConnectValue *value)
{
	JsonWriter text;

	json_writer_init(&text, CurrentMemoryContext, value->size * 4 / 3 + 8);
	text.strings = STRINGS_BARE;
	json_base64(&text, value->bytes, value->size, false);
	json_char(&text, '\0');
	return text.data;
}

static const char *
cast_to_string(const ConnectSchema *schema, ConnectValue *value)
{
	if (value->kind == VALUE_HOLE)
		return NULL;
	if (is_date(schema))
		*value = connect_string(date_text(schema, value->integer));
	else if (value->kind == VALUE_BYTES && !is_connect_type(schema, "Decimal"))
		*value = connect_string(base64_text(value));
	else
		*value = connect_string(connect_value_cstring(schema, value));
	return NULL;
}

static void
set_float(Number *number, double value)
{
	number->whole = java_double_long(value);
	number->narrow = java_double_int(value);
	number->number = value;
	number->single = (float) value;
}

static void
set_integer(Number *number, int64 value)
{
	number->whole = value;
	number->narrow = (int32) value;
	number->number = (double) value;
	number->single = (float) value;
}

static void
set_decimal(Number *number, const ConnectSchema *schema, ConnectValue *value)
{
	JavaDecimal decimal;

	if (!java_decimal_parse(connect_value_cstring(schema, value), &decimal))
		elog(ERROR, "the text of a decimal is none");
	set_integer(number, java_decimal_long(&decimal));
	number->number = java_decimal_double(&decimal);
	number->single = java_decimal_float(&decimal);
}

/* parseByte() to parseDouble() */
static bool
set_text(Number *number, const char *text, CastType type)
{
	static const int64 limits[] = {[CAST_INT8] = PG_INT8_MAX,
								   [CAST_INT16] = PG_INT16_MAX,
								   [CAST_INT32] = PG_INT32_MAX,
								   [CAST_INT64] = PG_INT64_MAX};
	int64 integer;
	double value;

	if (type == CAST_BOOLEAN)
		set_integer(number, pg_strcasecmp(text, "true") == 0);
	else if (type == CAST_FLOAT32 || type == CAST_FLOAT64)
	{
		if (!java_parse_double(text, type == CAST_FLOAT32, &value))
			return false;
		set_float(number, value);
	}
	else
	{
		if (!java_parse_integer(text, -limits[type] - 1, limits[type], &integer))
			return false;
		set_integer(number, integer);
	}
	return true;
}

/* Why the value is no number; NULL: it is one. */
static const char *
number_of(const ConnectSchema *schema, ConnectValue *value, CastType type, Number *number)
{
	char *text;

	switch (value->kind)
	{
		case VALUE_BOOLEAN:
			set_integer(number, value->boolean);
			return NULL;
		case VALUE_INTEGER:
			set_integer(number, value->integer);
			return NULL;
		case VALUE_FLOAT:
			set_float(number, strcmp(schema->type, "float") == 0 ? (double) (float) value->number : value->number);
			return NULL;
		case VALUE_HOLE:
		case VALUE_STRING:
			text = connect_value_cstring(schema, value);
			if (value->kind == VALUE_STRING && set_text(number, text, type))
				return NULL;
			return psprintf("Value (%s) was out of range for requested data type", text);
		default:
			if (!is_connect_type(schema, "Decimal"))
				return "Unexpected type in Cast transformation: class java.nio.HeapByteBuffer";
			set_decimal(number, schema, value);
			return NULL;
	}
}

static ConnectValue
number_value(const Number *number, CastType type)
{
	switch (type)
	{
		case CAST_INT8:
			return connect_integer((int8) number->narrow);
		case CAST_INT16:
			return connect_integer((int16) number->narrow);
		case CAST_INT32:
			return connect_integer(number->narrow);
		case CAST_INT64:
			return connect_integer(number->whole);
		case CAST_FLOAT32:
			return connect_float(number->single);
		case CAST_FLOAT64:
			return connect_float(number->number);
		default:
			return connect_boolean(number->whole != 0);
	}
}

/* Replaces a value of that schema; why that cannot be done, or NULL. */
static const char *
cast_value(const ConnectSchema *schema, ConnectValue *value, CastType type)
{
	Number number = {0};
	const char *refusal;

	connect_value_resolve(schema, value);
	if (value->kind == VALUE_NULL)
		return NULL;
	if (schema->items != NULL || schema->values != NULL || strcmp(schema->type, "struct") == 0)
		return psprintf("Cast transformation does not support casting from %s; supported types are [" OUTPUT_TYPES
						", BYTES]",
						java_type_name(schema));
	if (value->kind == VALUE_JSON)
		return "Cast of bytes that are a field's default is not built";
	if (type == CAST_STRING)
		return cast_to_string(schema, value);
	refusal = number_of(schema, value, type, &number);
	if (refusal == NULL)
		*value = number_value(&number, type);
	return refusal;
}

/* ---------------------------------------------------------------- schemas */

/* Gives the schema the default of another one as it is after the cast. */
static const char *
cast_default(const ConnectSchema *from, ConnectSchema *to, CastType type)
{
	ConnectValue value = connect_default(from);
	const char *refusal = cast_value(from, &value, type);
	JsonWriter json;
	ConnectOutput output = {.writer = &json};

	if (refusal != NULL || value.kind == VALUE_NULL)
		return refusal;
	json_writer_init(&json, CurrentMemoryContext, 64);
	connect_value_json(to, &value, &output);
	json_char(&json, '\0');
	to->default_json = json.data;
	return NULL;
}

static void
plan_whole(CastPlan *plan, const ConnectSchema *schema, CastType type)
{
	ConnectSchema *cast = schema_alone(schema);

	plan->plan = struct_plan_new(cast);
	cast->type = cast_types[type].type;
	cast->items = cast->keys = cast->values = NULL;
	cast->fields = NIL;
	cast->default_json = NULL;
	plan->plan->refusal = cast_default(schema, cast, type);
	if (is_date(schema) || is_connect_type(schema, "Decimal"))
		plan->plan->refusal =
			psprintf("Invalid type for %s: Cast of an entire value leaves the schema its name", schema->name);
}

static void
plan_field(CastPlan *plan, const ConnectSchema *schema, int index, CastType type)
{
	const ConnectSchema *field = connect_field_schema(schema, index);
	ConnectSchema *cast = connect_schema_new(cast_types[type].type);
	FieldCast *step = palloc(sizeof(FieldCast));
	const char *refusal = cast_default(field, cast, type);

	cast->optional = field->optional;
	struct_plan_add(plan->plan, field->field, cast, schema, index);
	if (plan->plan->refusal == NULL)
		plan->plan->refusal = refusal;
	step->index = index;
	step->type = type;
	plan->casts = lappend(plan->casts, step);
}

/* The last one for a field counts. */
static const CastSpec *
find_spec(const Cast *cast, const char *field)
{
	const CastSpec *found = NULL;
	ListCell *cell;

	foreach (cell, cast->specs)
	{
		const CastSpec *spec = lfirst(cell);

		if (spec->field != NULL && strcmp(spec->field, field) == 0)
			found = spec;
	}
	return found;
}

static void *
cast_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const Cast *cast = (const Cast *) transform;
	CastPlan *plan = palloc0(sizeof(CastPlan));

	if (cast->whole != NULL)
	{
		plan_whole(plan, schema, cast->whole->type);
		return plan;
	}
	plan->plan = struct_plan_new(schema_basics(schema));
	plan->plan->schema->optional = schema->optional;
	for (int i = 0; i < list_length(schema->fields); i++)
	{
		const CastSpec *spec = find_spec(cast, connect_field_schema(schema, i)->field);

		if (spec != NULL)
			plan_field(plan, schema, i, spec->type);
		else
			struct_plan_keep(plan->plan, schema, i);
	}
	return plan;
}

/* ---------------------------------------------------------------- records */

static void
cast_fields(Operand *operand, const CastPlan *plan, bool defaults)
{
	const ConnectSchema *schema = *operand->schema;
	ListCell *cell;

	operand_replace(operand, plan->plan, defaults);
	if (operand->record->refusal != NULL)
		return;
	foreach (cell, plan->casts)
	{
		const FieldCast *cast = lfirst(cell);
		const ConnectSchema *field = connect_field_schema(schema, cast->index);
		const char *refusal = cast_value(field, &operand->value->items[cast->index], cast->type);

		if (refusal != NULL)
			record_refuse(operand->record, "%s (field %s)", refusal, field->field);
	}
}

static void
cast_whole(Operand *operand, const CastPlan *plan, CastType type)
{
	const char *refusal = plan->plan->refusal;

	if (refusal == NULL)
		refusal = cast_value(*operand->schema, operand->value, type);
	if (refusal != NULL)
		record_refuse(operand->record, "%s", refusal);
	*operand->schema = plan->plan->schema;
}

static TransformResult
cast_apply(Transform *transform, ConnectRecord *record)
{
	const Cast *cast = (const Cast *) transform;
	Operand operand = operand_of(transform, record);
	const CastPlan *plan;

	if (operand_is_null(&operand))
		return RECORD_KEPT;
	if ((cast->whole == NULL || *operand.schema == NULL) && !operand_is_struct(&operand, "cast types"))
		return RECORD_KEPT;
	plan = record_plan(record, transform, *operand.schema, NULL, cast_plan);
	if (cast->whole != NULL)
		cast_whole(&operand, plan, cast->whole->type);
	else
		cast_fields(&operand, plan, transform_bool(transform, DEFAULTS));
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(cast, "Cast", Cast, cast_options, cast_configure, cast_apply);

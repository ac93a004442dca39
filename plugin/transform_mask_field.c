/*-------------------------------------------------------------------------
 *
 * transform_mask_field.c
 *	  org.apache.kafka.connect.transforms.MaskField: fields with an empty
 *	  value of their type, or a given one.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "decimal_text.h"
#include "java_number.h"
#include "transform_operand.h"

typedef struct MaskField
{
	Transform transform;
	List *fields; /* of char * */
	DecimalFormat decimal_format;
} MaskField;

enum
{
	FIELDS,
	REPLACEMENT,
	DEFAULTS
};

static const TransformOption mask_options[] = {
	[FIELDS] = {"fields", OPTION_LIST, .required = true},
	[REPLACEMENT] = {"replacement", OPTION_TEXT},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

/* What stands in a masked field. */
typedef struct Mask
{
	int index;			 /* of the field */
	const char *refusal; /* why there is none; NULL: there is */
	ConnectValue value;
} Mask;

typedef struct MaskPlan
{
	StructPlan *copy;
	List *masks; /* of Mask * */
} MaskPlan;

static void
mask_configure(Transform *transform, const PluginOptions *options)
{
	MaskField *mask = (MaskField *) transform;
	bool key = strchr(transform->class->type, '$')[1] == 'K';

	mask->fields = transform_list(transform, FIELDS);
	mask->decimal_format = key ? options->key_modes.decimal_format : options->value_modes.decimal_format;
	if (mask->fields == NIL)
		transform_option_error(transform, FIELDS, "The list is empty.", NULL);
	if (transform_is_set(transform, REPLACEMENT) && *transform_text(transform, REPLACEMENT) == '\0')
		transform_option_error(transform, REPLACEMENT, "It must not be empty.", NULL);
}

/* A literal as a value that is JSON already. */
static ConnectValue
json_value(const char *json)
{
	ConnectValue value = {.kind = VALUE_JSON, .bytes = json, .size = strlen(json)};

	return value;
}

/* Digits behind the point that a replacement may have beyond the field's. */
#define MAX_SCALE 1000

/*
 * Connect does not give the number the scale of the field: JsonConverter
 * fails on it, unless decimal.format=NUMERIC, and then writes it as it is.
 */
static void
mask_decimal(const MaskField *mask, const ConnectSchema *schema, const JavaDecimal *decimal, Mask *result)
{
	int scale = connect_decimal_scale(schema);
	JsonWriter text;
	Size size;
	const char *unscaled = java_decimal_unscaled(decimal, &size);

	result->value = connect_bytes(unscaled, size);
	if (decimal->scale == scale)
		return;
	if (mask->decimal_format != DECIMAL_NUMERIC || decimal->scale < 0 || decimal->scale > MAX_SCALE)
	{
		result->refusal = psprintf("Decimal value has mismatching scale for given Decimal schema. Schema has scale %d, "
								   "value has scale %d (field %s)",
								   scale, decimal->scale, schema->field);
		return;
	}
	json_writer_init(&text, CurrentMemoryContext, 64);
	unscaled = decimal_plain_text(unscaled, size, decimal->scale, &size);
	decimal_text_write(&text, unscaled, size, decimal->scale);
	json_char(&text, '\0');
	result->value = json_value(text.data);
}

/* (byte) to (long) of a long. */
static int64
narrowed(const char *type, int64 number)
{
	if (strcmp(type, "int8") == 0)
		return (int8) number;
	if (strcmp(type, "int16") == 0)
		return (int16) number;
	if (strcmp(type, "int32") == 0)
		return (int32) number;
	return number;
}

static void
mask_number(const MaskField *mask, const ConnectSchema *schema, const char *text, Mask *result)
{
	JavaDecimal decimal;

	if (!java_decimal_parse(text, &decimal))
		result->refusal = psprintf("Unable to convert %s (class java.lang.String) to a number", text);
	else if (is_connect_type(schema, "Decimal"))
		mask_decimal(mask, schema, &decimal, result);
	else if (strncmp(schema->type, "int", 3) == 0)
		result->value = connect_integer(narrowed(schema->type, java_decimal_long(&decimal)));
	else if (strcmp(schema->type, "float") == 0)
		result->value = connect_float((float) java_decimal_double(&decimal));
	else
		result->value = connect_float(java_decimal_double(&decimal));
}

static bool
is_number(const ConnectSchema *schema)
{
	return strncmp(schema->type, "int", 3) == 0 || strcmp(schema->type, "float") == 0 ||
		   strcmp(schema->type, "double") == 0 || is_connect_type(schema, "Decimal");
}

static bool
is_date(const ConnectSchema *schema)
{
	return is_connect_type(schema, "Date") || is_connect_type(schema, "Time") || is_connect_type(schema, "Timestamp");
}

static void
mask_with_replacement(const MaskField *mask, const ConnectSchema *schema, const char *text, Mask *result)
{
	ConnectValue some = connect_boolean(true);

	if (strcmp(schema->type, "string") == 0)
		result->value = connect_string(text);
	else if (is_number(schema) && !is_date(schema))
		mask_number(mask, schema, text, result);
	else
		result->refusal = psprintf("Cannot mask value of type class %s with custom replacement (field %s)",
								   java_class_of(schema, &some), schema->field);
}

/* JsonConverter writes a map as an object if its keys are text, else as a list of pairs. */
static const char *
empty_map(const ConnectSchema *schema)
{
	return strcmp(schema->keys->type, "string") == 0 ? "{}" : "[]";
}

static void
mask_empty(const MaskField *mask, const ConnectSchema *schema, Mask *result)
{
	ConnectValue some = connect_boolean(true);

	if (strcmp(schema->type, "string") == 0)
		result->value = connect_string("");
	else if (strcmp(schema->type, "boolean") == 0)
		result->value = connect_boolean(false);
	else if (strcmp(schema->type, "array") == 0)
		result->value = json_value("[]");
	else if (strcmp(schema->type, "map") == 0)
		result->value = json_value(empty_map(schema));
	else if (is_number(schema))
		mask_number(mask, schema, "0", result);
	else
		result->refusal =
			psprintf("Cannot mask value of type: class %s (field %s)", java_class_of(schema, &some), schema->field);
}

static void *
mask_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const MaskField *mask = (const MaskField *) transform;
	MaskPlan *plan = palloc0(sizeof(MaskPlan));
	ListCell *cell;

	plan->copy = struct_plan_same(schema);
	foreach (cell, mask->fields)
	{
		Mask *field = palloc0(sizeof(Mask));
		int index = connect_field_index(schema, lfirst(cell));

		if (index < 0)
			continue;
		field->index = index;
		if (transform_is_set(transform, REPLACEMENT))
			mask_with_replacement(mask, connect_field_schema(schema, index), transform_text(transform, REPLACEMENT),
								  field);
		else
			mask_empty(mask, connect_field_schema(schema, index), field);
		plan->masks = lappend(plan->masks, field);
	}
	return plan;
}

static TransformResult
mask_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	const MaskPlan *plan;
	ListCell *cell;

	if (!operand_is_struct(&operand, "mask fields"))
		return RECORD_KEPT;
	plan = record_plan(record, transform, *operand.schema, NULL, mask_plan);
	operand_replace(&operand, plan->copy, transform_bool(transform, DEFAULTS));
	foreach (cell, plan->masks)
	{
		const Mask *mask = lfirst(cell);
		ConnectValue *item = &operand.value->items[mask->index];

		connect_value_resolve(connect_field_schema(*operand.schema, mask->index), item);
		if (item->kind == VALUE_NULL)
			continue;
		if (mask->refusal != NULL)
			record_refuse(record, "%s", mask->refusal);
		*item = mask->value;
	}
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(mask_field, "MaskField", MaskField, mask_options, mask_configure, mask_apply);

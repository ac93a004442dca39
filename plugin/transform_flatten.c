/*-------------------------------------------------------------------------
 *
 * transform_flatten.c
 *	  org.apache.kafka.connect.transforms.Flatten: the fields of structures
 *	  inside of key or value as its own.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "transform_operand.h"

#define DELIMITER 0

static const TransformOption flatten_options[] = {{"delimiter", OPTION_TEXT, .default_value = "."}};

/* A field of a structure: where it goes, or what is in it. */
typedef struct FlatField
{
	int target;		/* index in the result; -1: a structure */
	List *children; /* of FlatField *, one per field of it */
	bool has_default;
} FlatField;

typedef struct FlattenPlan
{
	StructPlan *plan;
	List *fields; /* of FlatField * */
} FlattenPlan;

static const char *
joined(const Transform *transform, const char *prefix, const char *name)
{
	return *prefix == '\0' ? name : psprintf("%s%s%s", prefix, transform_text(transform, DELIMITER), name);
}

static List *plan_fields(const Transform *transform, StructPlan *plan, const ConnectSchema *schema, const char *prefix,
						 bool optional);

/* A field is optional if a structure around it is. */
static FlatField *
plan_field(const Transform *transform, StructPlan *plan, const ConnectSchema *schema, const char *name, bool optional)
{
	FlatField *field = palloc0(sizeof(FlatField));
	ConnectSchema *flat;

	optional = optional || schema->optional;
	field->target = -1;
	if (strcmp(schema->type, "struct") == 0)
	{
		field->children = plan_fields(transform, plan, schema, name, optional);
		return field;
	}
	if (strcmp(schema->type, "map") == 0 && plan->refusal == NULL)
		plan->refusal =
			psprintf("Flatten transformation does not support MAP for record with schemas (for field %s).", name);
	field->target = list_length(plan->schema->fields);
	field->has_default = schema->default_json != NULL;
	flat = schema_alone(schema);
	flat->optional = optional;
	struct_plan_add(plan, name, flat, NULL, -1);
	return field;
}

static List *
plan_fields(const Transform *transform, StructPlan *plan, const ConnectSchema *schema, const char *prefix,
			bool optional)
{
	List *fields = NIL;
	ListCell *cell;

	check_stack_depth();
	foreach (cell, schema->fields)
	{
		const ConnectSchema *field = lfirst(cell);

		fields = lappend(fields, plan_field(transform, plan, field, joined(transform, prefix, field->field), optional));
	}
	return fields;
}

static void *
flatten_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	FlattenPlan *plan = palloc0(sizeof(FlattenPlan));

	plan->plan = struct_plan_new(schema_basics(schema));
	plan->fields = plan_fields(transform, plan->plan, schema, "", schema->optional);
	return plan;
}

static void
flatten(ConnectRecord *record, const List *fields, const ConnectSchema *schema, ConnectValue *value, ConnectValue *made)
{
	ListCell *cell;

	connect_value_resolve(schema, value);
	if (value->kind == VALUE_NULL || !require_struct(record, schema, value, "flattening"))
		return;
	foreach (cell, fields)
	{
		const FlatField *field = lfirst(cell);
		int index = foreach_current_index(cell);

		if (field->target < 0)
			flatten(record, field->children, connect_field_schema(schema, index), &value->items[index], made);
		else if (field->has_default)
			made->items[field->target] = struct_item(schema, value, index, true);
		else
			made->items[field->target] = value->items[index];
	}
}

static TransformResult
flatten_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	ConnectValue value = *operand.value;
	const ConnectSchema *schema = *operand.schema;
	const FlattenPlan *plan;

	if (operand_is_null(&operand) || !operand_is_struct(&operand, "flattening"))
		return RECORD_KEPT;
	plan = record_plan(record, transform, schema, NULL, flatten_plan);
	operand_replace(&operand, plan->plan, false);
	if (record->refusal == NULL)
		flatten(record, plan->fields, schema, &value, operand.value);
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(flatten, "Flatten", Transform, flatten_options, NULL, flatten_apply);

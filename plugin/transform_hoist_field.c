/*-------------------------------------------------------------------------
 *
 * transform_hoist_field.c
 *	  org.apache.kafka.connect.transforms.HoistField: the whole key or value
 *	  as the only field of a structure.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

#define FIELD 0

static const TransformOption hoist_options[] = {{"field", OPTION_TEXT, .required = true}};

static void *
hoist_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	StructPlan *plan = struct_plan_new(connect_schema_new("struct"));

	struct_plan_add(plan, transform_text(transform, FIELD), schema, NULL, -1);
	return plan;
}

/* Connect makes a map without schema of what has none: of a tombstone, {"field":null}. */
static void
hoist_without_schema(const Transform *transform, Operand *operand)
{
	JsonWriter json;
	ConnectValue map = {.kind = VALUE_JSON};

	if (!operand_is_null(operand))
	{
		record_refuse(operand->record, "HoistField of a value without schema is not built");
		return;
	}
	json_writer_init(&json, CurrentMemoryContext, 64);
	json_char(&json, '{');
	json_cstring(&json, transform_text(transform, FIELD));
	json_literal(&json, ":null}");
	map.bytes = json.data;
	map.size = json.len;
	*operand->value = map;
}

static TransformResult
hoist_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	ConnectValue hoisted = *operand.value;
	const StructPlan *plan;

	if (*operand.schema == NULL)
	{
		hoist_without_schema(transform, &operand);
		return RECORD_KEPT;
	}
	plan = record_plan(record, transform, *operand.schema, NULL, hoist_plan);
	if (hoisted.kind == VALUE_NULL && !(*operand.schema)->optional)
		record_refuse(record, "Invalid value: null used for required field: %s", transform_text(transform, FIELD));
	operand_replace(&operand, plan, false);
	if (record->refusal == NULL)
		operand.value->items[0] = hoisted;
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(hoist_field, "HoistField", Transform, hoist_options, NULL, hoist_apply);

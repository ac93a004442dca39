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

static TransformResult
hoist_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	ConnectValue hoisted = *operand.value;
	const StructPlan *plan;

	if (*operand.schema == NULL)
	{
		record_refuse(record, "HoistField of a record without schema, such as a tombstone, is not built");
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

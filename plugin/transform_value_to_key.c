/*-------------------------------------------------------------------------
 *
 * transform_value_to_key.c
 *	  org.apache.kafka.connect.transforms.ValueToKey: fields of the value as
 *	  the record's key.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

typedef struct ValueToKey
{
	Transform transform;
	List *fields; /* of char * */
} ValueToKey;

enum
{
	FIELDS,
	DEFAULTS
};

static const TransformOption key_options[] = {
	[FIELDS] = {"fields", OPTION_LIST, .required = true},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

/* Connect drops what a list names again. */
static List *
without_repeats(List *names)
{
	List *kept = NIL;
	ListCell *cell;
	ListCell *other;

	foreach (cell, names)
	{
		bool repeated = false;

		foreach (other, kept)
			repeated = repeated || strcmp(lfirst(other), lfirst(cell)) == 0;
		if (!repeated)
			kept = lappend(kept, lfirst(cell));
	}
	return kept;
}

static void
key_configure(Transform *transform, const PluginOptions *options)
{
	ValueToKey *to_key = (ValueToKey *) transform;

	to_key->fields = without_repeats(transform_list(transform, FIELDS));
	if (to_key->fields == NIL)
		transform_option_error(transform, FIELDS, "The list is empty.", NULL);
}

static void *
key_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	StructPlan *plan = struct_plan_new(connect_schema_new("struct"));
	ListCell *cell;

	foreach (cell, ((const ValueToKey *) transform)->fields)
	{
		int index = connect_field_index(schema, lfirst(cell));

		if (index >= 0)
			struct_plan_keep(plan, schema, index);
		else if (plan->refusal == NULL)
			plan->refusal = psprintf("Field does not exist: %s", (const char *) lfirst(cell));
	}
	return plan;
}

static TransformResult
key_apply(Transform *transform, ConnectRecord *record)
{
	Operand value = {.record = record, .schema = &record->value_schema, .value = &record->value};
	const StructPlan *plan;

	if (record->value_schema != NULL)
		connect_value_resolve(record->value_schema, &record->value);
	if (!operand_is_struct(&value, "copying fields from value to key"))
		return RECORD_KEPT;
	plan = record_plan(record, transform, record->value_schema, NULL, key_plan);
	if (plan->refusal != NULL)
		record_refuse(record, "%s", plan->refusal);
	else
	{
		record->key = struct_plan_apply(plan, &record->value, transform_bool(transform, DEFAULTS));
		record->key_schema = plan->schema;
	}
	return RECORD_KEPT;
}

const TransformClass transform_value_to_key = {
	.type = CONNECT_TRANSFORMS "ValueToKey",
	.size = sizeof(ValueToKey),
	TRANSFORM_OPTIONS(key_options),
	.configure = key_configure,
	.apply = key_apply,
};

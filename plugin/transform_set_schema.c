/*-------------------------------------------------------------------------
 *
 * transform_set_schema.c
 *	  org.apache.kafka.connect.transforms.SetSchemaMetadata: another name or
 *	  version of the schema of key or value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

enum
{
	NAME,
	VERSION,
	DEFAULTS
};

/* Schemas here have no version 0: that is none. */
static const TransformOption schema_options[] = {
	[NAME] = {"schema.name", OPTION_TEXT},
	[VERSION] = {"schema.version", OPTION_INT, .allowed = "1..2147483647"},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

static void
schema_configure(Transform *transform, const PluginOptions *options)
{
	if (!transform_is_set(transform, NAME) && !transform_is_set(transform, VERSION))
		transform_option_error(transform, NAME, "Neither schema name nor version is configured.",
							   "Set \"schema.name\" or \"schema.version\".");
}

static void *
schema_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	ConnectSchema *renamed = connect_schema_copy(schema);
	StructPlan *plan = struct_plan_new(renamed);

	if (transform_is_set(transform, NAME))
		renamed->name = transform_text(transform, NAME);
	if (transform_is_set(transform, VERSION))
		renamed->version = (int) transform_number(transform, VERSION);
	if (schema->fields != NIL)
	{
		renamed->fields = NIL;
		struct_plan_keep_all(plan, schema);
	}
	return plan;
}

static TransformResult
schema_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	const StructPlan *plan;

	if (*operand.schema == NULL)
	{
		if (!operand_is_null(&operand))
			record_refuse(record, "Schema required for [updating schema metadata]");
		return RECORD_KEPT;
	}
	plan = record_plan(record, transform, *operand.schema, NULL, schema_plan);
	if (operand.value->kind == VALUE_STRUCT)
		operand_replace(&operand, plan, transform_bool(transform, DEFAULTS));
	else
		*operand.schema = plan->schema;
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(set_schema, "SetSchemaMetadata", Transform, schema_options, schema_configure, schema_apply);

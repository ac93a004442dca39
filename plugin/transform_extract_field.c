/*-------------------------------------------------------------------------
 *
 * transform_extract_field.c
 *	  org.apache.kafka.connect.transforms.ExtractField: one field instead of
 *	  the whole key or value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "field_path.h"
#include "transform_operand.h"

typedef struct ExtractField
{
	Transform transform;
	List *path; /* of char * */
} ExtractField;

enum
{
	FIELD,
	SYNTAX,
	DEFAULTS
};

static const TransformOption extract_options[] = {
	[FIELD] = {"field", OPTION_TEXT, .required = true},
	[SYNTAX] = {"field.syntax.version", OPTION_ENUM, .default_value = "V1", .allowed = FIELD_SYNTAX_ALLOWED},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

typedef struct ExtractPlan
{
	const char *refusal; /* NULL: none */
	List *steps;		 /* of int: indexes of fields, outermost first */
	const ConnectSchema *schema;
} ExtractPlan;

static void
extract_configure(Transform *transform, const PluginOptions *options)
{
	ExtractField *extract = (ExtractField *) transform;

	extract->path = field_path_parse(transform_text(transform, FIELD), transform_number(transform, SYNTAX));
	if (extract->path == NIL)
		transform_option_error(transform, FIELD, "Its backticks do not come in pairs.",
							   "Put a backslash before a backtick that belongs to the name.");
}

static void *
extract_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	ExtractPlan *plan = palloc0(sizeof(ExtractPlan));
	ListCell *cell;

	foreach (cell, ((const ExtractField *) transform)->path)
	{
		int index = connect_field_index(schema, lfirst(cell));

		if (strcmp(schema->type, "struct") != 0)
			plan->refusal = psprintf("Cannot look up fields on non-struct type: %s", schema->type);
		else if (index < 0)
			plan->refusal = psprintf("Unknown field: %s", transform_text(transform, FIELD));
		if (plan->refusal != NULL)
			return plan;
		plan->steps = lappend_int(plan->steps, index);
		schema = connect_field_schema(schema, index);
	}
	plan->schema = schema_alone(schema);
	return plan;
}

static TransformResult
extract_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	const ConnectSchema *schema = *operand.schema;
	const char *purpose = "field extraction";
	const ExtractPlan *plan;
	ListCell *cell;

	if (operand_is_null(&operand) && schema == NULL)
		return RECORD_KEPT;
	if (!operand_is_null(&operand) && !operand_is_struct(&operand, purpose))
		return RECORD_KEPT;
	plan = record_plan(record, transform, schema, NULL, extract_plan);
	if (plan->refusal != NULL)
	{
		record_refuse(record, "%s", plan->refusal);
		return RECORD_KEPT;
	}
	foreach (cell, plan->steps)
	{
		bool last = lnext(plan->steps, cell) == NULL;

		if (operand_is_null(&operand) || !require_struct(record, schema, operand.value, purpose))
			break;
		*operand.value =
			struct_item(schema, operand.value, lfirst_int(cell), !last || transform_bool(transform, DEFAULTS));
		schema = connect_field_schema(schema, lfirst_int(cell));
		purpose = "nested field access";
	}
	*operand.schema = plan->schema;
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(extract_field, "ExtractField", ExtractField, extract_options, extract_configure, extract_apply);

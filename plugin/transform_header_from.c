/*-------------------------------------------------------------------------
 *
 * transform_header_from.c
 *	  org.apache.kafka.connect.transforms.HeaderFrom: fields of key or value
 *	  copied or moved into headers.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

typedef struct HeaderFrom
{
	Transform transform;
	List *fields;  /* of char * */
	List *headers; /* of char *, as many */
	bool move;
	const char *purpose;
} HeaderFrom;

enum
{
	FIELDS,
	HEADERS,
	OPERATION,
	DEFAULTS
};

static const TransformOption header_options[] = {
	[FIELDS] = {"fields", OPTION_LIST, .required = true},
	[HEADERS] = {"headers", OPTION_LIST, .required = true},
	[OPERATION] = {"operation", OPTION_ENUM, .allowed = "move|copy", .required = true},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

/* A field that goes into a header. */
typedef struct HeaderField
{
	const char *header;
	int index;
	const ConnectSchema *schema; /* of the header */
} HeaderField;

typedef struct HeaderPlan
{
	const char *refusal; /* NULL: none */
	List *fields;		 /* of HeaderField * */
	StructPlan *rest;	 /* of a move: what stays */
} HeaderPlan;

static void
header_configure(Transform *transform, const PluginOptions *options)
{
	HeaderFrom *from = (HeaderFrom *) transform;

	from->fields = transform_list(transform, FIELDS);
	from->headers = transform_list(transform, HEADERS);
	from->move = transform_number(transform, OPERATION) == 0;
	from->purpose = from->move ? "header move" : "header copy";
	if (from->fields == NIL)
		transform_option_error(transform, FIELDS, "The list is empty.", NULL);
	if (list_length(from->fields) != list_length(from->headers))
		transform_option_error(transform, HEADERS, "It needs as many items as \"fields\" has.", NULL);
}

static StructPlan *
plan_rest(const HeaderFrom *from, const ConnectSchema *schema)
{
	StructPlan *rest = struct_plan_new(schema_basics(schema));

	for (int i = 0; i < list_length(schema->fields); i++)
	{
		if (!transform_lists(from->fields, connect_field_schema(schema, i)->field))
			struct_plan_keep(rest, schema, i);
	}
	return rest;
}

static void *
header_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const HeaderFrom *from = (const HeaderFrom *) transform;
	HeaderPlan *plan = palloc0(sizeof(HeaderPlan));
	ListCell *name;
	ListCell *header;

	forboth(name, from->fields, header, from->headers)
	{
		HeaderField *field = palloc(sizeof(HeaderField));

		field->header = lfirst(header);
		field->index = connect_field_index(schema, lfirst(name));
		if (field->index < 0)
		{
			plan->refusal = psprintf("Unknown field: %s", (const char *) lfirst(name));
			return plan;
		}
		field->schema = schema_alone(connect_field_schema(schema, field->index));
		plan->fields = lappend(plan->fields, field);
	}
	if (from->move)
		plan->rest = plan_rest(from, schema);
	return plan;
}

static TransformResult
header_apply(Transform *transform, ConnectRecord *record)
{
	const HeaderFrom *from = (const HeaderFrom *) transform;
	Operand operand = operand_of(transform, record);
	bool defaults = transform_bool(transform, DEFAULTS);
	const HeaderPlan *plan;
	ListCell *cell;

	if (!operand_is_struct(&operand, from->purpose))
		return RECORD_KEPT;
	plan = record_plan(record, transform, *operand.schema, NULL, header_plan);
	if (plan->refusal != NULL)
	{
		record_refuse(record, "%s", plan->refusal);
		return RECORD_KEPT;
	}
	foreach (cell, plan->fields)
	{
		const HeaderField *field = lfirst(cell);

		record_add_header(record, field->header, field->schema,
						  struct_item(*operand.schema, operand.value, field->index, defaults));
	}
	if (plan->rest != NULL)
		operand_replace(&operand, plan->rest, defaults);
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(header_from, "HeaderFrom", HeaderFrom, header_options, header_configure, header_apply);

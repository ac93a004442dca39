/*-------------------------------------------------------------------------
 *
 * transform_insert_field.c
 *	  org.apache.kafka.connect.transforms.InsertField: topic, partition,
 *	  timestamp of the record, or a constant, as fields of key or value.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform_operand.h"

enum
{
	TOPIC_FIELD,
	PARTITION_FIELD,
	TIMESTAMP_FIELD,
	STATIC_FIELD,
	STATIC_VALUE,
	OFFSET_FIELD,
	DEFAULTS
};

static const TransformOption insert_options[] = {
	[TOPIC_FIELD] = {"topic.field", OPTION_TEXT},
	[PARTITION_FIELD] = {"partition.field", OPTION_TEXT},
	[TIMESTAMP_FIELD] = {"timestamp.field", OPTION_TEXT},
	[STATIC_FIELD] = {"static.field", OPTION_TEXT},
	[STATIC_VALUE] = {"static.value", OPTION_TEXT},
	[OFFSET_FIELD] = {"offset.field", OPTION_TEXT},
	[DEFAULTS] = REPLACE_NULL_WITH_DEFAULT,
};

/* The options that name fields, in the order in which these are appended. */
static const int field_options[] = {TOPIC_FIELD, PARTITION_FIELD, TIMESTAMP_FIELD, STATIC_FIELD};

static void
insert_configure(Transform *transform, const PluginOptions *options)
{
	bool any = false;

	if (transform_is_set(transform, OFFSET_FIELD))
		transform_option_error(transform, OFFSET_FIELD, "Only records that come from Kafka have an offset.", NULL);
	for (int i = 0; i < lengthof(field_options); i++)
		any = any || transform_is_set(transform, field_options[i]);
	if (!any)
		transform_option_error(transform, STATIC_FIELD, "No field insertion is configured.",
							   "Set \"static.field\", \"topic.field\", \"partition.field\" or \"timestamp.field\".");
	if (transform_is_set(transform, STATIC_FIELD) && !transform_is_set(transform, STATIC_VALUE))
		transform_option_error(transform, STATIC_FIELD, "It has no value.", "Set \"static.value\".");
}

static ConnectSchema *
field_schema(int option)
{
	switch (option)
	{
		case PARTITION_FIELD:
			return connect_schema_new("int32");
		case TIMESTAMP_FIELD:
			return connect_schema_named("int64", CONNECT_DATA "Timestamp", 1);
		default:
			return connect_schema_new("string");
	}
}

/* "name!" is a required field, "name?" and "name" an optional one. */
static void
add_field(StructPlan *plan, const char *spec, int option)
{
	ConnectSchema *schema = field_schema(option);
	char *name = pstrdup(spec);
	Size size = strlen(name);
	char mark = size > 0 ? name[size - 1] : '\0';

	schema->optional = mark != '!';
	if (mark == '!' || mark == '?')
		name[size - 1] = '\0';
	struct_plan_add(plan, name, schema, NULL, -1);
}

static void *
insert_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	StructPlan *plan = struct_plan_new(schema_basics(schema));

	struct_plan_keep_all(plan, schema);
	for (int i = 0; i < lengthof(field_options); i++)
	{
		if (transform_is_set(transform, field_options[i]))
			add_field(plan, transform_text(transform, field_options[i]), field_options[i]);
	}
	return plan;
}

static ConnectValue
field_value(const Transform *transform, const ConnectRecord *record, int option)
{
	switch (option)
	{
		case TOPIC_FIELD:
			return connect_string(record->topic);
		case PARTITION_FIELD:
			return record->partition >= 0 ? connect_integer(record->partition) : connect_null();
		case TIMESTAMP_FIELD:
			return record->timestamp >= 0 ? connect_integer(record->timestamp) : connect_null();
		default:
			return connect_string(transform_text(transform, STATIC_VALUE));
	}
}

static TransformResult
insert_apply(Transform *transform, ConnectRecord *record)
{
	Operand operand = operand_of(transform, record);
	const StructPlan *plan;
	int next;

	if (operand_is_null(&operand) || !operand_is_struct(&operand, "field insertion"))
		return RECORD_KEPT;
	next = operand.value->count;
	plan = record_plan(record, transform, *operand.schema, NULL, insert_plan);
	operand_replace(&operand, plan, transform_bool(transform, DEFAULTS));
	if (record->refusal != NULL)
		return RECORD_KEPT;
	for (int i = 0; i < lengthof(field_options); i++)
	{
		if (transform_is_set(transform, field_options[i]))
			operand.value->items[next++] = field_value(transform, record, field_options[i]);
	}
	return RECORD_KEPT;
}

KEY_AND_VALUE_CLASSES(insert_field, "InsertField", Transform, insert_options, insert_configure, insert_apply);

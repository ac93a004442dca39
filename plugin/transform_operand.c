/*-------------------------------------------------------------------------
 *
 * transform_operand.c
 *	  See transform_operand.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "schema_copy.h"
#include "transform_operand.h"

Operand
operand_of(const Transform *transform, ConnectRecord *record)
{
	bool key = strrchr(transform->class->type, '$')[1] == 'K';
	Operand operand = {
		.record = record,
		.schema = key ? &record->key_schema : &record->value_schema,
		.value = key ? &record->key : &record->value,
	};

	if (*operand.schema != NULL)
		connect_value_resolve(*operand.schema, operand.value);
	return operand;
}

/* ---------------------------------------------------------------- what Java would say */

bool
is_connect_type(const ConnectSchema *schema, const char *name)
{
	return schema->name != NULL && strncmp(schema->name, CONNECT_DATA, strlen(CONNECT_DATA)) == 0 &&
		   strcmp(schema->name + strlen(CONNECT_DATA), name) == 0;
}

const char *
java_type_name(const ConnectSchema *schema)
{
	char *name;

	if (strcmp(schema->type, "float") == 0)
		return "FLOAT32";
	if (strcmp(schema->type, "double") == 0)
		return "FLOAT64";
	name = pstrdup(schema->type);
	for (char *c = name; *c != '\0'; c++)
		*c = pg_ascii_toupper((unsigned char) *c);
	return name;
}

static const char *
class_by_schema(const ConnectSchema *schema)
{
	static const struct
	{
		const char *type;
		const char *class;
	} classes[] = {
		{"boolean", "java.lang.Boolean"}, {"int8", "java.lang.Byte"},	  {"int16", "java.lang.Short"},
		{"int32", "java.lang.Integer"},	  {"int64", "java.lang.Long"},	  {"float", "java.lang.Float"},
		{"double", "java.lang.Double"},	  {"string", "java.lang.String"}, {"bytes", "java.nio.HeapByteBuffer"},
		{"array", "java.util.ArrayList"}, {"map", "java.util.HashMap"},
	};

	if (is_connect_type(schema, "Date") || is_connect_type(schema, "Time") || is_connect_type(schema, "Timestamp"))
		return "java.util.Date";
	if (is_connect_type(schema, "Decimal"))
		return "java.math.BigDecimal";
	for (int i = 0; i < lengthof(classes); i++)
		if (strcmp(classes[i].type, schema->type) == 0)
			return classes[i].class;
	return CONNECT_DATA "Struct";
}

/* Of a value without schema. */
static const char *
class_by_kind(const ConnectValue *value)
{
	switch (value->kind)
	{
		case VALUE_BOOLEAN:
			return "java.lang.Boolean";
		case VALUE_INTEGER:
			return "java.lang.Long";
		case VALUE_FLOAT:
			return "java.lang.Double";
		case VALUE_BYTES:
			return "java.nio.HeapByteBuffer";
		case VALUE_ARRAY:
			return "java.util.ArrayList";
		case VALUE_STRUCT:
		case VALUE_JSON:
			return "java.util.HashMap";
		default:
			return "java.lang.String";
	}
}

const char *
java_class_of(const ConnectSchema *schema, const ConnectValue *value)
{
	if (value->kind == VALUE_NULL)
		return "null";
	return schema ? class_by_schema(schema) : class_by_kind(value);
}

bool
require_struct(ConnectRecord *record, const ConnectSchema *schema, const ConnectValue *value, const char *purpose)
{
	if (value->kind == VALUE_STRUCT)
		return true;
	if (value->kind == VALUE_JSON && strcmp(schema->type, "struct") == 0)
		record_refuse(record, "%s inside the structure of one column is not built", purpose);
	else
		record_refuse(record, "Only Struct objects supported for [%s], found: %s", purpose,
					  java_class_of(schema, value));
	return false;
}

bool
operand_is_struct(const Operand *operand, const char *purpose)
{
	if (*operand->schema != NULL)
		return require_struct(operand->record, *operand->schema, operand->value, purpose);
	if (operand->value->kind == VALUE_JSON)
		record_refuse(operand->record, "%s in a map without schema is not built", purpose);
	record_refuse(operand->record, "Only Map objects supported in absence of schema for [%s], found: %s", purpose,
				  java_class_of(NULL, operand->value));
	return false;
}

/* ---------------------------------------------------------------- schemas */

const ConnectSchema *
schema_as_field(const ConnectSchema *schema, const char *field)
{
	ConnectSchema holder = {.type = "struct"};

	if (schema->field != NULL && strcmp(schema->field, field) == 0)
		return schema;
	return connect_schema_field(&holder, pstrdup(field), connect_schema_copy(schema));
}

/* ---------------------------------------------------------------- structures out of others */

StructPlan *
struct_plan_new(ConnectSchema *schema)
{
	StructPlan *plan = palloc0(sizeof(StructPlan));

	plan->schema = schema;
	return plan;
}

/* SchemaBuilder#field */
static void
check_field_name(StructPlan *plan, const char *name)
{
	if (plan->refusal != NULL)
		return;
	if (*name == '\0')
		plan->refusal = "fieldName cannot be null.";
	else if (connect_field_index(plan->schema, name) >= 0)
		plan->refusal = psprintf("Cannot create field because of field name duplication %s", name);
}

void
struct_plan_add(StructPlan *plan, const char *name, const ConnectSchema *schema, const ConnectSchema *input, int index)
{
	FieldSource *source = palloc(sizeof(FieldSource));

	check_field_name(plan, name);
	source->index = index;
	source->schema = index >= 0 ? connect_field_schema(input, index) : NULL;
	plan->sources = lappend(plan->sources, source);
	plan->schema->fields = lappend(plan->schema->fields, unconstify(ConnectSchema *, schema_as_field(schema, name)));
}

void
struct_plan_keep(StructPlan *plan, const ConnectSchema *input, int index)
{
	const ConnectSchema *field = connect_field_schema(input, index);

	struct_plan_add(plan, field->field, field, input, index);
}

void
struct_plan_keep_all(StructPlan *plan, const ConnectSchema *input)
{
	for (int i = 0; i < list_length(input->fields); i++)
		struct_plan_keep(plan, input, i);
}

StructPlan *
struct_plan_same(const ConnectSchema *schema)
{
	StructPlan *plan = struct_plan_new(unconstify(ConnectSchema *, schema));

	for (int i = 0; i < list_length(schema->fields); i++)
	{
		FieldSource *source = palloc(sizeof(FieldSource));

		source->index = i;
		source->schema = connect_field_schema(schema, i);
		plan->sources = lappend(plan->sources, source);
	}
	return plan;
}

ConnectValue
struct_item(const ConnectSchema *schema, const ConnectValue *value, int index, bool defaults)
{
	const ConnectSchema *field = connect_field_schema(schema, index);
	ConnectValue item = value->items[index];

	connect_value_resolve(field, &item);
	if (item.kind == VALUE_NULL && defaults)
		return connect_default(field);
	return item;
}

/* A field without default need not be looked at. */
static ConnectValue
source_value(const FieldSource *source, const ConnectValue *input, bool defaults)
{
	ConnectValue item;

	if (source->index < 0)
		return connect_null();
	item = input->items[source->index];
	if (!defaults || source->schema->default_json == NULL)
		return item;
	connect_value_resolve(source->schema, &item);
	return item.kind == VALUE_NULL ? connect_default(source->schema) : item;
}

ConnectValue
struct_plan_apply(const StructPlan *plan, const ConnectValue *input, bool defaults)
{
	ConnectValue made = connect_struct(plan->schema);

	for (int i = 0; i < made.count; i++)
		made.items[i] = source_value(list_nth(plan->sources, i), input, defaults);
	return made;
}

void
operand_replace(Operand *operand, const StructPlan *plan, bool defaults)
{
	if (plan->refusal != NULL)
	{
		record_refuse(operand->record, "%s", plan->refusal);
		return;
	}
	*operand->value = struct_plan_apply(plan, operand->value, defaults);
	*operand->schema = plan->schema;
}

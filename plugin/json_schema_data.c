/*-------------------------------------------------------------------------
 *
 * json_schema_data.c
 *	  See json_schema_data.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "miscadmin.h"

#include "java_text.h"
#include "json_schema_data.h"
#include "schema_copy.h"

/*
 * Structures and items that one document may become.  More than it has values
 * of its own come out of arrays of objects that have little in common: each of
 * them gets the fields of all.
 */
#define MAX_VALUES 4000000

/* Fields of one structure: what transforms behind do to each of them takes time that grows with all of them. */
#define MAX_FIELDS 20000

/* ---------------------------------------------------------------- schemas */

typedef struct Inference
{
	const JsonSchemaModes *modes;
	const char *problem;
} Inference;

static ConnectSchema *infer(Inference *inference, const char *key, const JsonNode *node);

static ConnectSchema *
optional_schema(const char *type)
{
	ConnectSchema *schema = connect_schema_new(type);

	schema->optional = true;
	return schema;
}

static const char *
number_type(const JsonNode *node)
{
	return node->type == NODE_INT ? "int32" : node->type == NODE_LONG ? "int64" : "double";
}

static bool
is_number(const JsonNode *node)
{
	return node->type == NODE_INT || node->type == NODE_LONG || node->type == NODE_BIG || node->type == NODE_DOUBLE;
}

/* The name of the structure in a member. */
static const char *
nested_key(const char *key, const char *name)
{
	return java_is_blank(key, key ? strlen(key) : 0) ? name : psprintf("%s.%s", key, name);
}

static ConnectSchema *
object_schema(Inference *inference, const char *key, const JsonNode *object)
{
	ConnectSchema *schema = optional_schema("struct");

	schema->name = key;
	if (object->count > MAX_FIELDS)
		inference->problem = "it has an object with too many members";
	for (int i = 0; i < object->count && inference->problem == NULL; i++)
	{
		const JsonNode *member = object->items[i];
		bool nested = member->type == NODE_OBJECT || member->type == NODE_ARRAY;
		ConnectSchema *field = infer(inference, nested ? nested_key(key, member->name) : NULL, member);

		if (field == NULL)
			continue;
		if (member->name[0] == '\0')
			inference->problem = "it has a member whose name is empty";
		connect_schema_field(schema, member->name, field);
	}
	return schema;
}

/*
 * The first item that is no null, or NULL; all others must be nulls or of its
 * type (getFirstArrayElement).
 */
static const JsonNode *
array_sample(Inference *inference, const JsonNode *array)
{
	const JsonNode *sample = NULL;

	for (int i = 0; i < array->count; i++)
	{
		const JsonNode *item = array->items[i];

		if (item->type == NODE_NULL)
			continue;
		if (sample == NULL)
			sample = item;
		if (strcmp(json_node_type_name(item), json_node_type_name(sample)) != 0 ||
			(is_number(item) && strcmp(number_type(item), number_type(sample)) != 0))
			inference->problem = "it has an array that is not homogenous";
	}
	return sample;
}

/* ---------------------------------------------------------------- objects in arrays */

typedef struct FieldPlace
{
	const char *name;
	int index;
	uint32 hash;
	char status;
} FieldPlace;

#define SH_PREFIX places
#define SH_ELEMENT_TYPE FieldPlace
#define SH_KEY_TYPE const char *
#define SH_KEY name
#define SH_HASH_KEY(table, key) hash_bytes((const unsigned char *) (key), strlen(key))
#define SH_EQUAL(table, a, b) (strcmp(a, b) == 0)
#define SH_STORE_HASH
#define SH_GET_HASH(table, element) ((element)->hash)
#define SH_SCOPE static inline
#define SH_DECLARE
#define SH_DEFINE
#include "lib/simplehash.h"

/* The fields that all objects of an array have together. */
typedef struct Merge
{
	ConnectSchema *schema;
	places_hash *places;
} Merge;

static void
merge_field(Merge *merge, ConnectSchema *field, int expected)
{
	List *fields = merge->schema->fields;
	bool found = false;
	FieldPlace *place;
	ConnectSchema *old;
	int index = expected;

	if (expected >= list_length(fields) ||
		strcmp(((ConnectSchema *) list_nth(fields, expected))->field, field->field) != 0)
	{
		place = places_insert(merge->places, field->field, &found);
		if (!found)
		{
			place->index = list_length(fields);
			merge->schema->fields = lappend(fields, field);
			return;
		}
		index = place->index;
	}
	old = list_nth(fields, index);
	if (strcmp(old->type, "bytes") == 0 && strcmp(field->type, "bytes") != 0)
		lfirst(list_nth_cell(fields, index)) = field;
}

/* mergeSchema(): a field that only was null so far (bytes) takes the schema that another object gives it. */
static void
merge_object(Merge *merge, ConnectSchema *schema)
{
	ListCell *cell;

	foreach (cell, schema->fields)
		merge_field(merge, lfirst(cell), foreach_current_index(cell));
}

/* Schema#equals() of what infer() makes; the names of structures follow from their places. */
static bool
equal_schemas(const ConnectSchema *left, const ConnectSchema *right)
{
	check_stack_depth();
	if (strcmp(left->type, right->type) != 0 || left->optional != right->optional ||
		list_length(left->fields) != list_length(right->fields))
		return false;
	if (left->items != NULL)
		return equal_schemas(left->items, right->items);
	for (int i = 0; i < list_length(left->fields); i++)
	{
		const ConnectSchema *a = list_nth(left->fields, i);
		const ConnectSchema *b = list_nth(right->fields, i);

		if (strcmp(a->field, b->field) != 0 || !equal_schemas(a, b))
			return false;
	}
	return true;
}

/* toConnectSchemaWithCycles() of objects: one schema stays what it is, what is merged of several is required. */
static ConnectSchema *
objects_schema(Inference *inference, const char *key, const JsonNode *array)
{
	Merge merge = {.schema = optional_schema("struct"), .places = places_create(CurrentMemoryContext, 32, NULL)};
	const ConnectSchema *first = NULL;

	merge.schema->name = key;
	for (int i = 0; i < array->count && inference->problem == NULL; i++)
	{
		ConnectSchema *schema;

		CHECK_FOR_INTERRUPTS();
		if (array->items[i]->type != NODE_OBJECT)
			continue;
		schema = object_schema(inference, key, array->items[i]);
		if (first == NULL)
			first = schema;
		else if (merge.schema->optional && !equal_schemas(first, schema))
			merge.schema->optional = false;
		merge_object(&merge, schema);
	}
	return merge.schema;
}

/* ---------------------------------------------------------------- */

static ConnectSchema *
array_schema(Inference *inference, const char *key, const JsonNode *array)
{
	ConnectSchema *schema = optional_schema("array");
	const JsonNode *sample = array_sample(inference, array);

	if (array->count == 0)
	{
		schema->items = optional_schema("string");
		return inference->modes->empty_array_is_strings ? schema : NULL;
	}
	if (inference->problem != NULL)
		return schema;
	if (sample == NULL)
		sample = array->items[0];
	if (sample->type == NODE_OBJECT)
		schema->items = objects_schema(inference, key, array);
	else
		schema->items = infer(inference, NULL, sample);
	if (schema->items == NULL)
		inference->problem = "it has an array without anything that tells the type of its items";
	else if (list_length(schema->items->fields) > MAX_FIELDS)
		inference->problem = "it has an array whose objects have too many members together";
	return schema;
}

static ConnectSchema *
infer(Inference *inference, const char *key, const JsonNode *node)
{
	check_stack_depth();
	switch (node->type)
	{
		case NODE_NULL:
			return inference->modes->null_is_bytes ? optional_schema("bytes") : NULL;
		case NODE_BOOLEAN:
			return optional_schema("boolean");
		case NODE_STRING:
			return optional_schema("string");
		case NODE_ARRAY:
			return array_schema(inference, key, node);
		case NODE_OBJECT:
			return object_schema(inference, key, node);
		default:
			return optional_schema(number_type(node));
	}
}

bool
json_node_schema(const JsonSchemaModes *modes, const char *key, const JsonNode *node, ConnectSchema **schema,
				 const char **problem)
{
	Inference inference = {.modes = modes};

	*schema = infer(&inference, key, node);
	*problem = inference.problem;
	return inference.problem == NULL;
}

/* ---------------------------------------------------------------- values */

typedef struct Filling
{
	const char *problem;
	int64 values;
} Filling;

static bool fill(Filling *filling, const JsonNode *node, const ConnectSchema *schema, ConnectValue *value);

static bool
refuse(Filling *filling, const char *problem)
{
	filling->problem = problem;
	return false;
}

/* Room for the items of an array or the fields of a structure, all null. */
static bool
make_items(Filling *filling, ConnectValue *value, int count)
{
	filling->values += count;
	if (filling->values > MAX_VALUES)
		return refuse(filling, "it has too many fields and items");
	value->count = count;
	value->items = MemoryContextAllocExtended(CurrentMemoryContext, Max(count, 1) * sizeof(ConnectValue),
											  MCXT_ALLOC_HUGE | MCXT_ALLOC_ZERO);
	return true;
}

static bool
fill_struct(Filling *filling, const JsonNode *node, const ConnectSchema *schema, ConnectValue *value)
{
	int hint = 0;
	ListCell *cell;

	if (strcmp(schema->type, "struct") != 0)
		return refuse(filling, psprintf("Not a struct schema: Schema{%s}", java_schema_type(schema->type)));
	value->kind = VALUE_STRUCT;
	if (!make_items(filling, value, list_length(schema->fields)))
		return false;
	foreach (cell, schema->fields)
	{
		const ConnectSchema *field = lfirst(cell);
		const JsonNode *member = json_node_member(node, field->field, &hint);

		if (member != NULL && !fill(filling, member, field, &value->items[foreach_current_index(cell)]))
			return false;
	}
	return true;
}

static bool
fill_array(Filling *filling, const JsonNode *node, const ConnectSchema *schema, ConnectValue *value)
{
	if (schema->items == NULL)
		return refuse(filling, "Cannot look up value schema on non-array and non-map type");
	value->kind = VALUE_ARRAY;
	if (!make_items(filling, value, node->count))
		return false;
	for (int i = 0; i < node->count; i++)
		if (!fill(filling, node->items[i], schema->items, &value->items[i]))
			return false;
	return true;
}

/* What Java makes of a scalar, and the type that its schema must have for it (ConnectSchema#validateValue). */
static ConnectValue
scalar_value(const JsonNode *node, const char **type, const char **class)
{
	switch (node->type)
	{
		case NODE_BOOLEAN:
			*type = "boolean";
			*class = "java.lang.Boolean";
			return connect_boolean(node->boolean);
		case NODE_STRING:
			*type = "string";
			*class = "java.lang.String";
			return connect_string_sized(node->text, node->size);
		case NODE_INT:
			*type = "int32";
			*class = "java.lang.Integer";
			return connect_integer(node->integer);
		case NODE_LONG:
			*type = "int64";
			*class = "java.lang.Long";
			return connect_integer(node->integer);
		case NODE_DOUBLE:
			*type = "double";
			*class = "java.lang.Double";
			return connect_float(node->number);
		default:
			*type = "none";
			*class = "java.math.BigDecimal";
			return connect_null();
	}
}

static bool
fill_scalar(Filling *filling, const JsonNode *node, const ConnectSchema *schema, ConnectValue *value)
{
	const char *type;
	const char *class;

	*value = scalar_value(node, &type, &class);
	if (strcmp(schema->type, type) == 0)
		return true;
	return refuse(filling, psprintf("Invalid Java object for schema with type %s: class %s",
									java_schema_type(schema->type), class));
}

static bool
fill(Filling *filling, const JsonNode *node, const ConnectSchema *schema, ConnectValue *value)
{
	check_stack_depth();
	CHECK_FOR_INTERRUPTS();
	switch (node->type)
	{
		case NODE_NULL:
			if (!schema->optional)
				return refuse(filling, "Invalid value: null used for required field, schema type: STRUCT");
			*value = connect_null();
			return true;
		case NODE_ARRAY:
			return fill_array(filling, node, schema, value);
		case NODE_OBJECT:
			return fill_struct(filling, node, schema, value);
		default:
			return fill_scalar(filling, node, schema, value);
	}
}

bool
json_node_struct(const JsonNode *node, const ConnectSchema *schema, ConnectValue *value, const char **problem)
{
	Filling filling = {0};
	bool filled = fill_struct(&filling, node, schema, value);

	*problem = filling.problem;
	return filled;
}

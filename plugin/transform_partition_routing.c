/*-------------------------------------------------------------------------
 *
 * transform_partition_routing.c
 *	  io.debezium.transforms.partitions.PartitionRouting: the partition of a
 *	  change from a hash of some of its fields.
 *
 * Tombstones are no changes: they go where the producer's partitioner sends
 * their key, as with Debezium.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "java_split.h"
#include "java_value_hash.h"
#include "transform.h"

enum
{
	PAYLOAD_FIELDS,
	TOPIC_NUM,
	HASH_FUNCTION
};

/* In the order of the option's allowed values. */
typedef enum HashFunction
{
	HASH_JAVA,
	HASH_MURMUR
} HashFunction;

static const TransformOption routing_options[] = {
	[PAYLOAD_FIELDS] = {"partition.payload.fields", OPTION_LIST, .required = true},
	[TOPIC_NUM] = {"partition.topic.num", OPTION_INT, .allowed = "1..2147483647", .required = true},
	[HASH_FUNCTION] = {"partition.hash.function", OPTION_ENUM, "java", "java|murmur"},
};

/* From this release on a structure that is null on the way to a field is no error. */
#define RELEASE_NULLS_ON_THE_WAY 307

typedef struct PartitionRouting
{
	Transform transform;
	List *paths;		/* of lists of names */
	bool needs_structs; /* a structure on the way to a field must not be null */
} PartitionRouting;

/* Where one of the fields is. */
typedef struct FieldPath
{
	int steps;
	bool exists;
	int index[FLEXIBLE_ARRAY_MEMBER]; /* of each step in its structure */
} FieldPath;

/* For the envelopes of one schema, and deletes or others. */
typedef struct RoutingPlan
{
	int count;
	FieldPath **paths;
} RoutingPlan;

static void
routing_configure(Transform *transform, const PluginOptions *options)
{
	PartitionRouting *routing = (PartitionRouting *) transform;
	ListCell *cell;

	routing->needs_structs = options->release < RELEASE_NULLS_ON_THE_WAY;
	foreach (cell, java_list(transform_text(transform, PAYLOAD_FIELDS)))
	{
		if (*(const char *) lfirst(cell) == '\0')
			transform_option_error(transform, PAYLOAD_FIELDS, "Empty string element(s) not permitted.", NULL);
		routing->paths = lappend(routing->paths, java_path(lfirst(cell)));
	}
}

/* ---------------------------------------------------------------- plan */

/* The letter of "op"; 0 if there is none. */
static char
operation(ConnectRecord *record)
{
	const ConnectSchema *schema;
	ConnectValue *op = connect_field(record->value_schema, &record->value, "op", &schema);

	if (op != NULL)
		connect_value_resolve(schema, op);
	return op != NULL && op->kind == VALUE_STRING && op->size == 1 ? op->bytes[0] : '\0';
}

/* Only names in front of the last may be "change". */
static FieldPath *
find_path(const List *names, const ConnectSchema *schema, char op)
{
	FieldPath *path = palloc0(offsetof(FieldPath, index) + list_length(names) * sizeof(int));
	ListCell *cell;

	foreach (cell, names)
	{
		const char *name = lfirst(cell);
		bool last = lnext(names, cell) == NULL;
		int index;

		if (!last && strcmp(name, "change") == 0)
			name = op == 'd' ? "before" : "after";
		index = connect_field_index(schema, name);
		if (index < 0)
			return path;
		path->index[path->steps] = index;
		schema = connect_field_schema(schema, index);
		if (!last && strcmp(schema->type, "struct") != 0)
			return path;
		path->steps++;
	}
	path->exists = true;
	return path;
}

static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *envelope)
{
	const PartitionRouting *routing = (const PartitionRouting *) transform;
	RoutingPlan *plan = palloc0(sizeof(RoutingPlan));
	char op = operation(record);
	ListCell *cell;

	plan->paths = palloc(list_length(routing->paths) * sizeof(FieldPath *));
	foreach (cell, routing->paths)
		plan->paths[plan->count++] = find_path(lfirst(cell), envelope, op);
	return plan;
}

/* ---------------------------------------------------------------- records */

/* The value of a field and its schema; NULL if it, or what it is in, is null or does not exist. */
static ConnectValue *
field_value(const PartitionRouting *routing, const FieldPath *path, ConnectRecord *record, const ConnectSchema **schema)
{
	ConnectValue *value = &record->value;

	*schema = record->value_schema;
	for (int i = 0; i < path->steps && value->kind != VALUE_NULL; i++)
	{
		if (value->kind != VALUE_STRUCT)
		{
			record_refuse(record, "PartitionRouting by a field inside the structure of one column (%s) is not built",
						  (*schema)->field ? (*schema)->field : "the value");
			return NULL;
		}
		value = &value->items[path->index[i]];
		*schema = connect_field_schema(*schema, path->index[i]);
		connect_value_resolve(*schema, value);
		if (value->kind == VALUE_NULL && path->exists && i == path->steps - 1)
			*value = connect_default(*schema);
		else if (value->kind == VALUE_NULL && routing->needs_structs)
			record_refuse(record,
						  "Unprocessable message: \"%s\" is null, and a field of it is to choose the partition "
						  "(java.lang.NullPointerException)",
						  (*schema)->field);
	}
	return path->exists && value->kind != VALUE_NULL ? value : NULL;
}

/* Sum of the hashes of the fields that have a value; false: none has. */
static bool
sum_hashes(PartitionRouting *routing, ConnectRecord *record, const RoutingPlan *plan, uint32 *sum)
{
	bool any = false;

	for (int i = 0; i < plan->count && record->refusal == NULL; i++)
	{
		const ConnectSchema *schema;
		ConnectValue *value = field_value(routing, plan->paths[i], record, &schema);
		int32 hash = 0;
		bool hashed = true;

		if (value == NULL)
			continue;
		if (transform_number(routing, HASH_FUNCTION) == HASH_MURMUR)
			hashed = murmur_value_hash(schema, value, &hash);
		else
			hashed = java_value_hash(schema, value, &hash);
		if (!hashed)
			record_refuse(record,
						  "Unprocessable message: field \"%s\" of type %s has no hash that could choose a partition",
						  schema->field, schema->type);
		*sum += (uint32) hash;
		any = true;
	}
	return any && record->refusal == NULL;
}

static TransformResult
routing_apply(Transform *transform, ConnectRecord *record)
{
	PartitionRouting *routing = (PartitionRouting *) transform;
	const RoutingPlan *plan;
	uint32 hash = 0;
	char op;

	if (!record_is_envelope(record))
		return RECORD_KEPT;
	op = operation(record);
	if (op == 't' || op == 'm')
		return RECORD_KEPT;
	plan = record_plan(record, transform, record->value_schema, op == 'd' ? "d" : NULL, build_plan);
	connect_value_resolve(record->value_schema, &record->value);
	if (!sum_hashes(routing, record, plan, &hash))
		return RECORD_KEPT;
	hash &= PG_INT32_MAX;
	record->partition = hash == PG_INT32_MAX ? 0 : (int32) (hash % (uint32) transform_number(transform, TOPIC_NUM));
	return RECORD_KEPT;
}

const TransformClass transform_partition_routing = {
	.type = "io.debezium.transforms.partitions.PartitionRouting",
	.size = sizeof(PartitionRouting),
	TRANSFORM_OPTIONS(routing_options),
	.configure = routing_configure,
	.apply = routing_apply,
	.keeps_headers = true,
};

/*-------------------------------------------------------------------------
 *
 * outbox_schema.c
 *	  See outbox_schema.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <limits.h>

#include "common/hashfn.h"
#include "utils/hsearch.h"

#include "connect_value.h"
#include "java_text.h"
#include "outbox_schema.h"
#include "schema_copy.h"

/* As Debezium's cache; beyond that all names are forgotten, where it would forget the oldest. */
#define MAX_NAMES 10000

/* Of what comes from the row; Kafka's topics have at most 249 characters. */
#define MAX_ROUTE_SIZE 1024

typedef struct NameKey
{
	uint64 payload; /* hash of the payload's schema; 0 by version */
	int64 version;
} NameKey;

typedef struct NameEntry
{
	NameKey key;
	char *name;
	const ConnectSchema *schema; /* by version: of the first event; NULL: to be made */
} NameEntry;

struct OutboxNames
{
	MemoryContext context; /* of the table and what it holds */
	HTAB *table;
};

static void
start_table(OutboxNames *names)
{
	HASHCTL control = {.keysize = sizeof(NameKey), .entrysize = sizeof(NameEntry), .hcxt = names->context};

	names->table = hash_create("outbox schema names", 64, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

OutboxNames *
outbox_names_new(void)
{
	OutboxNames *names = palloc(sizeof(OutboxNames));

	names->context = AllocSetContextCreate(CurrentMemoryContext, "outbox schema names", ALLOCSET_SMALL_SIZES);
	start_table(names);
	return names;
}

static uint64
schema_hash(const ConnectSchema *schema)
{
	JsonWriter writer;

	json_writer_init(&writer, CurrentMemoryContext, 256);
	connect_schema_render(schema, &writer);
	return hash_bytes_extended((const unsigned char *) writer.data, (int) Min(writer.len, INT_MAX), 0);
}

/* The route value before the last part of the row's name (getSchemaName). */
static char *
make_name(const OutboxValueSchema *wanted)
{
	const char *dot = wanted->row_name ? strrchr(wanted->row_name, '.') : NULL;

	if (wanted->row_name == NULL)
		return pstrdup(wanted->route);
	if (dot == NULL)
		return psprintf("%s.%s", wanted->route, wanted->row_name);
	return psprintf("%.*s.%s%s", (int) (dot - wanted->row_name), wanted->row_name, wanted->route, dot);
}

static NameEntry *
remembered(OutboxNames *names, const OutboxValueSchema *wanted)
{
	NameKey key = {0};
	NameEntry *entry;
	bool found;

	key.payload = wanted->by_version ? 0 : schema_hash(wanted->payload);
	key.version = wanted->by_version ? wanted->version : PG_INT64_MAX;
	if (hash_get_num_entries(names->table) >= MAX_NAMES)
	{
		MemoryContextReset(names->context);
		start_table(names);
	}
	entry = hash_search(names->table, &key, HASH_ENTER, &found);
	if (!found)
	{
		entry->schema = NULL;
		entry->name = NULL;
		entry->name = MemoryContextStrdup(names->context, make_name(wanted));
	}
	return entry;
}

static const char *
misfit(const ConnectSchema *schema, const char *class)
{
	return psprintf("Invalid Java object for schema%s%s with type %s: class %s for field: payload",
					schema->name ? " " : "", schema->name ? schema->name : "", java_schema_type(schema->type), class);
}

/* Why the payload is no value of that schema, NULL: it is (ConnectSchema#validateValue). */
static const char *
payload_problem(const ConnectSchema *schema, const OutboxValueSchema *wanted)
{
	if (wanted->null)
		return NULL;
	if (wanted->text)
		return strcmp(schema->type, "string") == 0 ? NULL : misfit(schema, "java.lang.String");
	if (strcmp(schema->type, wanted->payload->type) != 0)
		return misfit(schema, "org.apache.kafka.connect.data.Struct");
	return schema == wanted->payload || schema_hash(schema_alone(schema)) == schema_hash(wanted->payload)
			   ? NULL
			   : "Struct schemas do not match: the payload differs from that of the first event of its schema version.";
}

/* The table may have changed since the first event. */
static const char *
fields_problem(const ConnectSchema *schema, const OutboxValueSchema *wanted)
{
	ListCell *name;
	ListCell *field;
	int index = 1;

	forboth(name, wanted->names, field, wanted->schemas)
	{
		const ConnectSchema *kept = index < list_length(schema->fields) ? connect_field_schema(schema, index++) : NULL;

		if (kept == NULL || strcmp(kept->field, lfirst(name)) != 0)
			return psprintf("%s is not a valid field name", (const char *) lfirst(name));
		if (strcmp(kept->type, ((const ConnectSchema *) lfirst(field))->type) != 0)
			return psprintf("Invalid Java object for schema with type %s for field: %s", java_schema_type(kept->type),
							kept->field);
	}
	return index == list_length(schema->fields) ? NULL : "a field of the first event of its schema version is missing";
}

static const ConnectSchema *
build_schema(const char *name, const OutboxValueSchema *wanted)
{
	ConnectSchema *schema = connect_schema_named("struct", pstrdup(name), wanted->version);
	ListCell *field_name;
	ListCell *field;

	connect_schema_field(schema, "payload", schema_alone(wanted->payload));
	forboth(field_name, wanted->names, field, wanted->schemas)
		connect_schema_field(schema, lfirst(field_name), schema_alone(lfirst(field)));
	return schema;
}

/* In the current context; NULL: *problem. */
static const ConnectSchema *
schema_of_version(OutboxNames *names, NameEntry *entry, const OutboxValueSchema *wanted, const char **problem)
{
	MemoryContext previous;

	if (entry->schema == NULL)
	{
		const ConnectSchema *first = build_schema(entry->name, wanted);

		previous = MemoryContextSwitchTo(names->context);
		entry->schema = schema_whole_copy(first);
		MemoryContextSwitchTo(previous);
	}
	*problem = payload_problem(connect_field_schema(entry->schema, 0), wanted);
	if (*problem == NULL)
		*problem = fields_problem(entry->schema, wanted);
	return *problem == NULL ? schema_whole_copy(entry->schema) : NULL;
}

const ConnectSchema *
outbox_value_schema(OutboxNames *names, const OutboxValueSchema *wanted, MemoryContext context, const char **problem)
{
	MemoryContext previous;
	NameEntry *entry;
	const ConnectSchema *schema;

	*problem = NULL;
	if (wanted->payload == NULL)
	{
		*problem = "fieldSchema for field payload cannot be null.";
		return NULL;
	}
	if (strlen(wanted->route) > MAX_ROUTE_SIZE)
	{
		*problem = "the value that the event is routed by is too long for the name of a schema";
		return NULL;
	}
	entry = remembered(names, wanted);
	previous = MemoryContextSwitchTo(context);
	if (wanted->by_version)
		schema = schema_of_version(names, entry, wanted, problem);
	else
	{
		*problem = payload_problem(wanted->payload, wanted);
		schema = *problem == NULL ? build_schema(entry->name, wanted) : NULL;
	}
	MemoryContextSwitchTo(previous);
	return schema;
}

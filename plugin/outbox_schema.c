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
	uint64 payload;
	char *name;
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

static const NameEntry *
remembered(OutboxNames *names, const OutboxValueSchema *wanted)
{
	NameKey key = {0};
	NameEntry *entry;
	uint64 payload = schema_hash(wanted->payload);
	bool found;

	if (wanted->by_version)
		key.version = wanted->version;
	else
	{
		key.payload = payload;
		key.version = PG_INT64_MAX;
	}
	if (hash_get_num_entries(names->table) >= MAX_NAMES)
	{
		MemoryContextReset(names->context);
		start_table(names);
	}
	entry = hash_search(names->table, &key, HASH_ENTER, &found);
	if (!found)
	{
		entry->payload = payload;
		entry->name = NULL;
		entry->name = MemoryContextStrdup(names->context, make_name(wanted));
	}
	return entry;
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

const ConnectSchema *
outbox_value_schema(OutboxNames *names, const OutboxValueSchema *wanted, MemoryContext context, const char **problem)
{
	MemoryContext previous;
	const NameEntry *entry;
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
	if (wanted->by_version && strcmp(wanted->payload->type, "struct") == 0 &&
		entry->payload != schema_hash(wanted->payload))
	{
		*problem =
			"Struct schemas do not match: the payload differs from that of the first event of its schema version.";
		return NULL;
	}
	previous = MemoryContextSwitchTo(context);
	schema = build_schema(entry->name, wanted);
	MemoryContextSwitchTo(previous);
	return schema;
}

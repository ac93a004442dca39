/*-------------------------------------------------------------------------
 *
 * record.c
 *	  See record.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "record.h"

/* Plans kept for one origin; with more (a topic per row, say) they are made for each record. */
#define MAX_PLANS 64
/* Bytes of a kept plan's variant, which may come from a row. */
#define MAX_VARIANT 4096

#define ENVELOPE_SUFFIX ".Envelope"

typedef struct Plan
{
	const Transform *transform;
	const ConnectSchema *schema;
	const char *variant; /* NULL: none */
	void *plan;
} Plan;

RecordOrigin *
record_origin_new(MemoryContext context)
{
	RecordOrigin *origin = MemoryContextAllocZero(context, sizeof(RecordOrigin));

	origin->context = context;
	return origin;
}

void
record_origin_free(RecordOrigin *origin, Dictionary *dictionary)
{
	ListCell *cell;

	foreach (cell, origin->entries)
		dictionary_release(dictionary, ((OriginEntry *) lfirst(cell))->entry);
	origin->entries = NIL;
}

void
record_refuse(ConnectRecord *record, const char *format, ...)
{
	char text[1024];
	va_list args;

	if (record->refusal != NULL)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	record->refusal = pnstrdup(text, pg_encoding_mbcliplen(PG_UTF8, text, (int) strlen(text), sizeof(text) - 1));
}

static bool
same_variant(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void *
find_plan(const RecordOrigin *origin, const Transform *transform, const ConnectSchema *schema, const char *variant)
{
	ListCell *cell;

	foreach (cell, origin->plans)
	{
		const Plan *plan = lfirst(cell);

		if (plan->transform == transform && plan->schema == schema && same_variant(plan->variant, variant))
			return plan->plan;
	}
	return NULL;
}

/* One that was made for this event is gone after it, and its address may be another one's. */
bool
record_schema_is_kept(const ConnectSchema *schema)
{
	return schema == NULL || GetMemoryChunkContext(unconstify(ConnectSchema *, schema)) != CurrentMemoryContext;
}

void *
record_plan(ConnectRecord *record, const Transform *transform, const ConnectSchema *schema, const char *variant,
			PlanBuilder build)
{
	RecordOrigin *origin = record->origin;
	MemoryContext event = CurrentMemoryContext;
	Plan *plan;
	void *found = find_plan(origin, transform, schema, variant);

	if (found != NULL)
		return found;
	if (!record_schema_is_kept(schema) || list_length(origin->plans) >= MAX_PLANS ||
		(variant != NULL && strlen(variant) > MAX_VARIANT))
		return build(transform, record, schema);
	MemoryContextSwitchTo(origin->context);
	plan = palloc(sizeof(Plan));
	plan->transform = transform;
	plan->schema = schema;
	plan->variant = variant ? pstrdup(variant) : NULL;
	plan->plan = build(transform, record, schema);
	origin->plans = lappend(origin->plans, plan);
	MemoryContextSwitchTo(event);
	return plan->plan;
}

bool
record_is_envelope(const ConnectRecord *record)
{
	const char *name = record->value_schema ? record->value_schema->name : NULL;
	Size size = name ? strlen(name) : 0;
	Size suffix = strlen(ENVELOPE_SUFFIX);

	return size >= suffix && strcmp(name + size - suffix, ENVELOPE_SUFFIX) == 0 && record->value.kind != VALUE_NULL;
}

bool
record_is_tombstone(const ConnectRecord *record)
{
	return record->value_schema == NULL && record->value.kind == VALUE_NULL;
}

RecordHeader *
record_header(const ConnectRecord *record, const char *name)
{
	for (int i = list_length(record->headers) - 1; i >= 0; i--)
	{
		RecordHeader *header = list_nth(record->headers, i);

		if (strcmp(header->name, name) == 0)
			return header;
	}
	return NULL;
}

void
record_add_header(ConnectRecord *record, const char *name, const ConnectSchema *schema, ConnectValue value)
{
	RecordHeader *header = palloc0(sizeof(RecordHeader));

	header->name = name;
	header->schema = schema;
	header->value = value;
	record->headers = lappend(record->headers, header);
}

void
record_drop_header(ConnectRecord *record, const char *name)
{
	List *kept = NIL;
	ListCell *cell;

	foreach (cell, record->headers)
	{
		if (strcmp(((RecordHeader *) lfirst(cell))->name, name) != 0)
			kept = lappend(kept, lfirst(cell));
	}
	record->headers = kept;
}

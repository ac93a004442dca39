/*-------------------------------------------------------------------------
 *
 * flatten_drop.c
 *	  See flatten_drop.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "flatten_drop.h"
#include "flatten_fields.h"
#include "schema_copy.h"

/* What remains of structures of one schema. */
typedef struct DropPlan
{
	const ConnectSchema *schema;
	int *kept; /* index of each field in the schema before */
	int count;
} DropPlan;

/* Which fields are dropped. */
typedef struct Dropping
{
	const FieldDropper *dropper;
	const List *names;
	const char *variant; /* the names as one text */
	bool keep_added;
} Dropping;

/* ---------------------------------------------------------------- the header */

static const RecordHeader *
first_header(const ConnectRecord *record, const char *name)
{
	ListCell *cell;

	foreach (cell, record->headers)
	{
		const RecordHeader *header = lfirst(cell);

		if (strcmp(header->name, name) == 0)
			return header;
	}
	return NULL;
}

static List *
string_items(const ConnectSchema *schema, ConnectValue *value)
{
	List *names = NIL;

	for (int i = 0; i < value->count; i++)
	{
		connect_value_resolve(schema->items, &value->items[i]);
		if (value->items[i].kind == VALUE_STRING)
			names = lappend(names, pnstrdup(value->items[i].bytes, value->items[i].size));
	}
	return names;
}

/* The names that the header lists; a record whose header is no list is refused. */
static List *
listed_names(const FieldDropper *dropper, ConnectRecord *record)
{
	const RecordHeader *header = first_header(record, dropper->header);
	ConnectValue value;

	if (header == NULL)
		return NIL;
	value = header->value;
	if (header->schema != NULL)
		connect_value_resolve(header->schema, &value);
	if (value.kind == VALUE_ARRAY)
		return string_items(header->schema, &value);
	if (value.kind != VALUE_NULL)
		record_refuse(record,
					  "header \"%s\", which lists the fields to drop, is not a list of strings "
					  "(class java.util.List)",
					  dropper->header);
	return NIL;
}

/* ---------------------------------------------------------------- plan */

static bool
is_added(const FieldDropper *dropper, const char *name)
{
	ListCell *cell;

	foreach (cell, dropper->added)
	{
		if (strcmp(((const FieldReference *) lfirst(cell))->new_name, name) == 0)
			return true;
	}
	return false;
}

static bool
is_dropped(const Dropping *dropping, const ConnectSchema *field)
{
	if (dropping->dropper->compatible && !field->optional)
		return false;
	if (dropping->keep_added && is_added(dropping->dropper, field->field))
		return false;
	return transform_lists(dropping->names, field->field);
}

static bool
drops_any(const Dropping *dropping, const ConnectSchema *schema)
{
	ListCell *cell;

	/* Otherwise ReplaceField runs with whatever is listed, and makes the schema anew. */
	if (!dropping->dropper->compatible)
		return true;
	foreach (cell, schema->fields)
	{
		if (is_dropped(dropping, lfirst(cell)))
			return true;
	}
	return false;
}

static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const Dropping *dropping = ((const FieldDropper *) transform)->dropping;
	DropPlan *plan = palloc0(sizeof(DropPlan));
	ConnectSchema *rest = schema_basics(schema);

	plan->kept = palloc(Max(list_length(schema->fields), 1) * sizeof(int));
	for (int i = 0; i < list_length(schema->fields); i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);

		if (is_dropped(dropping, field))
			continue;
		(void) schema_append(rest, field->field, field);
		plan->kept[plan->count++] = i;
	}
	plan->schema = rest;
	return plan;
}

/* ---------------------------------------------------------------- records */

/* Cuts a structure; what stays shows defaults for nulls, as ReplaceField copies it. */
static void
cut(FieldDropper *dropper, const Dropping *dropping, ConnectRecord *record, const ConnectSchema **schema,
	ConnectValue *value)
{
	const DropPlan *plan;
	ConnectValue rest;

	if (!drops_any(dropping, *schema))
		return;
	connect_value_resolve(*schema, value);
	if (value->kind != VALUE_STRUCT)
	{
		if (value->kind != VALUE_NULL)
			record_refuse(record, "Only Struct objects supported for [field replacement], found: %s", (*schema)->type);
		return;
	}
	dropper->dropping = dropping;
	plan = record_plan(record, &dropper->transform, *schema, dropping->variant, build_plan);
	dropper->dropping = NULL;
	rest = connect_struct(plan->schema);
	for (int i = 0; i < plan->count; i++)
	{
		const ConnectSchema *field = connect_field_schema(plan->schema, i);

		rest.items[i] = value->items[plan->kept[i]];
		if (field->default_json == NULL)
			continue;
		connect_value_resolve(field, &rest.items[i]);
		if (rest.items[i].kind == VALUE_NULL)
			rest.items[i] = connect_default(field);
	}
	*schema = plan->schema;
	*value = rest;
}

static char *
names_as_text(const List *names, const char *where)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	appendStringInfoString(&text, where);
	foreach (cell, names)
		appendStringInfo(&text, ",%zu:%s", strlen(lfirst(cell)), (const char *) lfirst(cell));
	return text.data;
}

static void
cut_key(FieldDropper *dropper, const List *names, ConnectRecord *record)
{
	Dropping dropping = {.dropper = dropper, .names = names, .variant = names_as_text(names, "key")};

	if (record->key_schema == NULL || record->key.kind == VALUE_NULL)
		return;
	cut(dropper, &dropping, record, &record->key_schema, &record->key);
}

void
drop_fields(FieldDropper *dropper, ConnectRecord *record, bool is_delete)
{
	List *names = dropper->header ? listed_names(dropper, record) : NIL;
	Dropping dropping = {.dropper = dropper, .names = names, .keep_added = is_delete};

	if (names == NIL)
		return;
	if (dropper->from_key)
		cut_key(dropper, names, record);
	if (record->value_schema == NULL)
	{
		if (dropper->compatible)
			record_refuse(record,
						  "fields cannot be dropped from a tombstone (java.lang.NullPointerException: the value has no "
						  "schema)");
		return;
	}
	dropping.variant = names_as_text(names, is_delete ? "delete" : "row");
	cut(dropper, &dropping, record, &record->value_schema, &record->value);
}

/*-------------------------------------------------------------------------
 *
 * transform_header_to_value.c
 *	  io.debezium.transforms.HeaderToValue: headers as fields of the value.
 *
 * Debezium keeps the new schema by the old one alone: if the first record it
 * meets lacks a header, later ones that have it fail.  Here a schema belongs
 * to the old one and to the headers that were found.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "java_split.h"
#include "schema_copy.h"
#include "transform.h"

/* The name under which Debezium thinks of the whole value. */
#define ROOT "payload"

enum
{
	HEADERS,
	FIELDS,
	OPERATION
};

/* In the order of the option's allowed values. */
typedef enum HeaderOperation
{
	HEADER_MOVE,
	HEADER_COPY
} HeaderOperation;

static const TransformOption header_options[] = {
	[HEADERS] = {"headers", OPTION_LIST, .required = true},
	[FIELDS] = {"fields", OPTION_LIST, .required = true},
	[OPERATION] = {"operation", OPTION_ENUM, .allowed = "move|copy", .required = true},
};

typedef struct HeaderToValue
{
	Transform transform;
	List *headers;	   /* names */
	List *fields;	   /* where each goes: names with points */
	List *paths;	   /* the same, as lists of names */
	const List *found; /* of Entry, for the plan that is being built */
} HeaderToValue;

/* A header of the record that becomes a field. */
typedef struct Entry
{
	int field; /* index in the lists of the transform */
	const RecordHeader *header;
} Entry;

typedef struct HeaderPlan
{
	const ConnectSchema *schema;
	const char *refusal; /* why there is none; NULL: there is */
} HeaderPlan;

/* What is being extended: the value, or a structure in it. */
typedef struct Place
{
	const HeaderToValue *transform;
	const List *entries;
	ConnectRecord *record;
	const char *name;
	int level;
} Place;

/* ---------------------------------------------------------------- options */

static List *
read_list(const Transform *transform, int index)
{
	List *items = java_list(transform_text(transform, index));
	ListCell *cell;

	foreach (cell, items)
	{
		if (*(const char *) lfirst(cell) == '\0')
			transform_option_error(transform, index, "Empty string element(s) not permitted.", NULL);
		if (strchr(lfirst(cell), ' ') != NULL)
			transform_option_error(transform, index, "Element(s) containing space not permitted.", NULL);
	}
	return items;
}

static void
header_configure(Transform *transform, const PluginOptions *options)
{
	HeaderToValue *mover = (HeaderToValue *) transform;
	ListCell *cell;

	mover->headers = read_list(transform, HEADERS);
	mover->fields = read_list(transform, FIELDS);
	if (list_length(mover->headers) != list_length(mover->fields))
		transform_option_error(transform, FIELDS, "It must have as many elements as option \"headers\".", NULL);
	foreach (cell, mover->fields)
		mover->paths = lappend(mover->paths, java_split(lfirst(cell), '.'));
}

/* ---------------------------------------------------------------- which field goes where */

static const char *
path_part(const List *path, int index)
{
	return list_nth(path, index);
}

static const List *
entry_path(const Place *place, const Entry *entry)
{
	return list_nth(place->transform->paths, entry->field);
}

/* A structure is taken apart if any of the fields has its name in front of a point, wherever that is. */
static bool
is_extended(const Place *place, const char *name)
{
	char *text = psprintf("%s.", name);
	ListCell *cell;

	foreach (cell, place->entries)
	{
		const Entry *entry = lfirst(cell);

		if (strstr(list_nth(place->transform->fields, entry->field), text) != NULL)
			return true;
	}
	return false;
}

/* The name of the entry's field in this place; NULL: it does not belong here. */
static const char *
name_here(const Place *place, const Entry *entry)
{
	const List *path = entry_path(place, entry);

	if (list_length(path) == 1 && strcmp(place->name, ROOT) == 0)
		return path_part(path, 0);
	if (list_length(path) != place->level + 1)
		return NULL;
	if (strcmp(path_part(path, Max(place->level - 1, 0)), place->name) != 0)
		return NULL;
	return path_part(path, place->level);
}

/* The structure that the entry's field needs in this place, on the way to it; NULL: none. */
static const char *
parent_here(const Place *place, const Entry *entry)
{
	const List *path = entry_path(place, entry);
	bool here = place->level == 0
					? strcmp(place->name, ROOT) == 0
					: place->level < list_length(path) && strcmp(path_part(path, place->level - 1), place->name) == 0;

	return here && place->level < list_length(path) - 1 ? path_part(path, place->level) : NULL;
}

/* The name of the entry's field in a structure that is new in this place; NULL: it is not one of it. */
static const char *
name_in_parent(const Place *place, const char *parent, const Entry *entry)
{
	const List *path = entry_path(place, entry);

	/* Deeper down Debezium compares with the whole path, which a bare name never is. */
	if (place->level > 0 || strcmp(place->name, ROOT) != 0 || list_length(path) < 2)
		return NULL;
	return strcmp(path_part(path, 0), parent) == 0 ? path_part(path, 1) : NULL;
}

/* ---------------------------------------------------------------- schema */

static const char *
append_once(ConnectSchema *schema, const char *name, const RecordHeader *header)
{
	if (connect_field_index(schema, name) >= 0)
		return NULL;
	if (header->schema == NULL)
		return psprintf("fieldSchema for field %s cannot be null", name);
	return schema_append(schema, name, header->schema);
}

static const char *
append_parent(const Place *place, ConnectSchema *schema, const char *name)
{
	ConnectSchema *parent = connect_schema_new("struct");
	const char *refusal = NULL;
	ListCell *cell;

	parent->optional = true;
	foreach (cell, place->entries)
	{
		const Entry *entry = lfirst(cell);
		const char *field = name_in_parent(place, name, entry);

		if (field != NULL && refusal == NULL)
			refusal = entry->header->schema ? schema_append(parent, field, entry->header->schema)
											: psprintf("fieldSchema for field %s cannot be null", field);
	}
	return refusal ? refusal : schema_append(schema, name, parent);
}

static ConnectSchema *extended_schema(const Place *place, const ConnectSchema *old, const char **refusal);

static void
copy_fields(const Place *place, const ConnectSchema *old, ConnectSchema *schema, const char **refusal)
{
	ListCell *cell;

	foreach (cell, old->fields)
	{
		const ConnectSchema *field = lfirst(cell);
		Place inner = {place->transform, place->entries, place->record, field->field, place->level + 1};
		bool extended = is_extended(place, field->field) && strcmp(field->type, "struct") == 0;

		schema_append(schema, field->field, extended ? extended_schema(&inner, field, refusal) : field);
	}
}

static ConnectSchema *
extended_schema(const Place *place, const ConnectSchema *old, const char **refusal)
{
	ConnectSchema *schema = schema_basics(old);
	int named; /* fields that are there or that headers are */
	ListCell *cell;

	check_stack_depth();
	copy_fields(place, old, schema, refusal);
	foreach (cell, place->entries)
	{
		const Entry *entry = lfirst(cell);
		const char *name = name_here(place, entry);

		if (name != NULL && *refusal == NULL)
			*refusal = append_once(schema, name, entry->header);
	}
	named = list_length(schema->fields);
	foreach (cell, place->entries)
	{
		const char *parent = parent_here(place, lfirst(cell));
		int index = parent ? connect_field_index(schema, parent) : -1;

		if (parent == NULL || connect_field_index(old, parent) >= 0 || *refusal != NULL)
			continue;
		if (index < 0)
			*refusal = append_parent(place, schema, parent);
		else if (index < named)
			*refusal = psprintf("field '%s' cannot be a header and have others in it", parent);
	}
	return schema;
}

/* A field on the way to a nested one must be a structure. */
static const char *
check_way(const char *text, const List *path, const ConnectSchema *schema)
{
	for (int i = 0; i < list_length(path) - 1; i++)
	{
		int index = connect_field_index(schema, path_part(path, i));

		if (index < 0)
			return NULL;
		schema = connect_field_schema(schema, index);
		if (strcmp(schema->type, "struct") != 0)
			return psprintf("Field '%s' is a primitive type, not a struct. Cannot add nested field '%s'.",
							path_part(path, i), text);
	}
	return NULL;
}

static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema)
{
	const HeaderToValue *mover = (const HeaderToValue *) transform;
	HeaderPlan *plan = palloc0(sizeof(HeaderPlan));
	Place root = {mover, mover->found, record, ROOT, 0};
	ListCell *cell;

	foreach (cell, mover->found)
	{
		int field = ((const Entry *) lfirst(cell))->field;

		if (plan->refusal == NULL)
			plan->refusal = check_way(list_nth(mover->fields, field), list_nth(mover->paths, field), schema);
	}
	if (plan->refusal == NULL)
		plan->schema = extended_schema(&root, schema, &plan->refusal);
	return plan;
}

/* ---------------------------------------------------------------- value */

static ConnectValue extended_value(const Place *place, const ConnectSchema *old_schema, ConnectValue *old,
								   const ConnectSchema *schema);

/* Copies what is not null; nulls become defaults, as Struct.get() gives them. */
static void
copy_items(const Place *place, const ConnectSchema *old_schema, ConnectValue *old, const ConnectSchema *schema,
		   ConnectValue *value)
{
	for (int i = 0; i < old->count; i++)
	{
		const ConnectSchema *field = connect_field_schema(old_schema, i);
		const ConnectSchema *target = connect_field_schema(schema, i);
		Place inner = {place->transform, place->entries, place->record, field->field, place->level + 1};
		bool extended = is_extended(place, field->field);

		if (extended || field->default_json != NULL)
			connect_value_resolve(field, &old->items[i]);
		if (old->items[i].kind == VALUE_NULL)
			value->items[i] = connect_default(field);
		else if (extended && old->items[i].kind != VALUE_STRUCT)
			record_refuse(place->record,
						  "Only Struct objects supported for [Nested field], found: field \"%s\" of type %s",
						  field->field, field->type);
		else if (extended)
			value->items[i] = extended_value(&inner, field, &old->items[i], target);
		else
			value->items[i] = old->items[i];
	}
}

static ConnectValue
parent_value(const Place *place, const char *name, const ConnectSchema *schema)
{
	ConnectValue value = connect_struct(schema);
	ListCell *cell;

	foreach (cell, place->entries)
	{
		const Entry *entry = lfirst(cell);
		const char *field = name_in_parent(place, name, entry);

		if (field != NULL)
			value.items[connect_field_index(schema, field)] = entry->header->value;
	}
	return value;
}

static ConnectValue
extended_value(const Place *place, const ConnectSchema *old_schema, ConnectValue *old, const ConnectSchema *schema)
{
	ConnectValue value = connect_struct(schema);
	ListCell *cell;

	check_stack_depth();
	copy_items(place, old_schema, old, schema, &value);
	foreach (cell, place->entries)
	{
		const Entry *entry = lfirst(cell);
		const char *name = name_here(place, entry);

		if (name != NULL)
			value.items[connect_field_index(schema, name)] = entry->header->value;
	}
	foreach (cell, place->entries)
	{
		const char *parent = parent_here(place, lfirst(cell));
		int index = parent ? connect_field_index(schema, parent) : -1;

		if (index >= 0 && connect_field_index(old_schema, parent) < 0)
			value.items[index] = parent_value(place, parent, connect_field_schema(schema, index));
	}
	return value;
}

/* ---------------------------------------------------------------- records */

static List *
find_entries(const HeaderToValue *mover, const ConnectRecord *record)
{
	List *entries = NIL;
	ListCell *cell;
	ListCell *name;

	foreach (cell, record->headers)
	{
		const RecordHeader *header = lfirst(cell);

		foreach (name, mover->headers)
		{
			Entry *entry;

			if (strcmp(lfirst(name), header->name) != 0)
				continue;
			entry = palloc(sizeof(Entry));
			entry->field = foreach_current_index(name);
			entry->header = header;
			entries = lappend(entries, entry);
			break;
		}
	}
	return entries;
}

/* Which headers there are, and of what schemas. */
static char *
entries_as_text(const List *entries)
{
	StringInfoData text;
	ListCell *cell;

	initStringInfo(&text);
	foreach (cell, entries)
	{
		const Entry *entry = lfirst(cell);

		appendStringInfo(&text, "%d:%p,", entry->field, (const void *) entry->header->schema);
	}
	return text.data;
}

/* A plan shares what the headers' schemas consist of: it cannot outlive those that were made for this event. */
static bool
are_kept(const List *entries)
{
	ListCell *cell;

	foreach (cell, entries)
	{
		const ConnectSchema *schema = ((const Entry *) lfirst(cell))->header->schema;

		if (schema != NULL && GetMemoryChunkContext(unconstify(ConnectSchema *, schema)) == CurrentMemoryContext)
			return false;
	}
	return true;
}

static bool
has_mismatch(const List *entries)
{
	ListCell *cell;

	foreach (cell, entries)
		if (((const Entry *) lfirst(cell))->header->mismatched)
			return true;
	return false;
}

static void
extend(HeaderToValue *mover, ConnectRecord *record, const List *entries)
{
	Place root = {mover, entries, record, ROOT, 0};
	const HeaderPlan *plan;

	mover->found = entries;
	plan = are_kept(entries)
			   ? record_plan(record, &mover->transform, record->value_schema, entries_as_text(entries), build_plan)
			   : build_plan(&mover->transform, record, record->value_schema);
	mover->found = NIL;
	if (plan->refusal != NULL)
	{
		record_refuse(record, "%s", plan->refusal);
		return;
	}
	record->value = extended_value(&root, record->value_schema, &record->value, plan->schema);
	record->value_schema = plan->schema;
	if (transform_number(mover, OPERATION) == HEADER_MOVE)
		for (int i = 0; i < list_length(mover->headers); i++)
			record_drop_header(record, list_nth(mover->headers, i));
}

static TransformResult
header_apply(Transform *transform, ConnectRecord *record)
{
	HeaderToValue *mover = (HeaderToValue *) transform;
	const List *entries;

	if (record->value.kind == VALUE_NULL)
		return RECORD_KEPT;
	connect_value_resolve(record->value_schema, &record->value);
	if (record->value.kind != VALUE_STRUCT)
	{
		record_refuse(record, "Only Struct objects supported for [Header field insertion], found: a value of type %s",
					  record->value_schema ? record->value_schema->type : "none");
		return RECORD_KEPT;
	}
	entries = find_entries(mover, record);
	if (has_mismatch(entries))
		record_refuse(record, "Struct schemas do not match.");
	else if (entries != NIL)
		extend(mover, record, entries);
	return RECORD_KEPT;
}

const TransformClass transform_header_to_value = {
	.type = "io.debezium.transforms.HeaderToValue",
	.size = sizeof(HeaderToValue),
	TRANSFORM_OPTIONS(header_options),
	.configure = header_configure,
	.apply = header_apply,
	.keeps_headers = true,
};

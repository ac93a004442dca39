/*-------------------------------------------------------------------------
 *
 * transform_changed_record.c
 *	  io.debezium.transforms.ExtractChangedRecordState: headers that list the
 *	  columns an update changed, and those it did not.
 *
 * Needs the old row, that is REPLICA IDENTITY FULL; for all else the lists
 * are empty.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "transform.h"

enum
{
	CHANGED_NAME,
	UNCHANGED_NAME
};

static const TransformOption changed_options[] = {
	[CHANGED_NAME] = {"header.changed.name", OPTION_TEXT},
	[UNCHANGED_NAME] = {"header.unchanged.name", OPTION_TEXT},
};

typedef struct ChangedRecord
{
	Transform transform;
	ConnectSchema *changed; /* NULL: no such header */
	ConnectSchema *unchanged;
} ChangedRecord;

/* Names of fields, for both lists as long as all of the row. */
typedef struct Names
{
	ConnectValue changed;
	ConnectValue unchanged;
} Names;

/* ---------------------------------------------------------------- options */

/* An optional list of optional strings, named as the header. */
static ConnectSchema *
list_schema(const Transform *transform, int index)
{
	const char *name = transform_text(transform, index);
	ConnectSchema *schema;

	if (name == NULL || *name == '\0')
		return NULL;
	schema = connect_schema_named("array", name, 0);
	schema->optional = true;
	schema->items = connect_schema_new("string");
	schema->items->optional = true;
	return schema;
}

static void
changed_configure(Transform *transform, const PluginOptions *options)
{
	ChangedRecord *extractor = (ChangedRecord *) transform;

	extractor->changed = list_schema(transform, CHANGED_NAME);
	extractor->unchanged = list_schema(transform, UNCHANGED_NAME);
}

/* ---------------------------------------------------------------- comparison */

static void
write_value(const ConnectSchema *schema, ConnectValue *value, JsonWriter *writer)
{
	ConnectOutput output = {.writer = writer};

	json_writer_init(writer, CurrentMemoryContext, 256);
	json_mark(writer, 0);
	connect_value_json(schema, value, &output);
}

/* What has items, as text: equal values have equal text, and only they. */
static bool
same_text(const ConnectSchema *schema, ConnectValue *a, ConnectValue *b)
{
	JsonWriter left;
	JsonWriter right;

	write_value(schema, a, &left);
	write_value(schema, b, &right);
	return left.len == right.len && memcmp(left.data, right.data, left.len) == 0;
}

/* Double.equals(): by bits, but any NaN is like any other. */
static bool
same_number(double a, double b)
{
	return memcmp(&a, &b, sizeof(double)) == 0 || (a != a && b != b);
}

/*
 * Objects.equals() of the Java values.  Bits are a byte[], which Java compares
 * by identity: two of them are never equal.
 */
static bool
same_value(const ConnectSchema *schema, ConnectValue *a, ConnectValue *b)
{
	connect_value_resolve(schema, a);
	connect_value_resolve(schema, b);
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return a->kind == b->kind;
	if (schema->name != NULL && strcmp(schema->name, "io.debezium.data.Bits") == 0)
		return false;
	if (a->kind != b->kind)
		return same_text(schema, a, b);
	switch (a->kind)
	{
		case VALUE_BOOLEAN:
			return a->boolean == b->boolean;
		case VALUE_INTEGER:
			return a->integer == b->integer;
		case VALUE_FLOAT:
			return same_number(a->number, b->number);
		case VALUE_STRING:
		case VALUE_BYTES:
		case VALUE_JSON:
			return a->size == b->size && memcmp(a->bytes, b->bytes, a->size) == 0;
		default:
			return same_text(schema, a, b);
	}
}

static ConnectValue
empty_list(int room)
{
	ConnectValue list = {.kind = VALUE_ARRAY};

	list.items = palloc0(Max(room, 1) * sizeof(ConnectValue));
	return list;
}

static void
compare_rows(const ConnectSchema *schema, ConnectValue *before, ConnectValue *after, Names *names)
{
	for (int i = 0; i < after->count && i < before->count; i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);
		bool same = same_value(field, &before->items[i], &after->items[i]);
		ConnectValue *list = same ? &names->unchanged : &names->changed;

		list->items[list->count++] = connect_string(field->field);
	}
}

/* ---------------------------------------------------------------- records */

static ConnectValue *
image(ConnectRecord *record, const char *name, const ConnectSchema **schema)
{
	ConnectValue *value = connect_field(record->value_schema, &record->value, name, schema);

	if (value != NULL)
		connect_value_resolve(*schema, value);
	return value != NULL && value->kind == VALUE_STRUCT ? value : NULL;
}

static TransformResult
changed_apply(Transform *transform, ConnectRecord *record)
{
	ChangedRecord *extractor = (ChangedRecord *) transform;
	const ConnectSchema *schema = NULL;
	ConnectValue *before;
	ConnectValue *after;
	Names names;

	if (!record_is_envelope(record))
		return RECORD_KEPT;
	before = image(record, "before", &schema);
	after = image(record, "after", &schema);
	names.changed = empty_list(after ? after->count : 0);
	names.unchanged = empty_list(after ? after->count : 0);
	if (before != NULL && after != NULL)
		compare_rows(schema, before, after, &names);
	if (extractor->changed != NULL)
		record_add_header(record, extractor->changed->name, extractor->changed, names.changed);
	if (extractor->unchanged != NULL)
		record_add_header(record, extractor->unchanged->name, extractor->unchanged, names.unchanged);
	return RECORD_KEPT;
}

const TransformClass transform_changed_record = {
	.type = "io.debezium.transforms.ExtractChangedRecordState",
	.size = sizeof(ChangedRecord),
	TRANSFORM_OPTIONS(changed_options),
	.configure = changed_configure,
	.apply = changed_apply,
};

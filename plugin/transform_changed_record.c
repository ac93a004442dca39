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

/* From this release on the content of arrays is compared, and fields that only one row has have changed. */
#define RELEASE_DEEP_COMPARISON 307

typedef struct ChangedRecord
{
	Transform transform;
	ConnectSchema *changed; /* NULL: no such header */
	ConnectSchema *unchanged;
	bool deep;
} ChangedRecord;

/* One of the rows of an update. */
typedef struct Image
{
	const ConnectSchema *schema;
	ConnectValue *value; /* NULL: it is not known */
} Image;

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

	extractor->deep = options->release >= RELEASE_DEEP_COMPARISON;
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

/* Objects.deepEquals() of the Java values. */
static bool
same_value(const ConnectSchema *schema, ConnectValue *a, ConnectValue *b)
{
	connect_value_resolve(schema, a);
	connect_value_resolve(schema, b);
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return a->kind == b->kind;
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

/* Bits are a byte[], which Objects.equals() compares by identity: two of them were never equal. */
static bool
is_never_equal(const ChangedRecord *extractor, const ConnectSchema *schema, const ConnectValue *value)
{
	return !extractor->deep && value->kind != VALUE_NULL && schema->name != NULL &&
		   strcmp(schema->name, "io.debezium.data.Bits") == 0;
}

static ConnectValue
empty_list(int room)
{
	ConnectValue list = {.kind = VALUE_ARRAY};

	list.items = palloc0(Max(room, 1) * sizeof(ConnectValue));
	return list;
}

static void
add_name(ConnectValue *list, const ConnectSchema *field)
{
	list->items[list->count++] = connect_string(field->field);
}

/* The value in the other row; NULL: that has no such field.  Both rows nearly always have the same. */
static ConnectValue *
counterpart(const Image *image, const ConnectSchema *field, int index)
{
	if (index >= image->value->count || strcmp(connect_field_schema(image->schema, index)->field, field->field) != 0)
		index = connect_field_index(image->schema, field->field);
	return index >= 0 ? &image->value->items[index] : NULL;
}

static void
compare_rows(const ChangedRecord *extractor, const Image *before, const Image *after, Names *names)
{
	for (int i = 0; i < after->value->count; i++)
	{
		const ConnectSchema *field = connect_field_schema(after->schema, i);
		ConnectValue *new_value = &after->value->items[i];
		ConnectValue *old_value = counterpart(before, field, i);
		bool same = old_value != NULL && same_value(field, old_value, new_value) &&
					!is_never_equal(extractor, field, new_value);

		add_name(same ? &names->unchanged : &names->changed, field);
	}
	for (int i = 0; i < before->value->count; i++)
	{
		const ConnectSchema *field = connect_field_schema(before->schema, i);

		if (counterpart(after, field, i) == NULL)
			add_name(&names->changed, field);
	}
}

/* ---------------------------------------------------------------- records */

static Image
find_image(ConnectRecord *record, const char *name)
{
	Image image = {NULL, NULL};

	if (connect_field_index(record->value_schema, name) < 0)
		record_refuse(record, "%s is not a valid field name", name);
	image.value = connect_field(record->value_schema, &record->value, name, &image.schema);
	if (image.value != NULL)
		connect_value_resolve(image.schema, image.value);
	if (image.value != NULL && image.value->kind != VALUE_STRUCT)
		image.value = NULL;
	return image;
}

static int
room(const Image *image)
{
	return image->value ? image->value->count : 0;
}

static TransformResult
changed_apply(Transform *transform, ConnectRecord *record)
{
	ChangedRecord *extractor = (ChangedRecord *) transform;
	Image before;
	Image after;
	Names names;

	if (!record_is_envelope(record) || record->value.kind == VALUE_NULL)
		return RECORD_KEPT;
	after = find_image(record, "after");
	before = find_image(record, "before");
	if (record->refusal != NULL)
		return RECORD_KEPT;
	names.changed = empty_list(room(&before) + room(&after));
	names.unchanged = empty_list(room(&after));
	if (before.value != NULL && after.value != NULL)
		compare_rows(extractor, &before, &after, &names);
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
	.keeps_headers = true,
};

/*-------------------------------------------------------------------------
 *
 * transform_extract_new_record.c
 *	  io.debezium.transforms.ExtractNewRecordState: the row instead of the
 *	  envelope, with chosen fields of the envelope behind it or in headers.
 *
 * The columns stay deferred: the row's items are moved, and what the new
 * schema looks like and where the added fields come from is a plan.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "flatten_drop.h"
#include "flatten_fields.h"
#include "schema_copy.h"
#include "transform.h"

#define DELETED_FIELD "__deleted"

/* From this release on delete.tombstone.handling.mode has a default, and two older options are gone. */
#define RELEASE_ONE_DELETE_MODE 302

enum
{
	DELETE_MODE,
	ROUTE_BY_FIELD,
	ADD_FIELDS_PREFIX,
	ADD_FIELDS,
	ADD_HEADERS_PREFIX,
	ADD_HEADERS,
	REPLACE_NULL_WITH_DEFAULT,
	DROP_FIELDS_HEADER_NAME,
	DROP_FIELDS_FROM_KEY,
	DROP_FIELDS_KEEP_SCHEMA_COMPATIBLE,
	OLD_DROP_TOMBSTONES,
	OLD_DELETE_MODE
};

/* In the order of the option's allowed values. */
typedef enum DeleteMode
{
	DELETE_DROP,
	DELETE_TOMBSTONE,
	DELETE_REWRITE,
	DELETE_REWRITE_WITH_TOMBSTONE,
	DELETE_TO_TOMBSTONE
} DeleteMode;

static const TransformOption flatten_options[] = {
	[DELETE_MODE] = {"delete.tombstone.handling.mode", OPTION_ENUM, "tombstone",
					 "drop|tombstone|rewrite|rewrite-with-tombstone|delete-to-tombstone"},
	[ROUTE_BY_FIELD] = {"route.by.field", OPTION_TEXT, ""},
	[ADD_FIELDS_PREFIX] = {"add.fields.prefix", OPTION_TEXT, "__"},
	[ADD_FIELDS] = {"add.fields", OPTION_LIST, ""},
	[ADD_HEADERS_PREFIX] = {"add.headers.prefix", OPTION_TEXT, "__"},
	[ADD_HEADERS] = {"add.headers", OPTION_LIST, ""},
	[REPLACE_NULL_WITH_DEFAULT] = {"replace.null.with.default", OPTION_BOOL, "true"},
	[DROP_FIELDS_HEADER_NAME] = {"drop.fields.header.name", OPTION_TEXT},
	[DROP_FIELDS_FROM_KEY] = {"drop.fields.from.key", OPTION_BOOL, "false"},
	[DROP_FIELDS_KEEP_SCHEMA_COMPATIBLE] = {"drop.fields.keep.schema.compatible", OPTION_BOOL, "true"},
	[OLD_DROP_TOMBSTONES] = {"drop.tombstones", OPTION_BOOL, "true"},
	[OLD_DELETE_MODE] = {"delete.handling.mode", OPTION_ENUM, "drop", "drop|none|rewrite"},
};

typedef struct Flatten
{
	FieldDropper dropper;
	DeleteMode mode;
	bool rewrites;
	bool keeps_tombstones;
	const char *route_by; /* NULL: topics stay */
	List *fields;		  /* of FieldReference */
	List *headers;		  /* likewise */
	ConnectSchema *string;
	ConnectSchema *optional_string;
} Flatten;

/* The row of one image, as it leaves. */
typedef struct RowShape
{
	const ConnectSchema *source; /* the row inside the envelope */
	const ConnectSchema *schema; /* with "__deleted" and the added fields */
	const char *refusal;		 /* why there cannot be such a schema; NULL: there is */
	int columns;
	int *defaulted; /* columns whose null becomes their default */
	int defaulted_count;
	int route;				   /* index of the field that names the topic */
	const char *route_refusal; /* why there is none; NULL: there is, or it is not asked for */
} RowShape;

typedef struct FlattenPlan
{
	int before;
	int after;
	const ConnectSchema *nothing; /* of the null that a delete leaves */
	RowShape kept;				  /* of "after" */
	RowShape deleted;			  /* of "before" */
	AddedFields *fields;
	AddedFields *headers;
} FlattenPlan;

/* ---------------------------------------------------------------- options */

static void
refuse_old_option(const Transform *transform, int index)
{
	if (transform_is_set(transform, index))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("option \"%s%s\" is not supported", transform->prefix, flatten_options[index].name),
						errdetail("It was given as \"%s\"; Debezium has it no more since 3.2.",
								  transform_text(transform, index)),
						errhint("Use \"%s%s\": \"drop\", \"rewrite\" and \"tombstone\" for drop.tombstones=true with "
								"delete.handling.mode=drop, rewrite and none; \"rewrite-with-tombstone\" and "
								"\"delete-to-tombstone\" for drop.tombstones=false with rewrite and drop.",
								transform->prefix, flatten_options[DELETE_MODE].name)));
}

/* Before 3.2: two options, unless the newer one is given (LegacyDeleteHandlingStrategy). */
static void
configure_old_deletes(Flatten *flatten)
{
	static const DeleteMode modes[] = {DELETE_DROP, DELETE_TOMBSTONE, DELETE_REWRITE};
	const Transform *transform = &flatten->dropper.transform;

	if (flatten->mode == DELETE_TO_TOMBSTONE)
		transform_option_error(transform, DELETE_MODE, "This mode came with Debezium 3.2.", "Raise debezium.version.");
	if (transform_is_set(transform, DELETE_MODE))
		return;
	flatten->mode = modes[transform_number(transform, OLD_DELETE_MODE)];
	flatten->keeps_tombstones = !transform_bool(transform, OLD_DROP_TOMBSTONES);
}

static void
configure_deletes(Flatten *flatten, int release)
{
	const Transform *transform = &flatten->dropper.transform;

	flatten->mode = (DeleteMode) transform_number(transform, DELETE_MODE);
	flatten->keeps_tombstones = flatten->mode == DELETE_REWRITE_WITH_TOMBSTONE;
	if (release < RELEASE_ONE_DELETE_MODE)
		configure_old_deletes(flatten);
	else
	{
		refuse_old_option(transform, OLD_DROP_TOMBSTONES);
		refuse_old_option(transform, OLD_DELETE_MODE);
	}
	flatten->rewrites = flatten->mode == DELETE_REWRITE || flatten->mode == DELETE_REWRITE_WITH_TOMBSTONE;
}

static List *
read_references(const Transform *transform, int list, int prefix)
{
	List *references = NIL;
	ListCell *cell;

	foreach (cell, transform_list(transform, list))
	{
		FieldReference *reference = field_reference(lfirst(cell), transform_text(transform, prefix));

		if (reference == NULL)
			transform_option_error(transform, list, psprintf("Unexpected field name: %s.", (const char *) lfirst(cell)),
								   "Write field, struct.field, or either with :name behind it.");
		references = lappend(references, reference);
	}
	return references;
}

static void
configure_dropper(FieldDropper *dropper, const List *added)
{
	const Transform *transform = &dropper->transform;
	const char *header = transform_text(transform, DROP_FIELDS_HEADER_NAME);

	dropper->header = header != NULL && *header != '\0' ? header : NULL;
	dropper->from_key = transform_bool(transform, DROP_FIELDS_FROM_KEY);
	dropper->compatible = transform_bool(transform, DROP_FIELDS_KEEP_SCHEMA_COMPATIBLE);
	dropper->added = added;
}

static void
flatten_configure(Transform *transform, const PluginOptions *options)
{
	Flatten *flatten = (Flatten *) transform;
	const char *route_by = transform_text(transform, ROUTE_BY_FIELD);

	configure_deletes(flatten, options->release);
	flatten->route_by = *route_by ? route_by : NULL;
	flatten->fields = read_references(transform, ADD_FIELDS, ADD_FIELDS_PREFIX);
	flatten->headers = read_references(transform, ADD_HEADERS, ADD_HEADERS_PREFIX);
	configure_dropper(&flatten->dropper, flatten->fields);
	flatten->string = connect_schema_new("string");
	flatten->optional_string = connect_schema_new("string");
	flatten->optional_string->optional = true;
}

/* ---------------------------------------------------------------- plan */

/* "__deleted" is inserted by InsertField, which shows defaults instead of nulls while it copies. */
static void
plan_deleted(const Flatten *flatten, RowShape *shape, ConnectSchema *schema)
{
	if (!flatten->rewrites)
		return;
	shape->refusal = schema_append(schema, DELETED_FIELD, flatten->optional_string);
	if (!transform_bool(flatten, REPLACE_NULL_WITH_DEFAULT))
		return;
	shape->defaulted = palloc(Max(shape->columns, 1) * sizeof(int));
	for (int i = 0; i < shape->columns; i++)
		if (connect_field_schema(schema, i)->default_json != NULL)
			shape->defaulted[shape->defaulted_count++] = i;
}

/* The added fields are not there yet when Debezium looks. */
static void
plan_route(const Flatten *flatten, RowShape *shape, const ConnectSchema *schema)
{
	if (flatten->route_by == NULL)
		return;
	shape->route = connect_field_index(schema, flatten->route_by);
	if (shape->route < 0)
		shape->route_refusal = psprintf("%s is not a valid field name", flatten->route_by);
	else if (strcmp(connect_field_schema(schema, shape->route)->type, "string") != 0)
		shape->route_refusal = psprintf("Field '%s' is not of type STRING", flatten->route_by);
}

static void
plan_shape(const Flatten *flatten, FlattenPlan *plan, const ConnectSchema *envelope, int index, RowShape *shape)
{
	ConnectSchema *schema;

	if (index < 0)
		return;
	shape->source = connect_field_schema(envelope, index);
	shape->columns = list_length(shape->source->fields);
	schema = schema_basics_with_fields(shape->source);
	plan_deleted(flatten, shape, schema);
	/* "__deleted" of a delete is not in "before", where its topic is looked up. */
	plan_route(flatten, shape, shape == &plan->deleted ? shape->source : schema);
	if (shape->refusal == NULL)
		shape->refusal = added_fields_append(plan->fields, schema);
	shape->schema = schema;
}

static void *
build_plan(const Transform *transform, ConnectRecord *record, const ConnectSchema *envelope)
{
	const Flatten *flatten = (const Flatten *) transform;
	FlattenPlan *plan = palloc0(sizeof(FlattenPlan));

	plan->before = connect_field_index(envelope, "before");
	plan->after = connect_field_index(envelope, "after");
	plan->fields = added_fields_new(flatten->fields, envelope);
	plan->headers = added_fields_new(flatten->headers, envelope);
	plan_shape(flatten, plan, envelope, plan->after, &plan->kept);
	plan_shape(flatten, plan, envelope, plan->before, &plan->deleted);
	if (plan->after >= 0)
		plan->nothing = schema_alone(plan->kept.source);
	return plan;
}

/* ---------------------------------------------------------------- headers */

/* A tombstone says that it is of a delete, and nothing else. */
static void
add_tombstone_headers(const Flatten *flatten, ConnectRecord *record)
{
	ListCell *cell;

	foreach (cell, flatten->headers)
	{
		const FieldReference *reference = lfirst(cell);

		if (strcmp(reference->field, "op") == 0)
			record_add_header(record, reference->new_name, flatten->string, connect_string("d"));
	}
}

static void
add_headers(const AddedFields *headers, ConnectRecord *record)
{
	if (headers->refusal != NULL)
		record_refuse(record, "%s", headers->refusal);
	for (int i = 0; i < headers->count; i++)
	{
		const AddedField *field = &headers->items[i];
		ConnectValue value = added_field_value(field, record->value_schema, &record->value);
		bool fits = added_field_fits(field, &value);

		record_add_header(record, field->reference->new_name, fits ? field->schema : field->source, value);
		((RecordHeader *) llast(record->headers))->mismatched = !fits;
	}
}

/* ---------------------------------------------------------------- records */

/* Is there such an image?  Resolves it. */
static bool
has_image(ConnectRecord *record, int index)
{
	ConnectValue *image = &record->value.items[index];

	connect_value_resolve(connect_field_schema(record->value_schema, index), image);
	return image->kind == VALUE_STRUCT;
}

static void
show_defaults(const RowShape *shape, ConnectValue *row)
{
	for (int i = 0; i < shape->defaulted_count; i++)
	{
		const ConnectSchema *field = connect_field_schema(shape->schema, shape->defaulted[i]);
		ConnectValue *item = &row->items[shape->defaulted[i]];

		connect_value_resolve(field, item);
		if (item->kind == VALUE_NULL)
			*item = connect_default(field);
	}
}

/* An empty or blank name leaves the topic as it is. */
static void
route(const RowShape *shape, const ConnectSchema *schema, ConnectValue *row, ConnectRecord *record)
{
	ConnectValue *item;

	if (shape->route_refusal != NULL)
	{
		record_refuse(record, "%s", shape->route_refusal);
		return;
	}
	item = &row->items[shape->route];
	connect_value_resolve(connect_field_schema(schema, shape->route), item);
	if (item->kind != VALUE_STRING)
		return;
	for (Size i = 0; i < item->size; i++)
		if ((unsigned char) item->bytes[i] > ' ')
		{
			record->topic = pnstrdup(item->bytes, item->size);
			return;
		}
}

/* The image as the record's new value, with what the shape has besides columns. */
static void
put_row(const Flatten *flatten, const FlattenPlan *plan, const RowShape *shape, int image, ConnectRecord *record)
{
	bool is_delete = shape == &plan->deleted;
	ConnectValue row;
	int next = shape->columns;

	if (shape->refusal != NULL)
	{
		record_refuse(record, "%s", shape->refusal);
		return;
	}
	row = connect_struct(shape->schema);
	memcpy(row.items, record->value.items[image].items, shape->columns * sizeof(ConnectValue));
	show_defaults(shape, &row);
	if (flatten->rewrites)
		row.items[next++] = connect_string(is_delete ? "true" : "false");
	if (flatten->route_by != NULL && !is_delete)
		route(shape, shape->schema, &row, record);
	for (int i = 0; i < plan->fields->count; i++)
	{
		const AddedField *field = &plan->fields->items[i];
		ConnectValue *item = &row.items[next++];

		*item = added_field_value(field, record->value_schema, &record->value);
		if (!added_field_fits(field, item))
			record_refuse(record, "Struct schemas do not match: \"%s\" cannot be an added field",
						  field->reference->field);
	}
	record->value_schema = shape->schema;
	record->value = row;
}

static TransformResult
flatten_delete(Flatten *flatten, const FlattenPlan *plan, ConnectRecord *record)
{
	if (flatten->mode == DELETE_DROP)
		return RECORD_DROPPED;
	if (flatten->route_by != NULL)
		route(&plan->deleted, plan->deleted.source, &record->value.items[plan->before], record);
	if (flatten->rewrites)
		put_row(flatten, plan, &plan->deleted, plan->before, record);
	else
	{
		record->value_schema = flatten->mode == DELETE_TOMBSTONE ? plan->nothing : NULL;
		record->value = connect_null();
	}
	drop_fields(&flatten->dropper, record, true);
	return RECORD_KEPT;
}

static TransformResult
flatten_envelope(Flatten *flatten, ConnectRecord *record)
{
	const FlattenPlan *plan;

	plan = record_plan(record, &flatten->dropper.transform, record->value_schema, NULL, build_plan);
	connect_value_resolve(record->value_schema, &record->value);
	add_headers(plan->headers, record);
	if (plan->after < 0)
	{
		record_refuse(record, "Unknown field: after");
		return RECORD_KEPT;
	}
	if (has_image(record, plan->after))
	{
		put_row(flatten, plan, &plan->kept, plan->after, record);
		drop_fields(&flatten->dropper, record, false);
		return RECORD_KEPT;
	}
	if (plan->before < 0)
	{
		record_refuse(record, "Unknown field: before");
		return RECORD_KEPT;
	}
	/* Without either image it is a TRUNCATE. */
	return has_image(record, plan->before) ? flatten_delete(flatten, plan, record) : RECORD_DROPPED;
}

static TransformResult
flatten_apply(Transform *transform, ConnectRecord *record)
{
	Flatten *flatten = (Flatten *) transform;

	if (record->value.kind == VALUE_NULL)
	{
		add_tombstone_headers(flatten, record);
		return flatten->keeps_tombstones ? RECORD_KEPT : RECORD_DROPPED;
	}
	return record_is_envelope(record) ? flatten_envelope(flatten, record) : RECORD_KEPT;
}

const TransformClass transform_extract_new_record = {
	.type = "io.debezium.transforms.ExtractNewRecordState",
	.size = sizeof(Flatten),
	TRANSFORM_OPTIONS(flatten_options),
	.configure = flatten_configure,
	.apply = flatten_apply,
	.keeps_headers = true,
};

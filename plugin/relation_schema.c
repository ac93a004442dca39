/*-------------------------------------------------------------------------
 *
 * relation_schema.c
 *	  See relation_schema.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_class.h"
#include "mb/pg_wchar.h"
#include "nodes/bitmapset.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/relcache.h"
#include "utils/ruleutils.h"

#include "column_mapper.h"
#include "connect_text.h"
#include "encode_nested.h"
#include "envelope_schema.h"
#include "frame_entry.h"
#include "key_columns.h"
#include "pg_compat.h"
#include "relation_index.h"
#include "relation_schema.h"
#include "source_block.h"
#include "topic_name.h"

/* What a plan is for. */
typedef enum RowRole
{
	ROLE_ROW,
	ROLE_KEY,
	ROLE_HEADER_KEY
} RowRole;

/* Everything the steps below share. */
typedef struct Build
{
	Relation rel;
	const SchemaInputs *inputs;
	const PluginOptions *options;
	RelationSchema *schema;
	PublicationDecision publication;
	Bitmapset *identity; /* attribute numbers that old tuples have; NULL with FULL: all */
} Build;

static const char *
utf8_name(const char *name)
{
	Size size;
	const char *utf8 = text_to_utf8(name, strlen(name), &size);

	if (utf8 == NULL)
		ereport(ERROR, (errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
						errmsg("identifier \"%s\" cannot be converted from encoding \"%s\" to UTF8", name,
							   GetDatabaseEncodingName())));
	return utf8 == name ? pstrdup(name) : pnstrdup(utf8, size);
}

/* A publication made after the WAL being decoded does not exist for it: nothing is sent, which must not go unsaid. */
static void
report_missing_publication(Build *build)
{
	bool *reported = build->inputs->publication_missing_reported;

	if (!build->publication.missing || *reported)
		return;
	*reported = true;
	ereport(WARNING,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("publication \"%s\" does not exist at this point of the WAL; nothing is captured",
					option_text(build->options, PUBLICATION_NAME)),
			 errhint("Create the publication before the replication slot, or set publication.autocreate.mode to "
					 "filtered to do without one.")));
}

static void
decide_capture(Build *build)
{
	RelationSchema *schema = build->schema;
	Relation root;

	schema->reason = filter_table_reason(build->inputs->filter, schema->schema_name, schema->table_name);
	build->publication = publication_decide(build->rel, build->options, schema->reason == NULL);
	report_missing_publication(build);
	schema->published = build->publication.operations;
	schema->publish_as = build->publication.publish_as;
	if (schema->published == 0 && schema->reason == NULL)
		schema->reason = build->publication.reason ? build->publication.reason : "its publication sends no operations";
	if (schema->publish_as == schema->relid)
		return;
	root = RelationIdGetRelation(schema->publish_as);
	if (!RelationIsValid(root))
		elog(ERROR, "could not open relation with OID %u", schema->publish_as);
	schema->map = compat_attribute_map(RelationGetDescr(build->rel), RelationGetDescr(root));
	RelationClose(root);
	schema->reason = "captured as its partitioned table";
}

typedef struct DeparseCall
{
	Node *expression;
	List *context;
	char *text;
} DeparseCall;

static void
call_deparse(void *arg)
{
	DeparseCall *call = arg;

	call->text = deparse_expression(call->expression, call->context, false, false);
}

/* Deparsed default expression, or NULL; no lock is taken (pg_get_expr() would take one). */
static char *
default_expression(Build *build, Form_pg_attribute attribute)
{
	TupleConstr *constraints = RelationGetDescr(build->rel)->constr;

	if (!attribute->atthasdef || constraints == NULL)
		return NULL;
	for (int i = 0; i < constraints->num_defval; i++)
	{
		const AttrDefault *def = &constraints->defval[i];
		DeparseCall call = {0};

		if (def->adnum != attribute->attnum)
			continue;
		call.expression = stringToNode(def->adbin);
		if (attribute->attgenerated)
			call.context = deparse_context_for(RelationGetRelationName(build->rel), RelationGetRelid(build->rel));
		with_pinned_path(call_deparse, &call);
		return call.text;
	}
	return NULL;
}

/* A column's default as JSON, or NULL. */
static char *
default_json(const char *expression, Form_pg_attribute attribute, const ValueCodec *codec)
{
	const char *utf8;
	Size size;

	if (expression == NULL)
		return NULL;
	utf8 = text_to_utf8(expression, strlen(expression), &size);
	if (utf8 == NULL)
		return NULL;
	return column_default(codec, attribute->atttypid, pnstrdup(utf8, size));
}

static FixedText
fixed(const char *text)
{
	FixedText result = {text, text ? strlen(text) : 0, false};

	return result;
}

static FixedText
rendered(bool (*render)(const ValueCodec *, JsonWriter *), const ValueCodec *codec)
{
	FixedText result = {NULL, 0, false};
	JsonWriter writer;

	json_writer_init(&writer, CurrentMemoryContext, 64);
	json_mark(&writer, 0);
	if (render != NULL && render(codec, &writer))
	{
		result.text = writer.data;
		result.size = writer.len;
	}
	return result;
}

/*
 * What NULL shows, and what stands in for a column that an old tuple lacks.
 * own_default: the default as the column's values are written, which a mask or
 * a hash covers too; the converter shows value_default for NULL, uncovered.
 */
static void
fill_constants(Build *build, ColumnPlan *column, bool not_null, const char *value_default, const char *own_default)
{
	if (value_default)
		column->null_value = fixed(value_default);
	else if (!not_null)
		column->null_value = fixed("null");
	column->null_value.shows_null = true;
	column->filler = column->null_value;
	if (not_null && own_default)
		column->filler = fixed(own_default);
	else if (not_null)
		column->filler = rendered(column->codec->encoder->filler, column->codec);
	column->unavailable = rendered(column->codec->encoder->placeholder, column->codec);
	column->in_identity = build->schema->replica_identity == REPLICA_IDENTITY_FULL ||
						  bms_is_member(column->attribute + 1, build->identity);
}

/* Puts the column's mapper, if it has one, between its codec and its values. */
static void
map_column(Build *build, ColumnPlan *column, Form_pg_attribute attribute, const char *expression, ConnectSchema *field)
{
	const RelationSchema *schema = build->schema;
	ColumnMapper *mapper;
	SourceType *source;
	bool untouched;

	if (build->options->column_mappers == NIL)
		return;
	source = source_type_describe(attribute->atttypid, attribute->atttypmod,
								  expression != NULL && strstr(expression, "nextval(") != NULL, build->inputs->snapshot,
								  build->options->release);
	mapper = column_mapper_find(build->options, schema->schema_name, schema->table_name, column->name, source);
	if (mapper == NULL)
		return;
	column_mapper_schema(mapper, column->name, source, field);
	column->codec = column_mapper_codec(mapper, source, unconstify(ValueCodec *, column->codec), &untouched);
	column->masks_null = column_mapper_hides_null(mapper) && !untouched;
	if (untouched && column_mapper_report(mapper, psprintf("%s.%s", relation_schema_name(schema), column->name)))
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("column \"%s\" of table \"%s\" is not masked", column->name, relation_schema_name(schema)),
				 errdetail("Its type \"%s\" is not a character type.", source->name),
				 errhint("Leave it out by column.exclude.list.")));
}

static const ValueModes *
modes_of(const Build *build, RowRole role)
{
	switch (role)
	{
		case ROLE_KEY:
			return &build->options->key_modes;
		case ROLE_HEADER_KEY:
			return &build->options->header_modes;
		default:
			return &build->options->value_modes;
	}
}

/* Is the plan's JSON but a step on the way to Java's text of the structure? */
static bool
becomes_text(const Build *build, RowRole role)
{
	return (role == ROLE_KEY && option_number(build->options, KEY_CONVERTER) == CONVERTER_STRING) ||
		   (role == ROLE_HEADER_KEY && option_number(build->options, HEADER_CONVERTER) == HEADER_STRING);
}

static void
check_text(const Build *build, RowRole role, const char *column, const ConnectSchema *field)
{
	const char *obstacle = becomes_text(build, role) ? connect_text_obstacle(field) : NULL;

	if (obstacle != NULL)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("key column \"%s\" of table \"%s\" cannot be written by StringConverter", column,
							   relation_schema_name(build->schema)),
						errdetail("That is Java's text of the value: %s.", obstacle),
						errhint("Set %s to org.apache.kafka.connect.json.JsonConverter, or choose other columns with "
								"message.key.columns.",
								role == ROLE_KEY ? "key.converter" : "header.converter")));
}

/* Does the converter show a default in place of null? */
static bool
shows_default(const Build *build, RowRole role)
{
	switch (role)
	{
		case ROLE_KEY:
			return option_bool(build->options, KEY_CONVERTER_REPLACE_NULL_WITH_DEFAULT) && !becomes_text(build, role);
		case ROLE_HEADER_KEY:
			return headers_show_defaults(build->options) && !becomes_text(build, role);
		default:
			return option_bool(build->options, VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT);
	}
}

/* The field of a column; only that of a row may have a mapper. */
static ConnectSchema *
plan_field(Build *build, ColumnPlan *column, Form_pg_attribute attribute, RowRole role, bool bare)
{
	bool is_key = role != ROLE_ROW;
	bool not_null = source_not_null(attribute) && !bare;
	char *expression = bare ? NULL : default_expression(build, attribute);
	char *value_default = default_json(expression, attribute, column->codec);
	ConnectSchema *field = column->codec->encoder->schema(column->codec);

	check_text(build, role, column->name, field);
	if (is_key)
		array_refuse_null_items(column->codec);
	else
		map_column(build, column, attribute, expression, field);
	column->required_items = !is_key && array_items_required(column->codec);
	column->header_shape = header_shape(field);
	fill_constants(build, column, not_null, shows_default(build, role) ? value_default : NULL,
				   default_json(expression, attribute, column->codec));
	if (column->masks_null)
		column->null_value = column->filler = column->unavailable;
	field->optional = field->optional || !not_null;
	field->default_json = value_default;
	return field;
}

/* Plans a column as the next one of a row; adds its field to fields.  False: its type is left out. */
static bool
plan_column(Build *build, RowPlan *row, Form_pg_attribute attribute, RowRole role, ConnectSchema *fields)
{
	ColumnPlan *column = &row->columns[row->count];
	const char *name = utf8_name(NameStr(attribute->attname));
	char *adjusted = field_name(build->options, name);
	/* a key column that the filter leaves out of the row has lost its metadata, too */
	bool bare = role != ROLE_ROW && !filter_captures_column(build->inputs->filter, build->schema->schema_name,
															build->schema->table_name, name);

	memset(column, 0, sizeof(ColumnPlan));
	column->codec = encoder_find(attribute->atttypid, attribute->atttypmod, modes_of(build, role));
	if (column->codec == NULL)
		return false;
	column->attribute = attribute->attnum - 1;
	column->name = name;
	column->varlena = attribute->attlen == -1;
	column->toastable = column->varlena && attribute->attstorage != TYPSTORAGE_PLAIN;
	column->prefix.text =
		json_member_prefix(CurrentMemoryContext, row->count == 0 ? '{' : ',', adjusted, &column->prefix.size);
	if (connect_schema_has(fields, adjusted)) /* Debezium's task stops */
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_COLUMN),
						errmsg("column \"%s\" of table \"%s\" and another would both be the field \"%s\"", name,
							   relation_schema_name(build->schema), adjusted),
						errhint("Set another field.name.adjustment.mode, or leave one out by column.exclude.list.")));
	connect_schema_field(fields, adjusted, plan_field(build, column, attribute, role, bare));
	row->count++;
	return true;
}

static bool
column_exists(Build *build, Form_pg_attribute attribute)
{
	const Bitmapset *listed = build->publication.columns;

	return !attribute->attisdropped && (attribute->attgenerated == '\0' || build->inputs->snapshot) &&
		   (listed == NULL || bms_is_member(attribute->attnum, listed));
}

static ConnectSchema *
plan_row(Build *build)
{
	RelationSchema *schema = build->schema;
	TupleDesc descriptor = RelationGetDescr(build->rel);
	ConnectSchema *fields =
		connect_schema_named("struct", schema_name(build->options, schema->topic_name, ".Value"), 0);

	schema->row.columns = palloc0((descriptor->natts + 1) * sizeof(ColumnPlan));
	for (int i = 0; i < descriptor->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(descriptor, i);

		if (column_exists(build, attribute) &&
			filter_captures_column(build->inputs->filter, schema->schema_name, schema->table_name,
								   utf8_name(NameStr(attribute->attname))))
			plan_column(build, &schema->row, attribute, ROLE_ROW, fields);
	}
	return fields;
}

/* Of these attribute numbers, those that the publication sends. */
static List *
sent_columns(Build *build, const List *numbers)
{
	List *sent = NIL;
	ListCell *cell;

	foreach (cell, numbers)
	{
		if (column_exists(build, TupleDescAttr(RelationGetDescr(build->rel), lfirst_int(cell) - 1)))
			sent = lappend_int(sent, lfirst_int(cell));
	}
	return sent;
}

/* Attribute numbers of message.key.columns, in listed order, or of the key. */
static List *
key_columns(Build *build)
{
	List *names = NIL;
	List *numbers = NIL;
	List *columns = NIL;
	ListCell *cell;

	for (int i = 0; i < RelationGetDescr(build->rel)->natts; i++)
	{
		Form_pg_attribute attribute = TupleDescAttr(RelationGetDescr(build->rel), i);

		if (!column_exists(build, attribute))
			continue;
		names = lappend(names, unconstify(char *, utf8_name(NameStr(attribute->attname))));
		numbers = lappend_int(numbers, attribute->attnum);
	}
	foreach (cell, key_columns_choose(build->options, build->schema->schema_name, build->schema->table_name, names))
		columns = lappend_int(columns, list_nth_int(numbers, lfirst_int(cell)));
	return columns != NIL ? columns : sent_columns(build, relation_key_columns(build->rel));
}

/* The field that tells the tables of one topic apart (reference 2). */
static void
plan_key_identifier(Build *build, RowPlan *key, ConnectSchema *fields)
{
	const char *name = option_text(build->options, TOPIC_KEY_FIELD_NAME);
	char *identifier = topic_key_identifier(build->options, build->schema->schema_name, build->schema->table_name);
	JsonWriter writer;
	Size size;
	char *prefix;

	if (identifier == NULL)
		return;
	connect_schema_field(fields, name, connect_schema_new("string"));
	prefix = json_member_prefix(CurrentMemoryContext, key->count == 0 ? '{' : ',', name, &size);
	json_writer_init(&writer, CurrentMemoryContext, 64);
	json_mark(&writer, 0);
	json_raw(&writer, prefix, size);
	json_cstring(&writer, identifier);
	key->constant.text = writer.data;
	key->constant.size = writer.len;
	key->constant_text = identifier;
}

/* The key of these columns; it has no fields if Debezium leaves out their types.  NULL: there is no key. */
static ConnectSchema *
plan_key(Build *build, RowPlan *key, List *columns, RowRole role)
{
	RelationSchema *schema = build->schema;
	ConnectSchema *fields = connect_schema_named("struct", schema_name(build->options, schema->topic_name, ".Key"), 0);
	ListCell *cell;

	key->columns = palloc0((list_length(columns) + 1) * sizeof(ColumnPlan));
	foreach (cell, columns)
		plan_column(build, key, TupleDescAttr(RelationGetDescr(build->rel), lfirst_int(cell) - 1), role, fields);
	/* a required key field is never null (reference 2) */
	for (int i = 0; i < key->count; i++)
	{
		if (key->columns[i].null_value.text == NULL)
			key->columns[i].null_value = key->columns[i].filler;
		key->columns[i].in_key = true;
	}
	plan_key_identifier(build, key, fields);
	schema->keyed = columns != NIL || key->constant.size > 0;
	return schema->keyed ? fields : NULL;
}

static DictionaryEntry *
relation_entry(Dictionary *dictionary, const RelationSchema *schema)
{
	JsonWriter body;

	json_writer_init(&body, CurrentMemoryContext, 256);
	append_u32(&body, schema->relid);
	append_string(&body, schema->schema_name, strlen(schema->schema_name));
	append_string(&body, schema->table_name, strlen(schema->table_name));
	return dictionary_intern(dictionary, ENTRY_RELATION, body.data, body.len);
}

/* The row's schema with optional items in every array; NULL if they are so already. */
static ConnectSchema *
loose_row(const RelationSchema *schema, const ConnectSchema *row)
{
	ConnectSchema *loose = connect_schema_copy(row);
	bool differs = false;

	loose->fields = list_copy(row->fields);
	for (int i = 0; i < schema->row.count; i++)
	{
		ConnectSchema *field;

		if (!schema->row.columns[i].required_items)
			continue;
		field = connect_schema_copy(list_nth(row->fields, i));
		field->items = connect_schema_copy(field->items);
		field->items->optional = true;
		lfirst(list_nth_cell(loose->fields, i)) = field;
		differs = true;
	}
	return differs ? loose : NULL;
}

static const ConnectSchema *
row_envelope(Build *build, const ConnectSchema *row)
{
	const char *name = schema_name(build->options, build->schema->topic_name, ".Envelope");

	return row ? envelope_schema(build->options, name, row) : NULL;
}

/* What records with transforms need; their converters make the entries. */
static void
keep_schemas(Build *build, const ConnectSchema *key, const ConnectSchema *header_key, const ConnectSchema *row)
{
	RelationSchema *schema = build->schema;

	schema->key_struct = key;
	schema->header_key_struct = header_key;
	schema->value_struct = row_envelope(build, row);
	schema->loose_value_struct = row_envelope(build, loose_row(schema, row));
	schema->origin = record_origin_new(schema->context);
}

static void
plan_records(Build *build)
{
	RelationSchema *schema = build->schema;
	Dictionary *dictionary = build->inputs->dictionary;
	const PluginOptions *options = build->options;
	ConnectSchema *row;
	ConnectSchema *key;
	ConnectSchema *header_key;
	List *columns;

	schema->topic_name = topic_for_table(options, schema->schema_name, schema->table_name);
	schema->replica_identity = build->rel->rd_rel->relreplident;
	build->identity = relation_identity_columns(build->rel, &schema->has_identity);
	row = plan_row(build);
	columns = key_columns(build);
	key = plan_key(build, &schema->key, columns, ROLE_KEY);
	header_key = plan_key(build, &schema->header_key, columns, ROLE_HEADER_KEY);
	schema->source_table.text = source_table(schema->schema_name, schema->table_name, &schema->source_table.size);
	schema->topic = dictionary_intern_string(dictionary, ENTRY_TOPIC, schema->topic_name, strlen(schema->topic_name));
	schema->relation = relation_entry(dictionary, schema);
	if (build->publication.row_filter)
		schema->row_filter = row_filter_new(schema->context, build->rel, build->publication.row_filter);
	schema->key_text = becomes_text(build, ROLE_KEY) ? key : NULL;
	schema->header_key_text = becomes_text(build, ROLE_HEADER_KEY) ? header_key : NULL;
	if (keys_have_schema(options))
		schema->key_schema = schema_entry(dictionary, key);
	if (option_number(options, HEADER_CONVERTER) == HEADER_JSON &&
		option_bool(options, HEADER_CONVERTER_SCHEMAS_ENABLE))
		schema->header_key_schema = schema_entry(dictionary, header_key);
	if (build->inputs->records)
		keep_schemas(build, key, header_key, row);
	else if (option_bool(options, VALUE_CONVERTER_SCHEMAS_ENABLE))
	{
		schema->value_schema = schema_entry(dictionary, row_envelope(build, row));
		schema->loose_value_schema = schema_entry(dictionary, row_envelope(build, loose_row(schema, row)));
	}
}

RelationSchema *
relation_schema_build(Relation rel, const SchemaInputs *inputs, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "wal2debezium relation", ALLOCSET_SMALL_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(context);
	Build build = {.rel = rel, .inputs = inputs, .options = inputs->options};
	RelationSchema *schema = palloc0(sizeof(RelationSchema));
	char *namespace = get_namespace_name(RelationGetNamespace(rel));

	build.schema = schema;
	schema->context = context;
	schema->relid = RelationGetRelid(rel);
	schema->schema_name = utf8_name(namespace ? namespace : "");
	schema->table_name = utf8_name(RelationGetRelationName(rel));
	schema->attributes = RelationGetDescr(rel)->natts;
	schema->unlogged = rel->rd_rel->relpersistence == RELPERSISTENCE_UNLOGGED;
	schema->signals = filter_is_signal_table(inputs->filter, schema->schema_name, schema->table_name);
	decide_capture(&build);
	if (schema->reason == NULL)
		plan_records(&build);
	MemoryContextSwitchTo(previous);
	return schema;
}

void
relation_schema_free(RelationSchema *schema, Dictionary *dictionary)
{
	row_filter_free(schema->row_filter);
	dictionary_release(dictionary, schema->topic);
	dictionary_release(dictionary, schema->relation);
	dictionary_release(dictionary, schema->key_schema);
	dictionary_release(dictionary, schema->value_schema);
	dictionary_release(dictionary, schema->loose_value_schema);
	dictionary_release(dictionary, schema->header_key_schema);
	if (schema->origin != NULL)
		record_origin_free(schema->origin, dictionary);
	MemoryContextDelete(schema->context);
}

char *
relation_schema_name(const RelationSchema *schema)
{
	return psprintf("%s.%s", schema->schema_name, schema->table_name);
}

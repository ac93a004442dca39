/*-------------------------------------------------------------------------
 *
 * sql_functions.c
 *	  What the extension offers in SQL besides snapshots: options(), tables(),
 *	  and the splitting of lines for peek().
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/transam.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/base64.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/memutils.h"
#include "utils/rel.h"
#include "utils/tuplestore.h"

#include "java_regex.h"
#include "pg_compat.h"
#include "session.h"
#include "sql_options.h"

PG_FUNCTION_INFO_V1(wal2debezium_options);
PG_FUNCTION_INFO_V1(wal2debezium_validate);
PG_FUNCTION_INFO_V1(wal2debezium_tables);
PG_FUNCTION_INFO_V1(wal2debezium_key_columns);
PG_FUNCTION_INFO_V1(wal2debezium_list_position);
PG_FUNCTION_INFO_V1(wal2debezium_split_line);

PluginOptions *
options_from_array(ArrayType *array, const char *format)
{
	PluginOptions *options = options_new();
	Datum *values;
	bool *nulls;
	int count;

	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
	for (int i = 0; i < count; i++)
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("options must not be null")));
	if (format)
		options_set(options, "format", format);
	if (count == 1)
		options_set(options, "config", TextDatumGetCString(values[0]));
	else if (count % 2 != 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("options must be names and values in turn"),
						errdetail("There are %d of them.", count)));
	else
		for (int i = 0; i < count; i += 2)
			options_set(options, TextDatumGetCString(values[i]), TextDatumGetCString(values[i + 1]));
	options_finish(options, get_database_name(MyDatabaseId));
	return options;
}

/* From UTF-8, in which all names are kept. */
static Datum
server_text(const char *utf8)
{
	return CStringGetTextDatum(pg_any_to_server(utf8, strlen(utf8), PG_UTF8));
}

static Datum
text_or_null(const char *text, bool *is_null)
{
	*is_null = text == NULL;
	return text ? CStringGetTextDatum(text) : (Datum) 0;
}

/* ---------------------------------------------------------------- options() */

static const char *
full_name(const OptionDefinition *definition)
{
	if (!definition->family)
		return definition->name;
	return psprintf("%s*%s", definition->name, definition->suffix ? definition->suffix : "");
}

Datum
wal2debezium_options(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	compat_materialized_srf(fcinfo);
	for (OptionId id = 0; id < OPTION_COUNT; id++)
	{
		const OptionDefinition *definition = &option_definitions[id];
		Datum values[6];
		bool nulls[6];
		int column = 0;

		if (definition->side == SIDE_INTERNAL)
			continue;
		values[column] = text_or_null(full_name(definition), &nulls[column]);
		column++;
		values[column] = text_or_null(option_kind_name(definition->kind), &nulls[column]);
		column++;
		values[column] = text_or_null(definition->default_value, &nulls[column]);
		column++;
		values[column] = text_or_null(definition->allowed, &nulls[column]);
		column++;
		values[column] = text_or_null(option_side_name(definition->side), &nulls[column]);
		column++;
		values[column] = text_or_null(definition->help, &nulls[column]);
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------- tables() */

static Datum
names_array(const RowPlan *row, bool (*wanted)(const ColumnPlan *))
{
	Datum *names = palloc((row->count + 1) * sizeof(Datum));
	int count = 0;

	for (int i = 0; i < row->count; i++)
		if (wanted(&row->columns[i]))
			names[count++] = server_text(row->columns[i].name);
	return PointerGetDatum(construct_array(names, count, TEXTOID, -1, false, TYPALIGN_INT));
}

static bool
any_column(const ColumnPlan *column)
{
	return true;
}

/* An update that leaves a TOASTed value alone cannot show it, unless the old row has it. */
static bool
at_toast_risk(const ColumnPlan *column)
{
	return column->toastable && !column->in_identity;
}

static const char *
identity_name(const RelationSchema *schema)
{
	switch (schema->replica_identity)
	{
		case REPLICA_IDENTITY_DEFAULT:
			return "default";
		case REPLICA_IDENTITY_FULL:
			return "full";
		case REPLICA_IDENTITY_INDEX:
			return "index";
		default:
			return "nothing";
	}
}

/* Deletes, and updates of the key, have their old key from the old tuple; fillers stand for what that lacks. */
static bool
knows_old_key(const RelationSchema *schema)
{
	for (int i = 0; i < schema->key.count; i++)
		if (!schema->key.columns[i].in_identity)
			return false;
	return true;
}

/* What "before" holds in updates and deletes. */
static const char *
before_words(const RelationSchema *schema)
{
	if (schema->unlogged)
		return "nothing: snapshots read the table, its changes are not in the WAL";
	if (schema->replica_identity == REPLICA_IDENTITY_FULL)
		return "the whole old row";
	if (schema->has_identity && !knows_old_key(schema))
		return "deletes: the replica identity's columns, which lack the key: its values there are made up; updates: null";
	if (schema->has_identity)
		return "deletes: the replica identity's columns; updates: null";
	return "nothing: deletes cannot be captured";
}

static void
put_table(ReturnSetInfo *result, const RelationSchema *schema)
{
	bool captured = schema->reason == NULL;
	Datum values[10];
	bool nulls[10] = {false};

	values[0] = ObjectIdGetDatum(schema->relid);
	values[1] = server_text(schema->schema_name);
	values[2] = server_text(schema->table_name);
	values[3] = BoolGetDatum(captured);
	values[4] = text_or_null(schema->reason, &nulls[4]);
	nulls[5] = schema->topic_name == NULL;
	values[5] = nulls[5] ? (Datum) 0 : server_text(schema->topic_name);
	for (int i = 6; i < 10; i++)
		nulls[i] = !captured;
	if (captured)
	{
		values[6] = names_array(&schema->key, any_column);
		values[7] = CStringGetTextDatum(identity_name(schema));
		values[8] = CStringGetTextDatum(before_words(schema));
		values[9] = names_array(&schema->row, at_toast_risk);
	}
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

/* Oids of the database's tables. */
static List *
list_tables(void)
{
	Relation pg_class = table_open(RelationRelationId, AccessShareLock);
	SysScanDesc scan = systable_beginscan(pg_class, InvalidOid, false, NULL, 0, NULL);
	List *tables = NIL;
	HeapTuple tuple;

	while ((tuple = systable_getnext(scan)) != NULL)
	{
		Form_pg_class form = (Form_pg_class) GETSTRUCT(tuple);

		if ((form->relkind == RELKIND_RELATION || form->relkind == RELKIND_PARTITIONED_TABLE) &&
			form->oid >= FirstNormalObjectId && !isAnyTempNamespace(form->relnamespace))
			tables = lappend_oid(tables, form->oid);
	}
	systable_endscan(scan);
	table_close(pg_class, AccessShareLock);
	return tables;
}

static void
no_output(void *arg, const char *bytes, Size size, bool last)
{
}

Datum
wal2debezium_validate(PG_FUNCTION_ARGS)
{
	session_new(CurrentMemoryContext, options_from_array(PG_GETARG_ARRAYTYPE_P(0), NULL), false, no_output, NULL);
	PG_RETURN_VOID();
}

Datum
wal2debezium_tables(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PluginOptions *options = options_from_array(PG_GETARG_ARRAYTYPE_P(0), NULL);
	Session *session = session_new(CurrentMemoryContext, options, false, no_output, NULL);
	ListCell *cell;

	compat_materialized_srf(fcinfo);
	foreach (cell, list_tables())
	{
		Relation rel = try_relation_open(lfirst_oid(cell), AccessShareLock);

		CHECK_FOR_INTERRUPTS();
		if (rel == NULL)
			continue;
		put_table(result, relation_cache_get(session->cache, rel));
		relation_close(rel, AccessShareLock);
	}
	return (Datum) 0;
}

/* ---------------------------------------------------------------- key_columns() */

static void
put_key_column(ReturnSetInfo *result, TupleDesc descriptor, const ColumnPlan *column)
{
	Form_pg_attribute attribute = TupleDescAttr(descriptor, column->attribute);
	Datum values[3];
	bool nulls[3] = {false};

	values[0] = CStringGetTextDatum(NameStr(attribute->attname));
	values[1] = CStringGetTextDatum(format_type_extended(attribute->atttypid, attribute->atttypmod,
														 FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_FORCE_QUALIFY));
	values[2] = BoolGetDatum(attribute->attnotnull);
	tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
}

Datum
wal2debezium_key_columns(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	PluginOptions *options = options_from_array(PG_GETARG_ARRAYTYPE_P(1), NULL);
	Session *session = session_new(CurrentMemoryContext, options, false, no_output, NULL);
	Relation rel = relation_open(PG_GETARG_OID(0), AccessShareLock);
	const RelationSchema *schema = relation_cache_get(session->cache, rel);

	compat_materialized_srf(fcinfo);
	for (int i = 0; i < schema->key.count; i++)
		put_key_column(result, RelationGetDescr(rel), &schema->key.columns[i]);
	relation_close(rel, AccessShareLock);
	return (Datum) 0;
}

Datum
wal2debezium_list_position(PG_FUNCTION_ARGS)
{
	char *list = text_to_cstring(PG_GETARG_TEXT_PP(0));
	char *name = text_to_cstring(PG_GETARG_TEXT_PP(1));
	RegexList *regexes =
		regex_list_compile(CurrentMemoryContext, "list", pg_server_to_any(list, strlen(list), PG_UTF8));

	name = pg_server_to_any(name, strlen(name), PG_UTF8);
	PG_RETURN_INT32(regex_list_position(regexes, name, strlen(name)));
}

/* ---------------------------------------------------------------- peek() */

/* The end of the JSON value at *at: a string, an object or array, or a bare word. */
static const char *
skip_value(const char *at, const char *end)
{
	int depth = 0;
	bool in_string = false;

	for (; at < end; at++)
	{
		if (in_string)
		{
			if (*at == '\\')
				at++;
			else if (*at == '"')
				in_string = false;
		}
		else if (*at == '"')
			in_string = true;
		else if (*at == '{' || *at == '[')
			depth++;
		else if (depth == 0 && (*at == ',' || *at == '}'))
			return at;
		else if (*at == '}' || *at == ']')
			depth--;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("not a line of format=json")));
}

/* The raw text of a member of a line, or NULL; names are not escaped in lines. */
static char *
line_member(const char *line, Size size, const char *name)
{
	const char *end = line + size;
	const char *at = line + 1;

	while (at < end && *at == '"')
	{
		const char *colon = memchr(at, ':', end - at);
		const char *value_end;

		if (colon == NULL)
			break;
		value_end = skip_value(colon + 1, end);
		if ((Size) (colon - at) == strlen(name) + 2 && memcmp(at + 1, name, strlen(name)) == 0)
			return pnstrdup(colon + 1, value_end - colon - 1);
		at = value_end + 1;
	}
	return NULL;
}

static Datum
json_text_or_null(const char *text, bool *is_null)
{
	return text_or_null(text && strcmp(text, "null") != 0 ? text : NULL, is_null);
}

/* Bytes that are not JSON, for people: text as it is, all else in hexadecimal as bytea prints it. */
static char *
bytes_for_people(const char *base64)
{
	int digits = (int) strlen(base64) - 2;
	char *bytes = palloc(pg_b64_dec_len(digits) + 1);
	int size = pg_b64_decode(base64 + 1, digits, (void *) bytes, pg_b64_dec_len(digits));
	char *hex;

	bytes[Max(size, 0)] = '\0';
	if (pg_verify_mbstr(PG_UTF8, bytes, size, true) && memchr(bytes, '\0', size) == NULL)
		return pg_any_to_server(bytes, size, PG_UTF8);
	hex = palloc(size * 2 + 3);
	strcpy(hex, "\\x");
	hex[2 + hex_encode(bytes, size, hex + 2)] = '\0';
	return hex;
}

/* Key or value. */
static Datum
part_of_line(const char *line, Size size, const char *name, bool *is_null)
{
	char *base64 = line_member(line, size, psprintf("%s_base64", name));

	if (base64 != NULL)
		return text_or_null(bytes_for_people(base64), is_null);
	return json_text_or_null(line_member(line, size, name), is_null);
}

Datum
wal2debezium_split_line(PG_FUNCTION_ARGS)
{
	text *line = PG_GETARG_TEXT_PP(0);
	const char *data = VARDATA_ANY(line);
	Size size = VARSIZE_ANY_EXHDR(line);
	char *topic = line_member(data, size, "topic");
	TupleDesc descriptor;
	Datum values[4];
	bool nulls[4];

	if (topic == NULL || get_call_result_type(fcinfo, NULL, &descriptor) != TYPEFUNC_COMPOSITE)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("not a line of format=json")));
	values[0] = text_or_null(pnstrdup(topic + 1, strlen(topic) - 2), &nulls[0]);
	values[1] = part_of_line(data, size, "key", &nulls[1]);
	values[2] = part_of_line(data, size, "value", &nulls[2]);
	values[3] = json_text_or_null(line_member(data, size, "headers"), &nulls[3]);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(descriptor), values, nulls)));
}

/*-------------------------------------------------------------------------
 *
 * sql_variable.c
 *	  See sql_variable.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_attribute.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "relation_schema.h"
#include "sql_variable.h"

typedef struct RootName
{
	const char *name;
	SqlVariableKind kind;
	bool whole;	 /* the name alone is something */
	bool fields; /* it has fields */
} RootName;

static const RootName roots[] = {
	{"before", VARIABLE_BEFORE, true, true}, {"after", VARIABLE_AFTER, true, true},
	{"key", VARIABLE_KEY, false, true},		 {"op", VARIABLE_OP, true, false},
	{"topic", VARIABLE_TOPIC, true, false},	 {"source", VARIABLE_SOURCE, false, true},
};

/* Compared without case, as SQL folds names that are not quoted. */
typedef struct SourceName
{
	const char *name;
	SqlSourceField field;
	Oid type;
} SourceName;

static const SourceName source_names[] = {
	{"version", SOURCE_VERSION, TEXTOID},	{"connector", SOURCE_CONNECTOR, TEXTOID},
	{"name", SOURCE_NAME, TEXTOID},			{"ts_ms", SOURCE_TS_MS, INT8OID},
	{"ts_us", SOURCE_TS_US, INT8OID},		{"ts_ns", SOURCE_TS_NS, INT8OID},
	{"snapshot", SOURCE_SNAPSHOT, TEXTOID}, {"db", SOURCE_DB, TEXTOID},
	{"schema", SOURCE_SCHEMA, TEXTOID},		{"table", SOURCE_TABLE, TEXTOID},
	{"txId", SOURCE_TXID, INT8OID},			{"lsn", SOURCE_LSN, INT8OID},
	{"xmin", SOURCE_XMIN, INT8OID},
};

/* A reference taken apart. */
typedef struct Reference
{
	const RootName *root; /* NULL: no variable */
	const char *first;
	const char *field; /* NULL: the root alone */
	bool presence;
	bool too_long;
} Reference;

static Reference
read_reference(const ColumnRef *reference)
{
	Reference result = {.first = "*"};
	int count = list_length(reference->fields);

	if (IsA(llast(reference->fields), String) && strcmp(strVal(llast(reference->fields)), PRESENCE_MARK) == 0)
	{
		result.presence = true;
		count--;
	}
	if (IsA(linitial(reference->fields), String))
		result.first = strVal(linitial(reference->fields));
	for (int i = 0; i < lengthof(roots); i++)
	{
		if (strcmp(roots[i].name, result.first) == 0)
			result.root = &roots[i];
	}
	result.too_long = count > 2;
	if (count > 1 && IsA(lsecond(reference->fields), String))
		result.field = strVal(lsecond(reference->fields));
	else if (count > 1 && result.root != NULL && result.root->whole && result.root->fields)
		result.field = NULL; /* after.* is after */
	else if (count > 1)
		result.field = "*";
	return result;
}

static const SourceName *
find_source_name(const char *name)
{
	for (int i = 0; i < lengthof(source_names); i++)
	{
		if (pg_strcasecmp(source_names[i].name, name) == 0)
			return &source_names[i];
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("there is no variable source.%s", name),
					errdetail("source has version, connector, name, ts_ms, ts_us, ts_ns, snapshot, db, schema, table, "
							  "txId, lsn and xmin.")));
	return NULL;
}

static void
refuse_name(const char *name)
{
	const char *hint = "Text stands in single quotes: op = 'c'.";

	if (strcmp(name, "value") == 0)
		hint = "Write op, before.id, after.id or source.table, without value.";
	else if (strcmp(name, "header") == 0)
		hint = "Headers are for predicates: org.apache.kafka.connect.transforms.predicates.HasHeaderKey.";
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("there is no variable \"%s\"", name),
					errdetail("Variables are op, before, after, key, source and topic."), errhint("%s", hint)));
}

void
sql_variable_check(const ColumnRef *node)
{
	Reference reference = read_reference(node);
	const RootName *root = reference.root;

	if (root == NULL)
		refuse_name(reference.first);
	if (reference.too_long)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("variable %s.%s has no fields", root->name, reference.field),
						errdetail("Conditions cannot look into columns of composite types.")));
	if (reference.field == NULL && !root->whole)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("variable \"%s\" needs a field", root->name),
						errhint("Write %s.", root->kind == VARIABLE_KEY ? "key.id, say" : "source.table, say")));
	if (reference.field != NULL && !root->fields)
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("variable \"%s\" has no fields", root->name)));
	if (root->kind == VARIABLE_SOURCE)
		find_source_name(reference.field);
}

bool
sql_type_is_safe(Oid type)
{
	Oid element;

	if (type < FirstNormalObjectId)
		return true;
	element = get_element_type(type);
	if (OidIsValid(element)) /* reading an array of a domain runs the domain's checks */
		return get_typtype(element) != TYPTYPE_DOMAIN && sql_type_is_safe(element);
	return get_typtype(type) == TYPTYPE_ENUM;
}

static bool
is_key_column(const SqlTarget *target, int attribute)
{
	for (int i = 0; target->key != NULL && i < target->key->count; i++)
	{
		if (target->key->columns[i].attribute == attribute)
			return true;
	}
	return false;
}

static int
find_column(const SqlTarget *target, const Reference *reference)
{
	TupleDesc row = RelationGetDescr(target->rel);

	for (int i = 0; i < row->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(row, i);

		if (column->attisdropped || strcmp(NameStr(column->attname), reference->field) != 0)
			continue;
		if (reference->root->kind != VARIABLE_KEY || is_key_column(target, i))
			return i;
	}
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN),
					errmsg("there is no variable %s.%s", reference->root->name, reference->field),
					errdetail("The %s has no such column.",
							  reference->root->kind == VARIABLE_KEY ? "key of this table's records" : "table"),
					errhint("topic.regex says which topics a condition is for.")));
	return -1;
}

/* One made in C, by a superuser: reading its text is harmless, and an explicit cast can make another type of it. */
static bool
is_base_type(Oid type)
{
	return get_typtype(type) == TYPTYPE_BASE && !OidIsValid(get_element_type(type));
}

static void
column_variable(const Reference *reference, const SqlTarget *target, SqlVariable *variable)
{
	Form_pg_attribute column;

	variable->attribute = find_column(target, reference);
	column = TupleDescAttr(RelationGetDescr(target->rel), variable->attribute);
	if (column->attgenerated != '\0' && column->attgenerated != ATTRIBUTE_GENERATED_STORED)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("column \"%s\" cannot be used", NameStr(column->attname)),
						errdetail("It is generated when it is read; the WAL does not have it.")));
	variable->typmod = column->atttypmod;
	variable->type = getBaseTypeAndTypmod(column->atttypid, &variable->typmod);
	variable->collation = column->attcollation;
	if (variable->presence || sql_type_is_safe(variable->type) || is_base_type(variable->type))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("column \"%s\" cannot be used", NameStr(column->attname)),
			 errdetail("Of types that users make, conditions have enums, domains, and arrays of enums.")));
}

/* All columns are looked at when rows are compared. */
static void
row_variable(const SqlTarget *target, SqlVariable *variable)
{
	TupleDesc row = RelationGetDescr(target->rel);

	variable->type = RECORDOID;
	for (int i = 0; i < row->natts; i++)
	{
		Form_pg_attribute column = TupleDescAttr(row, i);

		if (column->attisdropped || variable->presence || sql_type_is_safe(getBaseType(column->atttypid)))
			continue;
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("the row as a whole cannot be used"),
						errdetail("Column \"%s\" is of a type that users made.", NameStr(column->attname)),
						errhint("Name the columns, as in after.id.")));
	}
}

SqlVariable
sql_variable_find(const ColumnRef *node, const SqlTarget *target)
{
	Reference reference = read_reference(node);
	SqlVariable variable = {.attribute = -1, .typmod = -1, .presence = reference.presence};

	sql_variable_check(node);
	variable.kind = reference.root->kind;
	if (variable.kind == VARIABLE_SOURCE)
	{
		const SourceName *source = find_source_name(reference.field);

		variable.field = source->field;
		variable.type = source->type;
	}
	else if (reference.field != NULL)
		column_variable(&reference, target, &variable);
	else if (variable.kind == VARIABLE_BEFORE || variable.kind == VARIABLE_AFTER)
		row_variable(target, &variable);
	else
		variable.type = TEXTOID;
	if (variable.presence)
	{
		variable.type = BOOLOID;
		variable.typmod = -1;
		variable.collation = InvalidOid;
	}
	else if (variable.type == TEXTOID && variable.attribute < 0)
		variable.collation = DEFAULT_COLLATION_OID;
	return variable;
}

bool
sql_variable_equal(const SqlVariable *a, const SqlVariable *b)
{
	return a->kind == b->kind && a->attribute == b->attribute && a->presence == b->presence && a->field == b->field;
}

/*-------------------------------------------------------------------------
 *
 * sql_program.c
 *	  See sql_program.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "nodes/nodeFuncs.h"
#include "nodes/params.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "pg_compat.h"
#include "sql_program.h"

/* Temporary tables come last: their row types must not stand for types. */
#define PROGRAM_PATH "pg_catalog, pg_temp"

struct SqlProgram
{
	MemoryContext context;
	const PluginOptions *options;
	SqlExpression expression;
	ExprState *state;
	ExprContext *evaluation;
	const ConnectRecord *record; /* while it runs */
	bool is_null;
	Datum value;
};

/* ---------------------------------------------------------------- values of variables */

/* Server text of what the record has in UTF-8; NULL for NULL. */
static Datum
text_datum(const char *utf8, bool *is_null)
{
	*is_null = utf8 == NULL;
	if (utf8 == NULL)
		return (Datum) 0;
	return PointerGetDatum(cstring_to_text(pg_any_to_server(utf8, strlen(utf8), PG_UTF8)));
}

static Datum
source_value(const SqlProgram *program, SqlSourceField field, bool *is_null)
{
	const RecordChange *change = program->record->change;
	const PluginOptions *options = program->options;

	*is_null = false;
	switch (field)
	{
		case SOURCE_VERSION:
			return text_datum(option_text(options, DEBEZIUM_VERSION), is_null);
		case SOURCE_CONNECTOR:
			return text_datum("postgresql", is_null);
		case SOURCE_NAME:
			return text_datum(options->topic_prefix, is_null);
		case SOURCE_TS_MS:
			return Int64GetDatum(change->commit_time / 1000);
		case SOURCE_TS_US:
			return Int64GetDatum(change->commit_time);
		case SOURCE_TS_NS:
			return Int64GetDatum(change->commit_time * 1000);
		case SOURCE_SNAPSHOT:
			return text_datum(change->op == 'r' ? "true" : "false", is_null);
		case SOURCE_DB:
			return text_datum(options->database, is_null);
		case SOURCE_SCHEMA:
			return text_datum(change->schema_name, is_null);
		case SOURCE_TABLE:
			return text_datum(change->table_name, is_null);
		case SOURCE_TXID:
			return Int64GetDatum(change->xid);
		case SOURCE_LSN:
			return Int64GetDatum((int64) change->lsn);
		case SOURCE_XMIN:
			break;
	}
	*is_null = true; /* it stays null in records, too: xmin.fetch.interval.ms */
	return (Datum) 0;
}

/* A delete's key is that of the old row. */
static bool
reads_before(const RecordChange *change, const SqlVariable *variable)
{
	return variable->kind == VARIABLE_BEFORE || (variable->kind == VARIABLE_KEY && change->after == NULL);
}

static bool
is_missing(const RecordChange *change, int attribute, Datum value)
{
	return change->op != 'r' && TupleDescAttr(RelationGetDescr(change->rel), attribute)->attlen == -1 &&
		   VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value));
}

/*
 * A column's value.  What the new row has of unchanged TOAST values stands in
 * the old row, if that is in the WAL.
 */
static Datum
column_value(const RecordChange *change, bool before, int attribute, bool *is_null)
{
	const Datum *values = before ? change->before : change->after;

	*is_null = values == NULL || (before ? change->before_nulls : change->after_nulls)[attribute];
	if (*is_null || !is_missing(change, attribute, values[attribute]))
		return *is_null ? (Datum) 0 : values[attribute];
	if (!before && change->old != NULL && !change->old_nulls[attribute] &&
		!is_missing(change, attribute, change->old[attribute]))
		return change->old[attribute];
	ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
					errmsg("column \"%s\" is not in the WAL",
						   NameStr(TupleDescAttr(RelationGetDescr(change->rel), attribute)->attname)),
					errdetail("Its value is stored out of line and did not change."),
					errhint("ALTER TABLE %s.%s REPLICA IDENTITY FULL.", change->schema_name, change->table_name)));
	return (Datum) 0;
}

static Datum
row_value(const SqlProgram *program, bool before, bool *is_null)
{
	const RecordChange *change = program->record->change;
	TupleDesc row = program->expression.row;
	Datum *values;
	bool *nulls;

	*is_null = (before ? change->before : change->after) == NULL;
	if (*is_null)
		return (Datum) 0;
	values = palloc0(row->natts * sizeof(Datum));
	nulls = palloc(row->natts * sizeof(bool));
	for (int i = 0; i < row->natts; i++)
	{
		nulls[i] = true;
		if (!TupleDescAttr(row, i)->attisdropped)
			values[i] = column_value(change, before, i, &nulls[i]);
	}
	return HeapTupleGetDatum(heap_form_tuple(row, values, nulls));
}

/* Is there such a value?  Known even where the value itself is not. */
static bool
is_present(const RecordChange *change, const SqlVariable *variable)
{
	bool before = reads_before(change, variable);
	const bool *nulls = before ? change->before_nulls : change->after_nulls;

	switch (variable->kind)
	{
		case VARIABLE_BEFORE:
		case VARIABLE_AFTER:
		case VARIABLE_KEY:
			return (before ? change->before : change->after) != NULL &&
				   (variable->attribute < 0 || !nulls[variable->attribute]);
		case VARIABLE_SOURCE:
			return variable->field != SOURCE_XMIN;
		case VARIABLE_OP:
		case VARIABLE_TOPIC:
			break;
	}
	return true;
}

static Datum
variable_value(const SqlProgram *program, const SqlVariable *variable, bool *is_null)
{
	const RecordChange *change = program->record->change;
	char op[2] = {change->op, '\0'};

	if (variable->presence)
	{
		*is_null = !is_present(change, variable);
		return BoolGetDatum(true);
	}
	switch (variable->kind)
	{
		case VARIABLE_BEFORE:
		case VARIABLE_AFTER:
		case VARIABLE_KEY:
			if (variable->attribute < 0)
				return row_value(program, reads_before(change, variable), is_null);
			return column_value(change, reads_before(change, variable), variable->attribute, is_null);
		case VARIABLE_OP:
			return text_datum(op, is_null);
		case VARIABLE_TOPIC:
			return text_datum(program->record->topic, is_null);
		case VARIABLE_SOURCE:
			return source_value(program, variable->field, is_null);
	}
	pg_unreachable();
}

/* ParamFetchHook: called when the expression comes to the variable. */
static ParamExternData *
fetch_variable(ParamListInfo params, int number, bool speculative, ParamExternData *workspace)
{
	const SqlProgram *program = params->paramFetchArg;
	const SqlVariable *variable = list_nth(program->expression.variables, number - 1);

	workspace->pflags = 0;
	workspace->ptype = variable->type;
	workspace->isnull = true;
	if (speculative)
		workspace->ptype = InvalidOid;
	else
		workspace->value = variable_value(program, variable, &workspace->isnull);
	return workspace;
}

/* ---------------------------------------------------------------- compiling and running */

static ParamListInfo
parameters(SqlProgram *program)
{
	ParamListInfo params = makeParamList(0);

	params->paramFetch = fetch_variable;
	params->paramFetchArg = program;
	params->numParams = list_length(program->expression.variables);
	return params;
}

typedef struct Compilation
{
	SqlProgram *program;
	const Node *tree;
	const SqlTarget *target;
} Compilation;

/* With settings pinned. */
static void
compile(void *arg)
{
	const Compilation *compilation = arg;
	SqlProgram *program = compilation->program;

	sql_expression_plan(compilation->tree, compilation->target, &program->expression);
	program->state = ExecInitExpr(program->expression.expr, NULL);
	program->evaluation = CreateStandaloneExprContext();
	program->evaluation->ecxt_param_list_info = parameters(program);
}

/* The path is restored by the end of the subtransaction if this fails. */
static void
compile_with_path(Compilation *compilation)
{
	int level = NewGUCNestLevel();

	set_config_option("search_path", PROGRAM_PATH, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
	with_pinned_settings(compile, compilation);
	AtEOXact_GUC(true, level);
}

SqlProgram *
sql_program_new(MemoryContext parent, const Node *tree, const SqlTarget *target, const PluginOptions *options)
{
	MemoryContext context = AllocSetContextCreate(parent, "wal2debezium condition", ALLOCSET_SMALL_SIZES);
	MemoryContext previous = MemoryContextSwitchTo(context);
	SqlProgram *program = palloc0(sizeof(SqlProgram));
	Compilation compilation = {.program = program, .tree = tree, .target = target};

	program->context = context;
	program->options = options;
	PG_TRY();
	{
		compile_with_path(&compilation);
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(previous);
		MemoryContextDelete(context);
		PG_RE_THROW();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(previous);
	return program;
}

void
sql_program_free(SqlProgram *program)
{
	MemoryContextDelete(program->context);
}

/* With settings pinned: text of a float, for one, depends on them. */
static void
evaluate(void *arg)
{
	SqlProgram *program = arg;

	program->value = ExecEvalExprSwitchContext(program->state, program->evaluation, &program->is_null);
}

Datum
sql_program_run(SqlProgram *program, const ConnectRecord *record, bool *is_null)
{
	Datum value;

	CHECK_FOR_INTERRUPTS();
	ResetExprContext(program->evaluation);
	program->record = record;
	with_pinned_settings(evaluate, program);
	*is_null = program->is_null;
	value = program->is_null || exprType((Node *) program->expression.expr) == BOOLOID
				? program->value
				: datumCopy(program->value, false, -1);
	return value;
}

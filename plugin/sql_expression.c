/*-------------------------------------------------------------------------
 *
 * sql_expression.c
 *	  From parse tree to plan; see sql_expression.h.
 *
 * Variables become external parameters, which are fetched when they are
 * needed.  Whole rows are anonymous records, not of the table's row type: to
 * look at that one, PostgreSQL would lock the table.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "executor/functions.h"
#include "funcapi.h"
#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parse_coerce.h"
#include "parser/parse_collate.h"
#include "parser/parse_expr.h"
#include "parser/parse_type.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

#include "pg_compat.h"
#include "sql_expression.h"
#include "sql_variable.h"

/* What the checks and the parser's hook have at hand. */
typedef struct Analysis
{
	const SqlTarget *target;
	SqlExpression *expression;
	bool planned;
} Analysis;

/* ---------------------------------------------------------------- variables */

static int
variable_number(SqlExpression *expression, const SqlVariable *variable)
{
	SqlVariable *copy;
	ListCell *cell;

	foreach (cell, expression->variables)
	{
		if (sql_variable_equal(lfirst(cell), variable))
			return foreach_current_index(cell) + 1;
	}
	copy = palloc(sizeof(SqlVariable));
	*copy = *variable;
	expression->variables = lappend(expression->variables, copy);
	return list_length(expression->variables);
}

/* PreParseColumnRefHook */
static Node *
resolve_reference(ParseState *state, ColumnRef *reference)
{
	Analysis *analysis = state->p_ref_hook_state;
	SqlVariable variable = sql_variable_find(reference, analysis->target);
	Param *param = makeNode(Param);

	param->paramkind = PARAM_EXTERN;
	param->paramid = variable_number(analysis->expression, &variable);
	param->paramtype = variable.type;
	param->paramtypmod = variable.typmod;
	param->paramcollid = variable.collation;
	param->location = reference->location;
	return (Node *) param;
}

/* The row's columns as a record that is known by a number within the session. */
static TupleDesc
row_descriptor(const SqlTarget *target)
{
	TupleDesc row = CreateTupleDescCopy(RelationGetDescr(target->rel));

	row->tdtypeid = RECORDOID;
	row->tdtypmod = -1;
	return BlessTupleDesc(row);
}

static bool
has_whole_row(const SqlExpression *expression)
{
	ListCell *cell;

	foreach (cell, expression->variables)
	{
		if (((SqlVariable *) lfirst(cell))->type == RECORDOID)
			return true;
	}
	return false;
}

/* ---------------------------------------------------------------- checks */

/* Reading literals of such types could run code of users, so this comes before the parser does it. */
static bool
check_type_names(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (IsA(node, TypeName))
	{
		Oid type = typenameTypeId(NULL, (TypeName *) node);

		if (!sql_type_is_safe(type))
			ereport(ERROR,
					(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("type %s cannot be used", format_type_be(type)),
					 errdetail("Of types that users make, conditions have enums only.")));
	}
	return raw_expression_tree_walker(node, check_type_names, context);
}

/*
 * Beyond immutable functions: labels of enums, stable for PostgreSQL since
 * they can be renamed, are those at the change.  Two operators || are replaced
 * by what they are made of, which is checked then.
 */
static bool
is_allowed_function(Oid function, const Analysis *analysis)
{
	if (func_volatile(function) == PROVOLATILE_IMMUTABLE || function == F_ENUM_OUT)
		return true;
	return !analysis->planned && (function == F_TEXTANYCAT || function == F_ANYTEXTCAT);
}

/* A function in SQL that the planner could not replace would run queries. */
static bool
is_sql_function(Oid function)
{
	FmgrInfo info;

	fmgr_info(function, &info);
	return info.fn_addr == fmgr_sql;
}

static bool
check_function(Oid function, void *context)
{
	const Analysis *analysis = context;

	if (function >= FirstNormalObjectId)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("function \"%s\" cannot be used", get_func_name(function)),
						errdetail("Conditions have the functions of PostgreSQL itself only.")));
	if (!is_allowed_function(function, analysis))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("function \"%s\" cannot be used", get_func_name(function)),
				 errdetail("It is not immutable: its result depends on more than its arguments, such as the clock, "
						   "settings or tables.")));
	if (analysis->planned && is_sql_function(function))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("function \"%s\" cannot be used like this", get_func_name(function)),
						errdetail("It is written in SQL and would run a query.")));
	return false;
}

/* Literals like 'now' are read once, so they would be the time of the start of each run. */
static void
check_literal(const Const *literal, const Analysis *analysis)
{
	static const char *const words[] = {"now", "today", "tomorrow", "yesterday"};
	const char *text = analysis->target->text;
	Oid element = get_base_element_type(literal->consttype);
	Oid type = OidIsValid(element) ? element : literal->consttype;
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	if (literal->location < 0 || (category != TYPCATEGORY_DATETIME && category != TYPCATEGORY_RANGE))
		return;
	for (const char *at = text + literal->location + 1; *at != '\0' && *at != '\''; at++)
	{
		for (int i = 0; i < lengthof(words); i++)
		{
			if (pg_strncasecmp(at, words[i], strlen(words[i])) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("literal \"%s\" cannot be used", words[i]),
						 errdetail("It depends on the clock.")));
		}
	}
}

static bool
is_allowed_node(const Node *node)
{
	switch (nodeTag(node))
	{
		case T_Param:
		case T_Const:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_NullIfExpr:
		case T_ScalarArrayOpExpr:
		case T_FuncExpr:
		case T_NamedArgExpr:
		case T_BoolExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_ArrayCoerceExpr:
		case T_CollateExpr:
		case T_CaseExpr:
		case T_CaseWhen:
		case T_CaseTestExpr:
		case T_ArrayExpr:
		case T_RowExpr:
		case T_RowCompareExpr:
		case T_CoalesceExpr:
		case T_MinMaxExpr:
		case T_NullTest:
		case T_BooleanTest:
		case T_SubscriptingRef:
		case T_List:
			return true;
		default:
			return false;
	}
}

/* Is that a column of a type of users that a cast, written out, takes for another type as it is? */
static bool
is_explicit_cast(const Node *node)
{
	const RelabelType *relabel = (const RelabelType *) node;

	return IsA(node, RelabelType) && relabel->relabelformat == COERCE_EXPLICIT_CAST && IsA(relabel->arg, Param) &&
		   sql_type_is_safe(relabel->resulttype);
}

static void
check_type(Node *node)
{
	Oid type;

	if (IsA(node, List) || IsA(node, CaseWhen))
		return;
	type = exprType(node);
	if (!sql_type_is_safe(type))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("values of type %s cannot be used", format_type_be(type)),
						errdetail("Of types that users make, conditions have enums, domains, and arrays of enums."),
						errhint("Cast them, as in after.email::text, where that needs no function.")));
}

static bool
check_node(Node *node, void *context)
{
	if (node == NULL)
		return false;
	if (!is_allowed_node(node))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("it has a construct that conditions cannot use"),
				 errdetail("They have operators, functions, casts, CASE, COALESCE, arrays, rows and comparisons.")));
	check_functions_in_node(node, check_function, context);
	if (is_explicit_cast(node))
		return false;
	check_type(node);
	if (IsA(node, Const))
		check_literal((const Const *) node, context);
	return expression_tree_walker(node, check_node, context);
}

/* ---------------------------------------------------------------- planning */

static Node *
coerce_result(ParseState *state, Node *node, Oid result)
{
	Oid type = exprType(node);
	Node *coerced;

	if (result == BOOLOID)
		return coerce_to_boolean(state, node, "condition");
	coerced = coerce_to_target_type(state, node, type, result, -1, COERCION_IMPLICIT, COERCE_IMPLICIT_CAST, -1);
	if (coerced == NULL)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("the expression must be of type text, not type %s", format_type_be(type)),
						errhint("Append ::text to it.")));
	return coerced;
}

static Node *
analyse(const Node *tree, Analysis *analysis)
{
	ParseState *state = make_parsestate(NULL);
	Node *raw = copyObjectImpl(tree); /* copyObject() needs a newer compiler from 19 on */
	Node *node;

	state->p_sourcetext = analysis->target->text;
	state->p_pre_columnref_hook = resolve_reference;
	state->p_ref_hook_state = analysis;
	check_type_names(raw, NULL);
	node = coerce_result(state, transformExpr(state, raw, EXPR_KIND_WHERE), analysis->target->result);
	assign_expr_collations(state, node);
	free_parsestate(state);
	return node;
}

void
sql_expression_plan(const Node *tree, const SqlTarget *target, SqlExpression *expression)
{
	Analysis analysis = {.target = target, .expression = expression};
	bool lacks_snapshot = !ActiveSnapshotSet();
	Node *node;

	memset(expression, 0, sizeof(SqlExpression));
	node = analyse(tree, &analysis);
	check_node(node, &analysis);
	/* functions in SQL whose arguments are constant run now, and look for a snapshot */
	if (lacks_snapshot)
		PushActiveSnapshot(GetTransactionSnapshot());
	expression->expr = expression_planner((Expr *) node);
	if (lacks_snapshot)
		PopActiveSnapshot();
	analysis.planned = true;
	check_node((Node *) expression->expr, &analysis);
	if (has_whole_row(expression))
		expression->row = row_descriptor(target);
}

/*-------------------------------------------------------------------------
 *
 * sql_parse.c
 *	  The parse tree of an expression; see sql_expression.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "nodes/nodeFuncs.h"
#include "nodes/parsenodes.h"
#include "parser/parser.h"

#include "pg_compat.h"
#include "sql_expression.h"
#include "sql_variable.h"

/* Names outside pg_catalog could be of functions that run code of their own while literals are read. */
static void
check_catalogue_name(const List *names, const char *what)
{
	if (list_length(names) > 1 && strcmp(strVal(linitial(names)), "pg_catalog") != 0)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("%s of schema \"%s\" cannot be used", what, strVal(linitial(names))),
						errdetail("Conditions have the functions and operators of pg_catalog only.")));
}

static void
check_type_name(const TypeName *type)
{
	if (type->pct_type || type->setof)
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%%TYPE and SETOF cannot be used"),
						errhint("Name the type.")));
}

/* (after).amount is after.amount. */
static void
join_reference(A_Indirection *indirection)
{
	ColumnRef *reference = (ColumnRef *) indirection->arg;

	if (!IsA(reference, ColumnRef) || list_length(reference->fields) != 1 || indirection->indirection == NIL ||
		!IsA(linitial(indirection->indirection), String))
		return;
	reference->fields = lappend(reference->fields, linitial(indirection->indirection));
	indirection->indirection = list_delete_first(indirection->indirection);
}

/* "before IS NULL" asks whether there is such a row, not whether all of its columns are null as in SQL. */
static void
mark_presence(NullTest *test)
{
	ColumnRef *reference = (ColumnRef *) test->arg;

	if (IsA(reference, A_Indirection) && ((A_Indirection *) reference)->indirection == NIL)
		reference = (ColumnRef *) ((A_Indirection *) reference)->arg;
	if (IsA(reference, ColumnRef))
		reference->fields = lappend(reference->fields, makeString(PRESENCE_MARK));
}

/* Checks the tree and rewrites it in place. */
static bool
check_tree(Node *node, void *context)
{
	if (node == NULL)
		return false;
	switch (nodeTag(node))
	{
		case T_SubLink:
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("sub-selects cannot be used"),
							errdetail("Decoding sees the catalogue as it was at the change, but no tables.")));
			break;
		case T_ParamRef:
			ereport(ERROR, (errcode(ERRCODE_UNDEFINED_PARAMETER),
							errmsg("there is no parameter $%d", ((ParamRef *) node)->number)));
			break;
		case T_FuncCall:
			check_catalogue_name(((FuncCall *) node)->funcname, "functions");
			break;
		case T_A_Expr:
			check_catalogue_name(((A_Expr *) node)->name, "operators");
			break;
		case T_TypeName:
			check_type_name((TypeName *) node);
			break;
		case T_A_Indirection:
			join_reference((A_Indirection *) node);
			break;
		case T_NullTest:
			check_tree((Node *) ((NullTest *) node)->arg, context);
			mark_presence((NullTest *) node);
			return false;
		case T_ColumnRef:
			sql_variable_check((ColumnRef *) node);
			break;
		default:
			break;
	}
	return raw_expression_tree_walker(node, check_tree, context);
}

/* The only thing that a SELECT without anything else selects; NULL: it is not that simple. */
static Node *
single_target(const SelectStmt *select)
{
	ResTarget *target;

	if (!IsA(select, SelectStmt) || select->distinctClause != NIL || list_length(select->targetList) != 1 ||
		select->fromClause != NIL || select->whereClause != NULL || select->groupClause != NIL ||
		select->havingClause != NULL || select->windowClause != NIL || select->valuesLists != NIL ||
		select->sortClause != NIL || select->limitOffset != NULL || select->limitCount != NULL ||
		select->lockingClause != NIL || select->withClause != NULL || select->intoClause != NULL ||
		select->op != SETOP_NONE)
		return NULL;
	target = linitial_node(ResTarget, select->targetList);
	return target->name != NULL || target->indirection != NIL ? NULL : target->val;
}

Node *
sql_expression_parse(const char *text)
{
	List *statements;
	Node *tree = NULL;

	if (strlen(text) > SQL_EXPRESSION_LIMIT)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the expression has %zu bytes", strlen(text)),
						errdetail("At most %d are allowed.", SQL_EXPRESSION_LIMIT)));
	statements = raw_parser(text, RAW_PARSE_PLPGSQL_EXPR);
	if (list_length(statements) == 1)
		tree = single_target((SelectStmt *) linitial_node(RawStmt, statements)->stmt);
	if (tree == NULL)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("this is not one SQL expression")));
	check_tree(tree, NULL);
	return tree;
}

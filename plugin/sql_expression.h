/*-------------------------------------------------------------------------
 *
 * sql_expression.h
 *	  One SQL expression over a change: parsed, checked, planned.
 *
 * The text comes from any role with REPLICATION and runs in the walsender, so
 * that it can do no more than compute: functions and operators of pg_catalog
 * only, all of them immutable, no sub-selects, aggregates, window or
 * set-returning functions, no types of users but enums (a domain counts as
 * what it is made of).  These are the rules of a publication's WHERE
 * (check_simple_rowfilter_expr() in PostgreSQL's publicationcmds.c), where not
 * said otherwise.  Reads the catalogue through its caches, under the historic
 * snapshot while decoding, and takes no lock on a user's table or type.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_EXPRESSION_H
#define SQL_EXPRESSION_H

#include "postgres.h"
#include "nodes/pg_list.h"
#include "nodes/primnodes.h"
#include "utils/rel.h"

/* Bytes of an expression's text. */
#define SQL_EXPRESSION_LIMIT 10240

typedef enum SqlVariableKind
{
	VARIABLE_BEFORE, /* a column of the row, or the row */
	VARIABLE_AFTER,
	VARIABLE_KEY, /* a column of the record's key */
	VARIABLE_OP,
	VARIABLE_TOPIC,
	VARIABLE_SOURCE /* a field of source */
} SqlVariableKind;

typedef enum SqlSourceField
{
	SOURCE_VERSION,
	SOURCE_CONNECTOR,
	SOURCE_NAME,
	SOURCE_TS_MS,
	SOURCE_TS_US,
	SOURCE_TS_NS,
	SOURCE_SNAPSHOT,
	SOURCE_DB,
	SOURCE_SCHEMA,
	SOURCE_TABLE,
	SOURCE_TXID,
	SOURCE_LSN,
	SOURCE_XMIN
} SqlSourceField;

/* What the parameter of that number stands for, from 1. */
typedef struct SqlVariable
{
	SqlVariableKind kind;
	int attribute;		  /* index into the row's values, -1: all of the row */
	bool presence;		  /* true where there is such a value, else NULL: under IS [NOT] NULL */
	SqlSourceField field; /* of VARIABLE_SOURCE */
	Oid type;
	int32 typmod;
	Oid collation;
} SqlVariable;

typedef struct SqlExpression
{
	Expr *expr;		 /* planned; variables are external parameters */
	List *variables; /* of SqlVariable */
	TupleDesc row;	 /* blessed as a record; NULL: no variable is a whole row */
} SqlExpression;

/* What an expression is compiled for. */
typedef struct SqlTarget
{
	const char *text; /* in the server's encoding */
	Oid result;		  /* BOOLOID or TEXTOID */
	Relation rel;
	const struct RowPlan *key; /* columns of the key; NULL: there is none */
} SqlTarget;

/*
 * The parse tree, in the current context, with all checked that needs no
 * table.  ERROR says what is wrong; it does not name the option.
 */
extern Node *sql_expression_parse(const char *text);

/*
 * Plans what sql_expression_parse() gave for rows of a relation, in the
 * current context.  The tree is left as it is.  In a transaction, with
 * search_path pg_catalog and settings pinned.  ERROR likewise.
 */
extern void sql_expression_plan(const Node *tree, const SqlTarget *target, SqlExpression *expression);

#endif /* SQL_EXPRESSION_H */

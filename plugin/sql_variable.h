/*-------------------------------------------------------------------------
 *
 * sql_variable.h
 *	  The names that an expression over a change may use.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_VARIABLE_H
#define SQL_VARIABLE_H

#include "postgres.h"
#include "nodes/parsenodes.h"

#include "sql_expression.h"

/* Last field of a reference that stands under IS [NOT] NULL; no identifier of SQL is empty. */
#define PRESENCE_MARK ""

/* ERROR unless the reference may be a variable, whatever the table. */
extern void sql_variable_check(const ColumnRef *reference);

/* The reference as a variable of that target's rows.  ERROR if there is no such column, or it cannot be used. */
extern SqlVariable sql_variable_find(const ColumnRef *reference, const SqlTarget *target);

/* The same variable? */
extern bool sql_variable_equal(const SqlVariable *a, const SqlVariable *b);

/* May expressions compute with values of that type?  With those of PostgreSQL itself, enums, and arrays of these. */
extern bool sql_type_is_safe(Oid type);

#endif /* SQL_VARIABLE_H */

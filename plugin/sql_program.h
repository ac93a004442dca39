/*-------------------------------------------------------------------------
 *
 * sql_program.h
 *	  A planned expression, ready to run on the changes of one table.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_PROGRAM_H
#define SQL_PROGRAM_H

#include "postgres.h"

#include "plugin_options.h"
#include "record.h"
#include "sql_expression.h"

typedef struct SqlProgram SqlProgram;

/* In a context of its own below parent.  In a transaction; ERROR as sql_expression_plan(), and then nothing is left. */
extern SqlProgram *sql_program_new(MemoryContext parent, const Node *tree, const SqlTarget *target,
								   const PluginOptions *options);
extern void sql_program_free(SqlProgram *program);

/*
 * The expression's value for that record, which must have a change of the
 * relation it was made for; in the current context.  ERROR is whatever the
 * expression raises, or that a value is not in the WAL; the program is then
 * to be freed, since functions may have left their state half done.
 */
extern Datum sql_program_run(SqlProgram *program, const ConnectRecord *record, bool *is_null);

#endif /* SQL_PROGRAM_H */

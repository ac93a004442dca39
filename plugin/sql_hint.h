/*-------------------------------------------------------------------------
 *
 * sql_hint.h
 *	  How a condition in Groovy or JavaScript reads in SQL.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SQL_HINT_H
#define SQL_HINT_H

#include "postgres.h"

/*
 * The script's operators and literals in SQL, in the current context: a
 * proposal for people, not necessarily valid.  NULL if it calls methods or has
 * other things that have no counterpart.
 */
extern char *sql_hint(const char *script);

#endif /* SQL_HINT_H */

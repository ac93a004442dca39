/*-------------------------------------------------------------------------
 *
 * java_split.h
 *	  Lists and paths in options as Java takes them apart.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JAVA_SPLIT_H
#define JAVA_SPLIT_H

#include "postgres.h"
#include "nodes/pg_list.h"

/*
 * The parts between separators as String.split() has them, in the current
 * context: empty ones at the end are left out, others are not.  At least one.
 */
extern List *java_split(const char *text, char separator);

/* The parts between commas, trimmed (io.debezium.config.Configuration#getList). */
extern List *java_list(const char *text);

/* The same between points. */
extern List *java_path(const char *text);

#endif /* JAVA_SPLIT_H */

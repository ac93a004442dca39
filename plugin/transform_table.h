/*-------------------------------------------------------------------------
 *
 * transform_table.h
 *	  The transforms and predicates that there are, by Java class name.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TRANSFORM_TABLE_H
#define TRANSFORM_TABLE_H

#include "postgres.h"

#include "transform.h"

/* NULL: there is none of that name. */
extern const TransformClass *transform_find(const char *type);
extern const TransformClass *predicate_find(const char *type);

#endif /* TRANSFORM_TABLE_H */

/*-------------------------------------------------------------------------
 *
 * field_path.h
 *	  Names of fields, and of fields in fields, in options of Kafka Connect's
 *	  transforms (KIP-821; org.apache.kafka.connect.transforms.field).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FIELD_PATH_H
#define FIELD_PATH_H

#include "postgres.h"

#include "nodes/pg_list.h"

/* Of option field.syntax.version, in the order of FIELD_SYNTAX_ALLOWED. */
typedef enum FieldSyntax
{
	FIELD_SYNTAX_V1, /* a name is a field of the outermost structure */
	FIELD_SYNTAX_V2	 /* a.b is field b in field a; backticks hide dots */
} FieldSyntax;

#define FIELD_SYNTAX_ALLOWED "V1|V2"

/* The names on the way to the field: List of char *, in the current context.  NIL: backticks are not in pairs. */
extern List *field_path_parse(const char *text, FieldSyntax syntax);

#endif /* FIELD_PATH_H */

/*-------------------------------------------------------------------------
 *
 * schema_copy.h
 *	  New schemas out of others, for transforms.  All in the current memory
 *	  context; names are borrowed and must live as long as the schema, if not
 *	  said otherwise.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SCHEMA_COPY_H
#define SCHEMA_COPY_H

#include "postgres.h"

#include "connect_schema.h"

/*
 * Type, name, version, doc and parameters of a schema, and the items of an
 * array; required, without default, without fields
 * (org.apache.kafka.connect.transforms.util.SchemaUtil#copySchemaBasics).
 */
extern ConnectSchema *schema_basics(const ConnectSchema *source);

/* The same with all fields of a struct. */
extern ConnectSchema *schema_basics_with_fields(const ConnectSchema *source);

/* A copy that stands alone, and not as a field. */
extern ConnectSchema *schema_alone(const ConnectSchema *source);

/* A copy of all of it that borrows nothing. */
extern ConnectSchema *schema_whole_copy(const ConnectSchema *source);

/*
 * Appends a copy of child as a field (SchemaBuilder#field).  NULL: it was
 * done; otherwise why it cannot be: the name is empty, or taken.
 */
extern const char *schema_append(ConnectSchema *schema, const char *name, const ConnectSchema *child);

#endif /* SCHEMA_COPY_H */

/*-------------------------------------------------------------------------
 *
 * schema_copy.c
 *	  See schema_copy.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "schema_copy.h"

ConnectSchema *
schema_alone(const ConnectSchema *source)
{
	ConnectSchema *schema = connect_schema_copy(source);

	schema->field = NULL;
	schema->member = NULL;
	schema->member_size = 0;
	return schema;
}

ConnectSchema *
schema_basics_with_fields(const ConnectSchema *source)
{
	ConnectSchema *schema = schema_alone(source);

	schema->optional = false;
	schema->default_json = NULL;
	return schema;
}

ConnectSchema *
schema_basics(const ConnectSchema *source)
{
	ConnectSchema *schema = schema_basics_with_fields(source);

	schema->fields = NIL;
	schema->keys = NULL;
	schema->values = NULL;
	return schema;
}

const char *
schema_append(ConnectSchema *schema, const char *name, const ConnectSchema *child)
{
	ListCell *cell;

	if (*name == '\0')
		return "a field cannot have an empty name";
	foreach (cell, schema->fields)
	{
		if (strcmp(((const ConnectSchema *) lfirst(cell))->field, name) == 0)
			return psprintf("Cannot create field because of field name duplication %s", name);
	}
	connect_schema_field(schema, name, schema_alone(child));
	return NULL;
}

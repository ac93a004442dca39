/*-------------------------------------------------------------------------
 *
 * schema_copy.c
 *	  See schema_copy.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

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

static char *
copy_text(const char *text)
{
	return text ? pstrdup(text) : NULL;
}

static List *
copy_parameters(const List *parameters)
{
	List *copies = NIL;
	ListCell *cell;

	foreach (cell, parameters)
	{
		const ConnectParameter *parameter = lfirst(cell);
		ConnectParameter *copy = palloc(sizeof(ConnectParameter));

		copy->name = copy_text(parameter->name);
		copy->value = copy_text(parameter->value);
		copies = lappend(copies, copy);
	}
	return copies;
}

ConnectSchema *
schema_whole_copy(const ConnectSchema *source)
{
	ConnectSchema *copy;
	ListCell *cell;

	if (source == NULL)
		return NULL;
	check_stack_depth();
	copy = connect_schema_copy(source);
	copy->type = copy_text(source->type);
	copy->name = copy_text(source->name);
	copy->doc = copy_text(source->doc);
	copy->parameters = copy_parameters(source->parameters);
	copy->default_json = copy_text(source->default_json);
	copy->field = copy_text(source->field);
	copy->member = source->member ? pnstrdup(source->member, source->member_size) : NULL;
	copy->items = schema_whole_copy(source->items);
	copy->keys = schema_whole_copy(source->keys);
	copy->values = schema_whole_copy(source->values);
	copy->fields = NIL;
	foreach (cell, source->fields)
		copy->fields = lappend(copy->fields, schema_whole_copy(lfirst(cell)));
	return copy;
}

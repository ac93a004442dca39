/*-------------------------------------------------------------------------
 *
 * connect_schema.c
 *	  Kafka Connect schemas and their rendering.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "connect_schema.h"

ConnectSchema *
connect_schema_new(const char *type)
{
	ConnectSchema *schema = palloc0(sizeof(ConnectSchema));

	schema->type = type;
	return schema;
}

ConnectSchema *
connect_schema_named(const char *type, const char *name, int version)
{
	ConnectSchema *schema = connect_schema_new(type);

	schema->name = name;
	schema->version = version;
	return schema;
}

void
connect_schema_parameter(ConnectSchema *schema, const char *name, const char *value)
{
	ConnectParameter *parameter = palloc(sizeof(ConnectParameter));

	parameter->name = name;
	parameter->value = value;
	schema->parameters = lappend(schema->parameters, parameter);
}

ConnectSchema *
connect_schema_field(ConnectSchema *schema, const char *field, ConnectSchema *child)
{
	JsonWriter member;

	json_writer_init(&member, CurrentMemoryContext, strlen(field) + 4);
	json_cstring(&member, field);
	json_char(&member, ':');
	child->field = field;
	child->member = member.data;
	child->member_size = (int) member.len;
	schema->fields = lappend(schema->fields, child);
	return child;
}

bool
connect_schema_has(const ConnectSchema *schema, const char *field)
{
	for (int i = 0; i < list_length(schema->fields); i++)
	{
		if (strcmp(((ConnectSchema *) list_nth(schema->fields, i))->field, field) == 0)
			return true;
	}
	return false;
}

void
connect_schema_add(ConnectSchema *schema, const char *field, const char *type, bool optional)
{
	connect_schema_field(schema, field, connect_schema_new(type))->optional = optional;
}

ConnectSchema *
connect_schema_copy(const ConnectSchema *schema)
{
	ConnectSchema *copy = palloc(sizeof(ConnectSchema));

	*copy = *schema;
	copy->parameters = list_copy(schema->parameters);
	copy->fields = list_copy(schema->fields);
	return copy;
}

static void
render_text(JsonWriter *writer, const char *name, const char *value)
{
	if (value == NULL)
		return;
	json_member(writer, ',', name);
	json_cstring(writer, value);
}

static void
render_child(JsonWriter *writer, const char *name, const ConnectSchema *child)
{
	if (child == NULL)
		return;
	json_member(writer, ',', name);
	connect_schema_render(child, writer);
}

/* A struct has its list even when it is empty. */
static void
render_fields(JsonWriter *writer, const ConnectSchema *schema)
{
	if (strcmp(schema->type, "struct") != 0)
		return;
	json_member(writer, ',', "fields");
	json_char(writer, '[');
	for (int i = 0; i < list_length(schema->fields); i++)
	{
		if (i > 0)
			json_char(writer, ',');
		connect_schema_render(list_nth(schema->fields, i), writer);
	}
	json_char(writer, ']');
}

static void
render_parameters(JsonWriter *writer, const ConnectSchema *schema)
{
	if (schema->parameters == NIL)
		return;
	json_member(writer, ',', "parameters");
	for (int i = 0; i < list_length(schema->parameters); i++)
	{
		const ConnectParameter *parameter = list_nth(schema->parameters, i);

		json_char(writer, i == 0 ? '{' : ',');
		json_cstring(writer, parameter->name);
		json_char(writer, ':');
		json_cstring(writer, parameter->value);
	}
	json_char(writer, '}');
}

void
connect_schema_render(const ConnectSchema *schema, JsonWriter *writer)
{
	json_member(writer, '{', "type");
	json_cstring(writer, schema->type);
	render_child(writer, "items", schema->items);
	render_child(writer, "keys", schema->keys);
	render_child(writer, "values", schema->values);
	render_fields(writer, schema);
	json_member(writer, ',', "optional");
	json_bool(writer, schema->optional);
	render_text(writer, "name", schema->name);
	if (schema->version != 0)
	{
		json_member(writer, ',', "version");
		json_int64(writer, schema->version == SCHEMA_VERSION_ZERO ? 0 : schema->version);
	}
	render_text(writer, "doc", schema->doc);
	render_parameters(writer, schema);
	if (schema->default_json != NULL)
	{
		json_member(writer, ',', "default");
		json_raw(writer, schema->default_json, strlen(schema->default_json));
	}
	render_text(writer, "field", schema->field);
	json_char(writer, '}');
}

int
connect_decimal_scale(const ConnectSchema *schema)
{
	ListCell *cell;

	foreach (cell, schema->parameters)
	{
		const ConnectParameter *parameter = lfirst(cell);

		if (strcmp(parameter->name, "scale") == 0)
			return atoi(parameter->value);
	}
	return 0;
}

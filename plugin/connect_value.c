/*-------------------------------------------------------------------------
 *
 * connect_value.c
 *	  See connect_value.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/base64.h"
#include "miscadmin.h"

#include "connect_text.h"
#include "connect_value.h"
#include "decimal_text.h"
#include "frame_format.h"

#define DECIMAL_NAME "org.apache.kafka.connect.data.Decimal"

ConnectValue
connect_null(void)
{
	ConnectValue value = {.kind = VALUE_NULL};

	return value;
}

ConnectValue
connect_boolean(bool boolean)
{
	ConnectValue value = {.kind = VALUE_BOOLEAN, .boolean = boolean};

	return value;
}

ConnectValue
connect_integer(int64 integer)
{
	ConnectValue value = {.kind = VALUE_INTEGER, .integer = integer};

	return value;
}

ConnectValue
connect_float(double number)
{
	ConnectValue value = {.kind = VALUE_FLOAT, .number = number};

	return value;
}

ConnectValue
connect_string_sized(const char *utf8, Size size)
{
	ConnectValue value = {.kind = VALUE_STRING, .bytes = utf8, .size = size};

	return value;
}

ConnectValue
connect_string(const char *utf8)
{
	return connect_string_sized(utf8, strlen(utf8));
}

ConnectValue
connect_bytes(const char *bytes, Size size)
{
	ConnectValue value = {.kind = VALUE_BYTES, .bytes = bytes, .size = size};

	return value;
}

ConnectValue
connect_struct(const ConnectSchema *schema)
{
	ConnectValue value = {.kind = VALUE_STRUCT, .count = list_length(schema->fields)};

	value.items = palloc0(Max(value.count, 1) * sizeof(ConnectValue));
	return value;
}

void
connect_value_resolve(const ConnectSchema *schema, ConnectValue *value)
{
	if (value->kind == VALUE_DEFERRED)
		value->methods->resolve(value->source, value->count, schema, value);
}

/* ---------------------------------------------------------------- fields */

const ConnectSchema *
connect_field_schema(const ConnectSchema *schema, int index)
{
	return list_nth(schema->fields, index);
}

int
connect_field_index(const ConnectSchema *schema, const char *name)
{
	ListCell *cell;

	foreach (cell, schema->fields)
	{
		if (strcmp(((const ConnectSchema *) lfirst(cell))->field, name) == 0)
			return foreach_current_index(cell);
	}
	return -1;
}

ConnectValue *
connect_field(const ConnectSchema *schema, ConnectValue *value, const char *name, const ConnectSchema **field)
{
	int index = connect_field_index(schema, name);

	if (index < 0)
		return NULL;
	*field = connect_field_schema(schema, index);
	connect_value_resolve(schema, value);
	return value->kind == VALUE_STRUCT ? &value->items[index] : NULL;
}

ConnectValue *
connect_get(const ConnectSchema *schema, ConnectValue *value, const char *name, const ConnectSchema **field)
{
	ConnectValue *found = connect_field(schema, value, name, field);

	if (found == NULL)
		return NULL;
	connect_value_resolve(*field, found);
	if (found->kind == VALUE_NULL)
		*found = connect_default(*field);
	return found;
}

/* ---------------------------------------------------------------- defaults */

static ConnectValue
scalar_default(const ConnectSchema *schema, const char *text, Size size)
{
	if (strcmp(schema->type, "boolean") == 0)
		return connect_boolean(text[0] == 't');
	if (strncmp(schema->type, "int", 3) == 0)
		return connect_integer(strtoll(text, NULL, 10));
	if (strcmp(schema->type, "float") == 0 || strcmp(schema->type, "double") == 0)
		return connect_float(strtod(text, NULL));
	return connect_string_sized(text, size);
}

static ConnectValue
bytes_default(const char *json, Size size)
{
	int digits = (int) size - 2;
	char *bytes = palloc(pg_b64_dec_len(digits) + 1);
	int count = pg_b64_decode(json + 1, digits, (void *) bytes, pg_b64_dec_len(digits));

	return connect_bytes(bytes, Max(count, 0));
}

/* Defaults of what has items, and Decimals as numbers, stay as they are rendered: no transform looks into these. */
ConnectValue
connect_default(const ConnectSchema *schema)
{
	JsonWriter text;
	ConnectValue rendered = {.kind = VALUE_JSON};
	bool nested = schema->items || schema->values || schema->fields;
	bool is_bytes = strcmp(schema->type, "bytes") == 0;

	if (schema->default_json == NULL)
		return connect_null();
	rendered.bytes = schema->default_json;
	rendered.size = strlen(schema->default_json);
	if (is_bytes && rendered.bytes[0] == '"')
		return bytes_default(rendered.bytes, rendered.size);
	if (nested || is_bytes)
		return rendered;
	json_writer_init(&text, CurrentMemoryContext, rendered.size + 1);
	connect_scalar_text(rendered.bytes, rendered.size, &text);
	json_char(&text, '\0');
	return scalar_default(schema, text.data, text.len - 1);
}

/* ---------------------------------------------------------------- JSON */

static bool
is_decimal(const ConnectSchema *schema)
{
	return schema->name != NULL && strcmp(schema->name, DECIMAL_NAME) == 0;
}

static void
write_decimal_text(const ConnectSchema *schema, const ConnectValue *value, JsonWriter *writer)
{
	Size size;
	char *text = decimal_plain_text(value->bytes, value->size, connect_decimal_scale(schema), &size);

	decimal_text_write(writer, text, size, connect_decimal_scale(schema));
}

static void
write_bytes(const ConnectSchema *schema, const ConnectValue *value, ConnectOutput *output)
{
	if (is_decimal(schema) && output->decimal_format == DECIMAL_NUMERIC)
		write_decimal_text(schema, value, output->writer);
	else
		json_base64(output->writer, value->bytes, value->size, false);
}

static void
write_null(const ConnectSchema *schema, ConnectOutput *output)
{
	if (output->show_defaults && schema->default_json != NULL)
		json_raw(output->writer, schema->default_json, strlen(schema->default_json));
	else
	{
		if (!schema->optional && schema->default_json == NULL && output->obstacle == NULL)
			output->obstacle = schema->field ? psprintf("field %s is required, and its value is null", schema->field)
											 : "a value is required and is null";
		json_null(output->writer);
	}
}

static void
write_struct(const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output)
{
	JsonWriter *writer = output->writer;

	check_stack_depth();
	if (value->count == 0)
		json_char(writer, '{');
	for (int i = 0; i < value->count; i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);

		json_char(writer, i == 0 ? '{' : ',');
		json_raw(writer, field->member, field->member_size);
		connect_value_json(field, &value->items[i], output);
	}
	json_char(writer, '}');
}

static void
write_array(const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output)
{
	check_stack_depth();
	json_char(output->writer, '[');
	for (int i = 0; i < value->count; i++)
	{
		if (i > 0)
			json_char(output->writer, ',');
		connect_value_json(schema->items, &value->items[i], output);
	}
	json_char(output->writer, ']');
}

const char *
connect_hole_text(uint8 kind)
{
	return kind == HOLE_SEQUENCE ? "[null,null]" : HOLE_TEXT;
}

static void
write_hole_text(JsonWriter *writer, const char *text)
{
	json_raw(writer, text, strlen(text));
}

static void
write_hole(const ConnectValue *value, ConnectOutput *output)
{
	json_char(output->writer, '"');
	if (output->hole != NULL)
		output->hole(output->arg, (uint8) value->integer, output->writer->len);
	else
		write_hole_text(output->writer, connect_hole_text((uint8) value->integer));
	json_char(output->writer, '"');
}

static void
write_float(const ConnectSchema *schema, double number, JsonWriter *writer)
{
	if (strcmp(schema->type, "float") == 0)
		json_float(writer, (float) number);
	else
		json_double(writer, number);
}

/* Text, also where there is no schema; under one of a structure or array JsonConverter does not write it. */
static void
write_text(const ConnectSchema *schema, const ConnectValue *value, ConnectOutput *output)
{
	bool nested = schema != NULL && (strcmp(schema->type, "struct") == 0 || strcmp(schema->type, "array") == 0);

	if (nested && output->obstacle == NULL)
		output->obstacle =
			psprintf("Invalid type for %s: class java.lang.String", schema->type[0] == 's' ? "STRUCT" : "ARRAY");
	json_string(output->writer, value->bytes, value->size);
}

static void
write_deferred(const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output)
{
	if (!output->resolve)
	{
		value->methods->write(value->source, value->count, output);
		return;
	}
	connect_value_resolve(schema, value);
	connect_value_json(schema, value, output);
}

void
connect_value_json(const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output)
{
	switch (value->kind)
	{
		case VALUE_NULL:
			write_null(schema, output);
			break;
		case VALUE_BOOLEAN:
			json_bool(output->writer, value->boolean);
			break;
		case VALUE_INTEGER:
			json_int64(output->writer, value->integer);
			break;
		case VALUE_FLOAT:
			write_float(schema, value->number, output->writer);
			break;
		case VALUE_STRING:
			write_text(schema, value, output);
			break;
		case VALUE_BYTES:
			write_bytes(schema, value, output);
			break;
		case VALUE_ARRAY:
			write_array(schema, value, output);
			break;
		case VALUE_STRUCT:
			write_struct(schema, value, output);
			break;
		case VALUE_JSON:
			json_raw(output->writer, value->bytes, value->size);
			break;
		case VALUE_HOLE:
			write_hole(value, output);
			break;
		case VALUE_DEFERRED:
			write_deferred(schema, value, output);
			break;
	}
}

int
connect_value_holes(const ConnectValue *value)
{
	int holes = 0;

	if (value->kind == VALUE_HOLE)
		return 1;
	if (value->kind == VALUE_DEFERRED && value->methods->holes != NULL)
		return value->methods->holes(value->source);
	if (value->kind == VALUE_STRUCT || value->kind == VALUE_ARRAY)
		for (int i = 0; i < value->count; i++)
			holes += connect_value_holes(&value->items[i]);
	return holes;
}

/* ---------------------------------------------------------------- text */

/* Struct{a=1,b=x}: fields that are null are left out. */
static const char *
struct_text(const ConnectSchema *schema, ConnectValue *value, JsonWriter *writer)
{
	const char *obstacle = NULL;
	bool first = true;

	json_literal(writer, "Struct{");
	for (int i = 0; i < value->count && obstacle == NULL; i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);
		ConnectValue *item = &value->items[i];

		connect_value_resolve(field, item);
		if (item->kind == VALUE_NULL)
			continue;
		if (!first)
			json_char(writer, ',');
		first = false;
		json_raw(writer, field->field, strlen(field->field));
		json_char(writer, '=');
		obstacle = connect_value_text(field, item, writer);
	}
	json_char(writer, '}');
	return obstacle;
}

static const char *
array_text(const ConnectSchema *schema, ConnectValue *value, JsonWriter *writer)
{
	const char *obstacle = NULL;

	json_char(writer, '[');
	for (int i = 0; i < value->count && obstacle == NULL; i++)
	{
		if (i > 0)
			json_literal(writer, ", ");
		obstacle = connect_value_text(schema->items, &value->items[i], writer);
	}
	json_char(writer, ']');
	return obstacle;
}

static void
float_text(const ConnectSchema *schema, double number, JsonWriter *writer)
{
	JsonWriter json;

	json_writer_init(&json, CurrentMemoryContext, 64);
	write_float(schema, number, &json);
	connect_scalar_text(json.data, json.len, writer);
}

const char *
connect_value_text(const ConnectSchema *schema, ConnectValue *value, JsonWriter *writer)
{
	const char *obstacle = NULL;

	check_stack_depth();
	connect_value_resolve(schema, value);
	if (schema == NULL && value->kind != VALUE_NULL && value->kind != VALUE_STRING)
		return "the text of a map without schema is not built";
	if (value->kind != VALUE_NULL && value->kind != VALUE_STRING && value->kind != VALUE_STRUCT && !is_decimal(schema))
		obstacle = connect_text_obstacle(schema);
	if (obstacle != NULL)
		return obstacle;
	switch (value->kind)
	{
		case VALUE_NULL:
			json_null(writer);
			break;
		case VALUE_BOOLEAN:
			json_bool(writer, value->boolean);
			break;
		case VALUE_INTEGER:
			json_int64(writer, value->integer);
			break;
		case VALUE_FLOAT:
			float_text(schema, value->number, writer);
			break;
		case VALUE_STRING:
			json_raw(writer, value->bytes, value->size);
			break;
		case VALUE_BYTES:
			write_decimal_text(schema, value, writer);
			break;
		case VALUE_ARRAY:
			return array_text(schema, value, writer);
		case VALUE_STRUCT:
			return struct_text(schema, value, writer);
		case VALUE_JSON:
			connect_text(schema, value->bytes, value->size, writer);
			break;
		case VALUE_HOLE:
			write_hole_text(writer, connect_hole_text((uint8) value->integer));
			break;
		case VALUE_DEFERRED:
			elog(ERROR, "a deferred value resolved to another one");
	}
	return NULL;
}

char *
connect_value_cstring(const ConnectSchema *schema, ConnectValue *value)
{
	JsonWriter text;

	connect_value_resolve(schema, value);
	if (value->kind == VALUE_NULL)
		return NULL;
	json_writer_init(&text, CurrentMemoryContext, 64);
	if (connect_value_text(schema, value, &text) != NULL)
		return NULL;
	json_char(&text, '\0');
	return text.data;
}

/*-------------------------------------------------------------------------
 *
 * record_converter.c
 *	  See record_converter.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "miscadmin.h"

#include "header_text.h"
#include "record_converter.h"

/* What the converter does to what is not bytes. */
typedef enum Writing
{
	WRITES_JSON,
	WRITES_JSON_WITH_SCHEMA,
	WRITES_TEXT,
	WRITES_SIMPLE,
	WRITES_NOTHING
} Writing;

static Writing
json_writing(const PluginOptions *options, OptionId schemas)
{
	return options->values[schemas].boolean ? WRITES_JSON_WITH_SCHEMA : WRITES_JSON;
}

static Writing
record_writing(const PluginOptions *options, OptionId converter, OptionId schemas)
{
	switch ((RecordConverter) options->values[converter].number)
	{
		case CONVERTER_JSON:
			return json_writing(options, schemas);
		case CONVERTER_STRING:
			return WRITES_TEXT;
		default:
			return WRITES_NOTHING;
	}
}

static Writing
header_writing(const PluginOptions *options)
{
	switch ((HeaderConverter) option_number(options, HEADER_CONVERTER))
	{
		case HEADER_SIMPLE:
			return WRITES_SIMPLE;
		case HEADER_JSON:
			return json_writing(options, OPT_HEADER_CONVERTER_SCHEMAS_ENABLE);
		case HEADER_STRING:
			return WRITES_TEXT;
		default:
			return WRITES_NOTHING;
	}
}

static Writing
writing_of(const PluginOptions *options, ConverterRole role)
{
	switch (role)
	{
		case ROLE_OF_KEYS:
			return record_writing(options, OPT_KEY_CONVERTER, OPT_KEY_CONVERTER_SCHEMAS_ENABLE);
		case ROLE_OF_VALUES:
			return record_writing(options, OPT_VALUE_CONVERTER, OPT_VALUE_CONVERTER_SCHEMAS_ENABLE);
		default:
			return header_writing(options);
	}
}

static bool
is_null(const ConnectSchema *schema, ConnectValue *value)
{
	connect_value_resolve(schema, value);
	return value->kind == VALUE_NULL;
}

Conversion
conversion_of(const PluginOptions *options, ConverterRole role, const ConnectSchema *schema, ConnectValue *value)
{
	if (schema == NULL && value->kind == VALUE_NULL)
		return CONVERT_NULL;
	if (options->raw_bytes[role] && schema != NULL && strcmp(schema->type, "bytes") == 0)
		return is_null(schema, value) ? CONVERT_NULL : CONVERT_BYTES;
	switch (writing_of(options, role))
	{
		case WRITES_JSON:
			return CONVERT_JSON;
		case WRITES_JSON_WITH_SCHEMA:
			return CONVERT_JSON_WITH_SCHEMA;
		case WRITES_TEXT:
			return is_null(schema, value) ? CONVERT_NULL : CONVERT_TEXT;
		case WRITES_SIMPLE:
			return is_null(schema, value) ? CONVERT_NULL : CONVERT_SIMPLE;
		case WRITES_NOTHING:
			break;
	}
	return CONVERT_BYTES;
}

/* ---------------------------------------------------------------- SimpleHeaderConverter */

static const char *write_simple(const ConnectSchema *schema, ConnectValue *value, bool embedded, ConnectOutput *output);

/* {"a":1}: names and text between quotes, only these and backslashes escaped (Values#append). */
static const char *
write_simple_struct(const ConnectSchema *schema, ConnectValue *value, ConnectOutput *output)
{
	const char *obstacle = NULL;

	check_stack_depth();
	json_char(output->writer, '{');
	for (int i = 0; i < value->count && obstacle == NULL; i++)
	{
		const ConnectSchema *field = connect_field_schema(schema, i);
		ConnectValue item = value->items[i];

		if (field->default_json != NULL)
		{
			connect_value_resolve(field, &item);
			if (item.kind == VALUE_NULL) /* Struct#get */
				item = connect_default(field);
		}
		if (i > 0)
			json_char(output->writer, ',');
		header_text(HEADER_ESCAPED, field->member, field->member_size, output->writer);
		obstacle = write_simple(field, &item, true, output);
	}
	json_char(output->writer, '}');
	return obstacle;
}

static const char *
write_simple(const ConnectSchema *schema, ConnectValue *value, bool embedded, ConnectOutput *output)
{
	JsonWriter json;
	ConnectOutput rendered = *output;

	connect_value_resolve(schema, value);
	if (value->kind == VALUE_STRUCT)
		return write_simple_struct(schema, value, output);
	if (value->kind == VALUE_STRING && !embedded)
	{
		json_raw(output->writer, value->bytes, value->size);
		return NULL;
	}
	json_writer_init(&json, CurrentMemoryContext, 64);
	rendered.writer = &json;
	rendered.decimal_format = DECIMAL_NUMERIC;
	rendered.hole = NULL;
	connect_value_json(schema, value, &rendered);
	if ((value->kind == VALUE_BYTES || value->kind == VALUE_HOLE) && !embedded && json.len >= 2 && json.data[0] == '"')
		json_raw(output->writer, json.data + 1, json.len - 2);
	else
		header_text(header_shape(schema), json.data, json.len, output->writer);
	return rendered.obstacle;
}

/* ---------------------------------------------------------------- all of them */

static const char *
write_raw(const ConnectSchema *schema, const ConnectValue *value, JsonWriter *writer)
{
	if (value->kind != VALUE_BYTES)
		return psprintf("Invalid schema type for ByteArrayConverter: %s; it writes bytes only",
						schema ? schema->type : "none");
	json_raw(writer, value->bytes, value->size);
	return NULL;
}

static void
set_json_modes(const PluginOptions *options, ConverterRole role, ConnectOutput *output)
{
	output->obstacle = NULL;
	switch (role)
	{
		case ROLE_OF_KEYS:
			output->decimal_format = (DecimalFormat) option_number(options, KEY_CONVERTER_DECIMAL_FORMAT);
			output->show_defaults = option_bool(options, KEY_CONVERTER_REPLACE_NULL_WITH_DEFAULT);
			break;
		case ROLE_OF_VALUES:
			output->decimal_format = (DecimalFormat) option_number(options, VALUE_CONVERTER_DECIMAL_FORMAT);
			output->show_defaults = option_bool(options, VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT);
			break;
		default:
			output->decimal_format = (DecimalFormat) option_number(options, HEADER_CONVERTER_DECIMAL_FORMAT);
			output->show_defaults = headers_show_defaults(options);
			break;
	}
	/* columns of a row, and "source", write themselves as values are written */
	output->resolve =
		role != ROLE_OF_VALUES &&
		(output->decimal_format != (DecimalFormat) option_number(options, VALUE_CONVERTER_DECIMAL_FORMAT) ||
		 output->show_defaults != option_bool(options, VALUE_CONVERTER_REPLACE_NULL_WITH_DEFAULT));
}

const char *
convert(const PluginOptions *options, ConverterRole role, Conversion conversion, const ConnectSchema *schema,
		ConnectValue *value, ConnectOutput *output)
{
	set_json_modes(options, role, output);
	switch (conversion)
	{
		case CONVERT_NULL:
			return NULL;
		case CONVERT_JSON:
		case CONVERT_JSON_WITH_SCHEMA:
			connect_value_json(schema, value, output);
			return output->obstacle;
		case CONVERT_TEXT:
			return connect_value_text(schema, value, output->writer);
		case CONVERT_SIMPLE:
			return write_simple(schema, value, false, output);
		case CONVERT_BYTES:
			return write_raw(schema, value, output->writer);
	}
	return NULL;
}

/*-------------------------------------------------------------------------
 *
 * structured_value.c
 *	  See structured_value.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "structured_value.h"

static const struct
{
	const char *name;
	const char *type;
} field_schemas[STRUCTURED_FIELD_COUNT] = {
	[STRUCTURED_YEAR] = {"year", "int32"},
	[STRUCTURED_MONTH] = {"month", "int8"},
	[STRUCTURED_DAY] = {"day", "int8"},
	[STRUCTURED_HOUR] = {"hour", "int8"},
	[STRUCTURED_MINUTE] = {"minute", "int8"},
	[STRUCTURED_SECOND] = {"second", "int8"},
	[STRUCTURED_YEARS] = {"years", "int32"},
	[STRUCTURED_MONTHS] = {"months", "int32"},
	[STRUCTURED_DAYS] = {"days", "int32"},
	[STRUCTURED_HOURS] = {"hours", "int32"},
	[STRUCTURED_MINUTES] = {"minutes", "int32"},
	[STRUCTURED_SECONDS] = {"seconds", "int64"},
	[STRUCTURED_NANOS] = {"nanos", "int32"},
	[STRUCTURED_OFFSET_SECONDS] = {"offsetSeconds", "int32"},
	[STRUCTURED_ZONE_ID] = {"zoneId", "string"},
	[STRUCTURED_SPECIAL_VALUE] = {"specialValue", "string"},
	[STRUCTURED_PRECISION] = {"precision", "int32"},
};

ConnectSchema *
structured_schema(const ValueCodec *codec)
{
	const StructuredLayout *layout = codec->extra;
	ConnectSchema *schema = connect_schema_named("struct", layout->name, 1);

	for (int i = 0; i < layout->count; i++)
	{
		StructuredField field = layout->fields[i];
		ConnectSchema *child = connect_schema_new(field_schemas[field].type);

		child->optional = true;
		connect_schema_field(schema, field_schemas[field].name, child);
	}
	return schema;
}

static void
write_text_or_null(JsonWriter *writer, const char *text)
{
	if (text)
		json_cstring(writer, text);
	else
		json_null(writer);
}

static void
write_field(const ValueCodec *codec, const StructuredValue *value, StructuredField field, JsonWriter *writer)
{
	if (field == STRUCTURED_PRECISION)
		json_int64(writer, codec->precision);
	else if (field == STRUCTURED_SPECIAL_VALUE)
		write_text_or_null(writer, value->special_value);
	else if (value->special_value)
		json_null(writer);
	else if (field == STRUCTURED_ZONE_ID)
		write_text_or_null(writer, value->zone_id);
	else
		json_int64(writer, value->number[field]);
}

void
structured_write(const ValueCodec *codec, const StructuredValue *value, JsonWriter *writer)
{
	const StructuredLayout *layout = codec->extra;

	for (int i = 0; i < layout->count; i++)
	{
		json_member(writer, i == 0 ? '{' : ',', field_schemas[layout->fields[i]].name);
		write_field(codec, value, layout->fields[i], writer);
	}
	json_char(writer, '}');
}

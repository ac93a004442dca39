/*-------------------------------------------------------------------------
 *
 * encode_scalar.c
 *	  Booleans, integers and floats.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"

#include "encode_scalar.h"

static bool
zero_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_char(writer, '0');
	return true;
}

static bool
false_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_bool(writer, false);
	return true;
}

static bool
float_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_double(writer, 0.0);
	return true;
}

static ConnectSchema *
bool_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("boolean");
}

static bool
bool_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_bool(writer, DatumGetBool(datum));
	return true;
}

/* Boolean.parseBoolean(): everything else is false. */
static bool
bool_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	json_bool(writer, literal && pg_strcasecmp(literal, "true") == 0);
	return true;
}

static ConnectSchema *
int2_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("int16");
}

static ConnectSchema *
int4_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("int32");
}

static ConnectSchema *
int8_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("int64");
}

static bool
int2_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_int64(writer, DatumGetInt16(datum));
	return true;
}

static bool
int4_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_int64(writer, DatumGetInt32(datum));
	return true;
}

static bool
int8_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_int64(writer, DatumGetInt64(datum));
	return true;
}

static bool
oid_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_uint64(writer, DatumGetObjectId(datum));
	return true;
}

/* Integer.parseInt() and its like: a sign and digits within the range, nothing else. */
static bool
write_integer_default(const char *literal, int64 min, int64 max, JsonWriter *writer)
{
	const char *text = literal ? literal : "0";
	const char *digits = *text == '-' || *text == '+' ? text + 1 : text;
	long long value;

	if (*digits == '\0' || strspn(digits, "0123456789") != strlen(digits))
		return false;
	errno = 0;
	value = strtoll(text, NULL, 10);
	if (errno != 0 || value < min || value > max)
		return false;
	json_int64(writer, value);
	return true;
}

static bool
int2_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	return write_integer_default(literal, PG_INT16_MIN, PG_INT16_MAX, writer);
}

static bool
int4_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	return write_integer_default(literal, PG_INT32_MIN, PG_INT32_MAX, writer);
}

static bool
int8_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	return write_integer_default(literal, PG_INT64_MIN, PG_INT64_MAX, writer);
}

static ConnectSchema *
float4_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("float");
}

static ConnectSchema *
float8_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("double");
}

static bool
float4_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_float(writer, DatumGetFloat4(datum));
	return true;
}

static bool
float8_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	json_double(writer, DatumGetFloat8(datum));
	return true;
}

bool
is_decimal_text(const char *text)
{
	const char *digits = "0123456789";
	size_t whole;
	size_t fraction = 0;

	if (*text == '-' || *text == '+')
		text++;
	whole = strspn(text, digits);
	text += whole;
	if (*text == '.')
	{
		fraction = strspn(text + 1, digits);
		text += 1 + fraction;
	}
	if (whole + fraction == 0)
		return false;
	if (*text == 'e' || *text == 'E')
	{
		text++;
		if (*text == '-' || *text == '+')
			text++;
		if (strspn(text, digits) == 0)
			return false;
		text += strspn(text, digits);
	}
	return *text == '\0';
}

/* Double.parseDouble(), without the forms PostgreSQL never prints (hexadecimal, type suffix). */
static bool
is_float_text(const char *text)
{
	const char *magnitude = *text == '-' || *text == '+' ? text + 1 : text;

	return is_decimal_text(text) || strcmp(magnitude, "NaN") == 0 || strcmp(magnitude, "Infinity") == 0;
}

static bool
float4_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	const char *text = literal ? literal : "0.0";

	if (!is_float_text(text))
		return false;
	json_float(writer, strtof(text, NULL));
	return true;
}

static bool
float8_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	const char *text = literal ? literal : "0.0";

	if (!is_float_text(text))
		return false;
	json_double(writer, strtod(text, NULL));
	return true;
}

/* clang-format off */
static const ValueEncoder bool_encoder = {"bool", bool_schema, bool_encode, false_filler, NULL, bool_default};
static const ValueEncoder int2_encoder = {"int2", int2_schema, int2_encode, zero_filler, NULL, int2_default};
static const ValueEncoder int4_encoder = {"int4", int4_schema, int4_encode, zero_filler, NULL, int4_default};
static const ValueEncoder int8_encoder = {"int8", int8_schema, int8_encode, zero_filler, NULL, int8_default};
static const ValueEncoder oid_encoder = {"oid", int8_schema, oid_encode, zero_filler, NULL, NULL};
static const ValueEncoder float4_encoder = {"float4", float4_schema, float4_encode, float_filler, NULL, float4_default};
static const ValueEncoder float8_encoder = {"float8", float8_schema, float8_encode, float_filler, NULL, float8_default};
/* clang-format on */

static const ValueEncoder *
find_encoder(Oid type)
{
	switch (type)
	{
		case BOOLOID:
			return &bool_encoder;
		case INT2OID:
			return &int2_encoder;
		case INT4OID:
			return &int4_encoder;
		case INT8OID:
			return &int8_encoder;
		case OIDOID:
			return &oid_encoder;
		case FLOAT4OID:
			return &float4_encoder;
		case FLOAT8OID:
			return &float8_encoder;
		default:
			return NULL;
	}
}

bool
scalar_codec(ValueCodec *codec)
{
	codec->encoder = find_encoder(codec->type);
	return codec->encoder != NULL;
}

/*-------------------------------------------------------------------------
 *
 * encode_nested.c
 *	  Arrays, with Debezium's oddities: which element types are left out,
 *	  whose items cannot be null, what fails as a whole.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/md5.h"
#include "datatype/timestamp.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/lsyscache.h"

#include "encode_binary.h"
#include "encode_hstore.h"
#include "encode_nested.h"
#include "encode_text.h"
#include "encoder_table.h"

/* codec->extra of an array; required_schema says that its items cannot be null. */
typedef struct ArrayRules
{
	bool null_fails;  /* a null item makes the whole value fail */
	bool is_time;	  /* items lose what is below a millisecond, in java.sql.Time */
	bool fails_alone; /* an item that cannot be converted is null; else the driver fails on the whole value */
} ArrayRules;

static ConnectSchema *
array_schema(const ValueCodec *codec)
{
	ConnectSchema *schema = connect_schema_new("array");

	schema->items = connect_schema_copy(codec->element->encoder->schema(codec->element));
	if (!codec->required_schema)
		schema->items->optional = true;
	return schema;
}

/* java.sql.Time has milliseconds and no 24:00. */
static Datum
sql_time(Datum datum)
{
	TimeADT time = DatumGetTimeADT(datum) % USECS_PER_DAY;

	return TimeADTGetDatum(time - time % 1000);
}

static bool
encode_item(const ValueCodec *codec, Datum datum, bool is_null, JsonWriter *writer)
{
	const ArrayRules *rules = codec->extra;

	if (is_null)
	{
		json_null(writer);
		return !rules->null_fails;
	}
	if (rules->is_time)
		datum = sql_time(datum);
	if (codec->element->encoder->encode(codec->element, datum, writer))
		return true;
	if (!rules->fails_alone || writer->overflowed)
		return false;
	json_null(writer);
	return true;
}

static bool
encode_items(const ValueCodec *codec, ArrayType *array, JsonWriter *writer)
{
	Datum *items;
	bool *nulls;
	int count;

	deconstruct_array(array, ARR_ELEMTYPE(array), codec->element_length, codec->element_by_value, codec->element_align,
					  &items, &nulls, &count);
	json_char(writer, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			json_char(writer, ',');
		if (!encode_item(codec, items[i], nulls[i], writer))
			return false;
	}
	json_char(writer, ']');
	return true;
}

/* Debezium knows one dimension: each inner array is an item it cannot read, hence null. */
static bool
encode_outer_dimension(const ValueCodec *codec, int count, JsonWriter *writer)
{
	if (codec->required_schema)
		return false;
	json_char(writer, '[');
	for (int i = 0; i < count; i++)
	{
		if (i > 0)
			json_char(writer, ',');
		json_null(writer);
	}
	json_char(writer, ']');
	return true;
}

static bool
encode_array(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	ArrayType *array = DatumGetArrayTypeP(datum);
	Size start = writer->len;

	if (ARR_NDIM(array) > 1)
		return encode_outer_dimension(codec, ARR_DIMS(array)[0], writer);
	if (encode_items(codec, array, writer))
		return true;
	if (!writer->overflowed)
		writer->len = start;
	return false;
}

static bool
empty_array(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_literal(writer, "[]");
	return true;
}

/* The placeholder's bytes as numbers, signed as Java's bytes are. */
static void
write_bytes_as_numbers(const ValueModes *modes, JsonWriter *writer)
{
	json_char(writer, '[');
	for (Size i = 0; i < modes->placeholder_raw_size; i++)
	{
		if (i > 0)
			json_char(writer, ',');
		json_int64(writer, (signed char) modes->placeholder_raw[i]);
	}
	json_char(writer, ']');
}

/* UUID.nameUUIDFromBytes(): MD5, version 3. */
static bool
write_uuid_of_bytes(const ValueModes *modes, JsonWriter *writer)
{
	static const char hex[] = "0123456789abcdef";
	uint8 digest[MD5_DIGEST_LENGTH];
	char text[36];
	char *out = text;
	const char *error;

	if (!pg_md5_binary(modes->placeholder_raw, modes->placeholder_raw_size, digest, &error))
		return false;
	digest[6] = (digest[6] & 0x0F) | 0x30;
	digest[8] = (digest[8] & 0x3F) | 0x80;
	for (int i = 0; i < MD5_DIGEST_LENGTH; i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*out++ = '-';
		*out++ = hex[digest[i] >> 4];
		*out++ = hex[digest[i] & 0xF];
	}
	json_char(writer, '[');
	json_string(writer, text, sizeof(text));
	json_char(writer, ']');
	return true;
}

static bool
array_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	const ValueModes *modes = codec->modes;

	switch (codec->element->type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case JSONOID:
		case JSONBOID:
			json_char(writer, '[');
			json_string(writer, modes->placeholder, modes->placeholder_size);
			json_char(writer, ']');
			return true;
		case BYTEAOID:
			if (modes->binary != BINARY_BYTES)
				return false;
			json_char(writer, '[');
			json_base64(writer, modes->placeholder_raw, modes->placeholder_raw_size, false);
			json_char(writer, ']');
			return true;
		case DATEOID:
			if (modes->temporal == TEMPORAL_ISOSTRING || modes->temporal == TEMPORAL_STRUCTURED ||
				modes->temporal == TEMPORAL_CONNECT)
				return false;
			write_bytes_as_numbers(modes, writer);
			return true;
		case INT4OID:
		case INT8OID:
			write_bytes_as_numbers(modes, writer);
			return true;
		case UUIDOID:
			return write_uuid_of_bytes(modes, writer);
		default:
			return false;
	}
}

static const ValueEncoder array_encoder = {
	.name = "array",
	.schema = array_schema,
	.encode = encode_array,
	.filler = empty_array,
	.placeholder = array_placeholder,
};

/* bit[]: the schema is that of one bit string, and no value fits it. */
static ConnectSchema *
bit_array_schema(const ValueCodec *codec)
{
	return codec->element->encoder->schema(codec->element);
}

static bool
encode_never(const ValueCodec *codec pg_attribute_unused(), Datum datum pg_attribute_unused(),
			 JsonWriter *writer pg_attribute_unused())
{
	return false;
}

static bool
filler_never(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer pg_attribute_unused())
{
	return false;
}

static const ValueEncoder bit_array_encoder = {
	.name = "bit array",
	.schema = bit_array_schema,
	.encode = encode_never,
	.filler = filler_never,
};

/* Arrays Debezium leaves out, whatever the options say. */
static bool
is_dropped_element(Oid type)
{
	switch (type)
	{
		case MONEYOID:
		case NAMEOID:
		case INTERVALOID:
		case VARBITOID:
		case XMLOID:
		case POINTOID:
		case REFCURSOROID:
			return true;
		default:
			return false;
	}
}

static bool
is_builtin_optional(Oid type)
{
	switch (type)
	{
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case OIDOID:
		case FLOAT4OID:
		case FLOAT8OID:
		case BOOLOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case CHAROID:
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case MACADDR8OID:
		case INT4RANGEOID:
		case INT8RANGEOID:
		case NUMRANGEOID:
		case TSRANGEOID:
		case TSTZRANGEOID:
		case DATERANGEOID:
		case NUMERICOID:
		case DATEOID:
		case TIMEOID:
		case TIMETZOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		case UUIDOID:
		case JSONOID:
		case JSONBOID:
		case BYTEAOID:
			return true;
		default:
			return false;
	}
}

static bool
is_extension_optional(Oid type)
{
	static const char *const names[] = {"citext", "hstore", "ltree", "geometry", "geography"};

	for (int i = 0; i < (int) lengthof(names); i++)
	{
		if (type_name_is(type, names[i]))
			return true;
	}
	return false;
}

/* Whether the connector has a branch of its own for arrays of this type, which makes the items optional. */
static bool
is_optional_element(Oid type)
{
	return is_builtin_optional(type) || (get_typtype(type) == TYPTYPE_BASE && is_extension_optional(type));
}

/* Arrays of a domain are of no known type, whatever is below it but an enum. */
static ValueCodec *
element_codec(Oid element, int32 typmod, const ValueModes *modes)
{
	ValueCodec *codec;

	if (get_typtype(element) != TYPTYPE_DOMAIN)
		return encoder_find(element, typmod, modes);
	codec = palloc0(sizeof(ValueCodec));
	codec->modes = modes;
	codec->type = element;
	codec->typmod = -1;
	if (enum_domain_codec(codec))
		return codec;
	if (!modes->include_unknown)
		return NULL;
	unknown_codec(codec);
	return codec;
}

bool
array_items_required(const ValueCodec *codec)
{
	return codec->encoder == &array_encoder && codec->required_schema;
}

bool
array_is_never_written(const ValueCodec *codec)
{
	return codec->encoder == &bit_array_encoder;
}

void
array_refuse_null_items(const ValueCodec *codec)
{
	if (array_items_required(codec))
		((ArrayRules *) codec->extra)->null_fails = true;
}

bool
array_shows_null_item(Datum datum)
{
	ArrayType *array = DatumGetArrayTypeP(datum);

	return ARR_NDIM(array) == 1 && array_contains_nulls(array);
}

static bool
array_codec(ValueCodec *codec, Oid element)
{
	ArrayRules *rules;

	if (is_dropped_element(element) || codec->type == INT2VECTOROID || codec->type == OIDVECTOROID)
		return false;
	codec->element = element_codec(element, codec->typmod, codec->modes);
	if (!codec->element)
		return false;
	codec->encoder = element == BITOID ? &bit_array_encoder : &array_encoder;
	get_typlenbyvalalign(element, &codec->element_length, &codec->element_by_value, &codec->element_align);
	codec->required_schema =
		!is_optional_element(element) && !codec->element->encoder->schema(codec->element)->optional;
	rules = palloc0(sizeof(ArrayRules));
	rules->is_time = element == TIMEOID;
	rules->fails_alone = element == TIMESTAMPOID;
	codec->extra = rules;
	return true;
}

bool
nested_codec(ValueCodec *codec)
{
	Oid element = get_element_type(codec->type);

	if (OidIsValid(element))
		return array_codec(codec, element);
	return hstore_codec(codec);
}

/*-------------------------------------------------------------------------
 *
 * encode_binary.c
 *	  bytea, types Debezium does not know, and bit strings.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/expandeddatum.h" /* varatt.h from 16 on */
#include "utils/varbit.h"

#include "encode_binary.h"
#include "encode_text.h"
#include "encoder_table.h"

/* What Debezium takes for the length of a varbit without one. */
#define UNLIMITED_LENGTH "2147483647"

static bool
false_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_bool(writer, false);
	return true;
}

static ConnectSchema *
binary_schema(const ValueCodec *codec)
{
	return connect_schema_new(codec->modes->binary == BINARY_BYTES ? "bytes" : "string");
}

static void
write_binary(const ValueModes *modes, const char *bytes, Size size, JsonWriter *writer)
{
	if (modes->binary == BINARY_HEX)
		json_hex(writer, bytes, size);
	else
		json_base64(writer, bytes, size, modes->binary == BINARY_BASE64_URL_SAFE);
}

static bool
bytea_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);

	write_binary(codec->modes, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), writer);
	return true;
}

/* Debezium's base64 modes do not know the placeholder and fail. */
static bool
binary_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	const ValueModes *modes = codec->modes;

	if (modes->binary == BINARY_BYTES)
		json_base64(writer, modes->placeholder_raw, modes->placeholder_raw_size, false);
	else if (modes->binary == BINARY_HEX)
		json_string(writer, modes->placeholder, modes->placeholder_size);
	else
		return false;
	return true;
}

static bool
unknown_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	Size size;
	char *text = value_text_with_path(codec, datum, &size);

	if (text == NULL)
		return false;
	write_binary(codec->modes, text, size, writer);
	return true;
}

/*-------------------------------------------------------------------------
 * Bit strings
 *-------------------------------------------------------------------------
 */

/* Of bit(n) and varbit(n); 0: no limit. */
static ConnectSchema *
bits_schema(const ValueCodec *codec)
{
	ConnectSchema *schema = connect_schema_named("bytes", "io.debezium.data.Bits", 1);

	connect_schema_parameter(schema, "length",
							 codec->precision > 0 ? psprintf("%d", codec->precision) : UNLIMITED_LENGTH);
	return schema;
}

static ConnectSchema *
bit_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("boolean");
}

/* An empty varbit(1) is no number for Debezium, hence a failure. */
static bool
bit_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	VarBit *value = DatumGetVarBitP(datum);

	if (VARBITLEN(value) == 0)
		return false;
	json_bool(writer, (VARBITS(value)[0] & 0x80) != 0);
	return true;
}

/* As java.util.BitSet#toByteArray(): the last bit is bit 0 of byte 0, and the highest set bit ends it. */
static void
write_bits(const uint8 *bits, int count, JsonWriter *writer)
{
	int size = (count + 7) / 8;
	int padding = size * 8 - count;
	char *bytes = palloc(size + 1);

	for (int i = 0; i < size; i++)
	{
		int low = bits[size - 1 - i];
		int high = i + 1 < size ? bits[size - 2 - i] : 0;

		bytes[i] = (char) (((high << 8) | low) >> padding);
	}
	while (size > 0 && bytes[size - 1] == 0)
		size--;
	json_base64(writer, bytes, size, false);
}

static bool
bits_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	VarBit *value = DatumGetVarBitP(datum);

	write_bits(VARBITS(value), VARBITLEN(value), writer);
	return true;
}

static bool
is_bit_text(const char *text)
{
	return strspn(text, "01") == strlen(text);
}

static bool
bit_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	const char *text = literal ? literal : "0";

	if (*text == '\0' || !is_bit_text(text))
		return false;
	json_bool(writer, strchr(text, '1') != NULL);
	return true;
}

/* Every '1' of the text is a bit, whatever stands around it: 5::bit(10) is read as the bits of "(5)::bit(10)". */
static bool
bits_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	const char *text = literal ? literal : "0";
	int count = (int) strlen(text);
	uint8 *bits = palloc0(count / 8 + 1);

	for (int i = 0; i < count; i++)
	{
		if (text[i] == '1')
			bits[i / 8] |= 0x80 >> (i % 8);
	}
	write_bits(bits, count, writer);
	return true;
}

/* clang-format off */
static const ValueEncoder bytea_encoder = {"bytea", binary_schema, bytea_encode, string_filler, binary_placeholder, NULL};
static const ValueEncoder unknown_encoder = {"unknown", binary_schema, unknown_encode, string_filler, binary_placeholder, NULL};
static const ValueEncoder bit_encoder = {"bit", bit_schema, bit_encode, false_filler, NULL, bit_default};
static const ValueEncoder bits_encoder = {"bits", bits_schema, bits_encode, string_filler, NULL, bits_default};
/* clang-format on */

/* bit(1) and varbit(1) are booleans; varbit without a length has no typmod. */
static const ValueEncoder *
find_bit(ValueCodec *codec)
{
	if (codec->typmod > 0)
		codec->precision = codec->typmod;
	else
		codec->precision = codec->type == BITOID ? 1 : 0;
	return codec->precision == 1 ? &bit_encoder : &bits_encoder;
}

bool
binary_codec(ValueCodec *codec)
{
	if (codec->type == BYTEAOID)
		codec->encoder = &bytea_encoder;
	else if (codec->type == BITOID || codec->type == VARBITOID)
		codec->encoder = find_bit(codec);
	else
		return false;
	return true;
}

void
unknown_codec(ValueCodec *codec)
{
	codec->encoder = &unknown_encoder;
	codec_set_output(codec);
}

/*-------------------------------------------------------------------------
 *
 * encode_text.c
 *	  Text-like types, UUIDs, enums and ranges.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/expandeddatum.h" /* varatt.h from 16 on */
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/uuid.h"

#include "encode_text.h"
#include "encoder_table.h"
#include "jsonb_text.h"

bool
write_text(JsonWriter *writer, const char *text, Size size)
{
	Size utf8_size;
	const char *utf8 = text_to_utf8(text, size, &utf8_size);

	if (utf8 == NULL)
		return false;
	json_string(writer, utf8, utf8_size);
	return true;
}

/* By the type's output function, for types whose text no setting changes. */
static bool
encode_by_output(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	char *text = OutputFunctionCall(unconstify(FmgrInfo *, &codec->output), datum);

	return write_text(writer, text, strlen(text));
}

/* By the type's output function under pinned settings. */
static bool
encode_by_pinned_output(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	Size size;
	char *text = value_text(codec, datum, &size);

	if (text == NULL)
		return false;
	json_string(writer, text, size);
	return true;
}

ConnectSchema *
string_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_new("string");
}

bool
string_filler(const ValueCodec *codec pg_attribute_unused(), JsonWriter *writer)
{
	json_string(writer, "", 0);
	return true;
}

bool
string_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	json_string(writer, codec->modes->placeholder, codec->modes->placeholder_size);
	return true;
}

static bool
string_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	json_cstring(writer, literal ? literal : "");
	return true;
}

/* The types that are text in a varlena: text, varchar, bpchar with its blanks, json, citext. */
static bool
text_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	struct varlena *value = PG_DETOAST_DATUM_PACKED(datum);

	return write_text(writer, VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value));
}

static bool
name_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	const char *name = NameStr(*DatumGetName(datum));

	return write_text(writer, name, strnlen(name, NAMEDATALEN));
}

/* The type "char": one byte, above 0x7F as an octal escape. */
static bool
char_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	unsigned char byte = (unsigned char) DatumGetChar(datum);
	char octal[4] = {'\\', '0' + (byte >> 6), '0' + ((byte >> 3) & 7), '0' + (byte & 7)};

	if (byte >= 0x80)
		json_string(writer, octal, sizeof(octal));
	else
		json_string(writer, (char *) &byte, byte != 0 ? 1 : 0);
	return true;
}

static ConnectSchema *
json_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_named("string", "io.debezium.data.Json", 1);
}

static bool
jsonb_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	Jsonb *value = DatumGetJsonbP(datum);
	StringInfoData text;

	if (GetDatabaseEncoding() == PG_UTF8)
	{
		jsonb_text_write(writer, value);
		return true;
	}
	initStringInfo(&text);
	JsonbToCString(&text, &value->root, VARSIZE(value));
	return write_text(writer, text.data, text.len);
}

static bool
json_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	json_cstring(writer, literal ? literal : "{}");
	return true;
}

static ConnectSchema *
xml_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_named("string", "io.debezium.data.Xml", 1);
}

static ConnectSchema *
tsvector_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_named("string", "io.debezium.data.Tsvector", 1);
}

static ConnectSchema *
ltree_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_named("string", "io.debezium.data.Ltree", 1);
}

static ConnectSchema *
uuid_schema(const ValueCodec *codec pg_attribute_unused())
{
	return connect_schema_named("string", "io.debezium.data.Uuid", 1);
}

#define UUID_TEXT_SIZE 36

/* Whether a dash stands before that byte of a UUID. */
static inline bool
uuid_dash_before(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static bool
uuid_encode(const ValueCodec *codec pg_attribute_unused(), Datum datum, JsonWriter *writer)
{
	static const char hex[] = "0123456789abcdef";
	const pg_uuid_t *value = DatumGetUUIDP(datum);
	char text[UUID_TEXT_SIZE];
	char *out = text;

	for (int i = 0; i < UUID_LEN; i++)
	{
		if (uuid_dash_before(i))
			*out++ = '-';
		*out++ = hex[value->data[i] >> 4];
		*out++ = hex[value->data[i] & 0xF];
	}
	json_string(writer, text, sizeof(text));
	return true;
}

static bool
uuid_default(const ValueCodec *codec pg_attribute_unused(), const char *literal, JsonWriter *writer)
{
	const char *text = literal ? literal : "00000000-0000-0000-0000-000000000000";
	char lower[UUID_TEXT_SIZE];

	if (strlen(text) != UUID_TEXT_SIZE)
		return false;
	for (int i = 0; i < UUID_TEXT_SIZE; i++)
	{
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? text[i] != '-' : !isxdigit((unsigned char) text[i]))
			return false;
		lower[i] = pg_ascii_tolower((unsigned char) text[i]);
	}
	json_string(writer, lower, sizeof(lower));
	return true;
}

/*-------------------------------------------------------------------------
 * Enums
 *-------------------------------------------------------------------------
 */

/* In codec->extra: labels by value, and all of them joined for the schema. */
typedef struct EnumExtra
{
	int count;
	EnumLabel *by_value;
	const char *allowed;
} EnumExtra;

static int
compare_label_values(const void *left, const void *right)
{
	Oid a = ((const EnumLabel *) left)->value;
	Oid b = ((const EnumLabel *) right)->value;

	return a < b ? -1 : a > b;
}

static void
enum_prepare(ValueCodec *codec)
{
	EnumExtra *extra = palloc0(sizeof(EnumExtra));
	StringInfoData allowed;

	extra->by_value = enum_labels(codec->type, &extra->count);
	initStringInfo(&allowed);
	for (int i = 0; i < extra->count; i++)
	{
		if (i > 0)
			appendStringInfoChar(&allowed, ',');
		appendStringInfoString(&allowed, extra->by_value[i].text);
	}
	extra->allowed = allowed.data;
	qsort(extra->by_value, extra->count, sizeof(EnumLabel), compare_label_values);
	codec->extra = extra;
}

static ConnectSchema *
enum_schema(const ValueCodec *codec)
{
	const EnumExtra *extra = codec->extra;
	ConnectSchema *schema = connect_schema_named("string", "io.debezium.data.Enum", 1);

	connect_schema_parameter(schema, "allowed", extra->allowed);
	return schema;
}

static bool
enum_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	const EnumExtra *extra = codec->extra;
	EnumLabel key = {.value = DatumGetObjectId(datum)};
	const EnumLabel *label = NULL;
	const char *text;

	if (extra->count > 0)
		label = bsearch(&key, extra->by_value, extra->count, sizeof(EnumLabel), compare_label_values);
	text = label ? label->text : enum_new_label(key.value);
	if (text == NULL)
		return false;
	json_cstring(writer, text);
	return true;
}

/*-------------------------------------------------------------------------
 * The table
 *-------------------------------------------------------------------------
 */

/* clang-format off */
static const ValueEncoder text_encoder = {"text", string_schema, text_encode, string_filler, string_placeholder, string_default};
static const ValueEncoder citext_encoder = {"citext", string_schema, text_encode, string_filler, string_placeholder, NULL};
static const ValueEncoder name_encoder = {"name", string_schema, name_encode, string_filler, string_placeholder, NULL};
static const ValueEncoder char_encoder = {"char", string_schema, char_encode, string_filler, string_placeholder, NULL};
static const ValueEncoder json_encoder = {"json", json_schema, text_encode, string_filler, string_placeholder, json_default};
static const ValueEncoder jsonb_encoder = {"jsonb", json_schema, jsonb_encode, string_filler, string_placeholder, json_default};
static const ValueEncoder xml_encoder = {"xml", xml_schema, encode_by_output, string_filler, string_placeholder, string_default};
static const ValueEncoder uuid_encoder = {"uuid", uuid_schema, uuid_encode, string_filler, NULL, uuid_default};
static const ValueEncoder tsvector_encoder = {"tsvector", tsvector_schema, encode_by_output, string_filler, string_placeholder, NULL};
static const ValueEncoder ltree_encoder = {"ltree", ltree_schema, encode_by_output, string_filler, string_placeholder, NULL};
static const ValueEncoder enum_encoder = {"enum", enum_schema, enum_encode, string_filler, string_placeholder, string_default};
static const ValueEncoder output_encoder = {"output", string_schema, encode_by_output, string_filler, string_placeholder, NULL};
static const ValueEncoder range_encoder = {"range", string_schema, encode_by_pinned_output, string_filler, string_placeholder, NULL};
/* clang-format on */

static const ValueEncoder *
find_builtin(Oid type, int release)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return &text_encoder;
		case NAMEOID:
			return &name_encoder;
		case CHAROID:
			return &char_encoder;
		case JSONOID:
			return &json_encoder;
		case JSONBOID:
			return &jsonb_encoder;
		case XMLOID:
			return &xml_encoder;
		case UUIDOID:
			return &uuid_encoder;
		case INETOID:
		case CIDROID:
		case MACADDROID:
		case MACADDR8OID:
			return &output_encoder;
		case INT4RANGEOID:
		case INT8RANGEOID:
		case NUMRANGEOID:
		case TSRANGEOID:
		case TSTZRANGEOID:
		case DATERANGEOID:
			return &range_encoder;
		case TSVECTOROID:
			return release >= 303 ? &tsvector_encoder : NULL;
		default:
			return NULL;
	}
}

/* Types of extensions and of users. */
static const ValueEncoder *
find_by_catalogue(Oid type)
{
	if (get_typtype(type) == TYPTYPE_ENUM)
		return &enum_encoder;
	if (type_name_is(type, "citext"))
		return &citext_encoder;
	if (type_name_is(type, "ltree"))
		return &ltree_encoder;
	if (type_name_is(type, "isbn"))
		return &output_encoder;
	return NULL;
}

bool
enum_domain_codec(ValueCodec *codec)
{
	Oid base = getBaseType(codec->type);

	if (get_typtype(base) != TYPTYPE_ENUM)
		return false;
	codec->type = base;
	codec->encoder = &enum_encoder;
	enum_prepare(codec);
	((EnumExtra *) codec->extra)->allowed = "";
	codec_set_output(codec);
	return true;
}

bool
text_codec(ValueCodec *codec)
{
	if (codec->type < FirstGenbkiObjectId)
		codec->encoder = find_builtin(codec->type, codec->modes->release);
	else
		codec->encoder = find_by_catalogue(codec->type);
	if (codec->encoder == NULL)
		return false;
	if (codec->encoder == &enum_encoder)
		enum_prepare(codec);
	codec_set_output(codec);
	return true;
}

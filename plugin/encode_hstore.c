/*-------------------------------------------------------------------------
 *
 * encode_hstore.c
 *	  See encode_hstore.h.
 *
 * hstore's layout since 9.0, checked against the datum's size.  Its header is
 * not used: not every package of the server installs it.
 *
 *	  uint32      number of pairs, flags in the upper four bits
 *	  uint32      entry[2 * pairs]: key, value, key, value...; where its text
 *	              ends, with flags for the first entry and for a null
 *	  char        texts
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_type.h"
#include "utils/expandeddatum.h" /* varatt.h from 16 on */
#include "utils/lsyscache.h"

#include "encode_hstore.h"
#include "encoder_table.h"
#include "java_map.h"

#define HSTORE_NEW_VERSION 0x80000000U
#define HSTORE_COUNT_MASK 0x0FFFFFFFU
#define ENTRY_IS_NULL 0x40000000U
#define ENTRY_END_MASK 0x3FFFFFFFU

typedef struct MapEntry
{
	const char *key; /* UTF-8 */
	Size key_size;
	const char *value; /* UTF-8, NULL: null */
	Size value_size;
} MapEntry;

typedef struct HstoreReader
{
	const char *entries;
	const char *texts;
	Size texts_size;
	uint32 end; /* of the last text */
} HstoreReader;

/* The next text in UTF-8, *text NULL if it is null; false if the layout or the text is not valid. */
static bool
next_text(HstoreReader *reader, uint32 index, const char **text, Size *size)
{
	uint32 entry;
	uint32 begin = reader->end;

	memcpy(&entry, reader->entries + index * sizeof(entry), sizeof(entry));
	reader->end = entry & ENTRY_END_MASK;
	*text = NULL;
	*size = 0;
	if (reader->end < begin || reader->end > reader->texts_size)
		return false;
	if (entry & ENTRY_IS_NULL)
		return true;
	*text = text_to_utf8(reader->texts + begin, reader->end - begin, size);
	return *text != NULL;
}

/* The pairs in hstore's order, in the current context; NULL if the datum is not readable. */
static MapEntry *
read_pairs(struct varlena *value, uint32 *count)
{
	Size size = VARSIZE_ANY_EXHDR(value);
	HstoreReader reader = {0};
	MapEntry *pairs;
	uint32 header;

	if (size < sizeof(header))
		return NULL;
	memcpy(&header, VARDATA_ANY(value), sizeof(header));
	*count = header & HSTORE_COUNT_MASK;
	if (*count == 0)
		return palloc0(sizeof(MapEntry));
	if (!(header & HSTORE_NEW_VERSION) || (size - sizeof(header)) / (2 * sizeof(uint32)) < *count)
		return NULL;
	reader.entries = (const char *) VARDATA_ANY(value) + sizeof(header);
	reader.texts = reader.entries + (Size) *count * 2 * sizeof(uint32);
	reader.texts_size = (const char *) VARDATA_ANY(value) + size - reader.texts;
	pairs = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(MapEntry) * *count);
	for (uint32 i = 0; i < *count; i++)
	{
		MapEntry *pair = &pairs[i];

		if (!next_text(&reader, 2 * i, &pair->key, &pair->key_size) || !pair->key ||
			!next_text(&reader, 2 * i + 1, &pair->value, &pair->value_size))
			return NULL;
	}
	return pairs;
}

/* In the order in which a HashMap gives the pairs back. */
static const MapEntry **
hash_map_order(const MapEntry *pairs, uint32 count)
{
	const MapEntry **ordered = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(MapEntry *) * Max(count, 1));
	JavaKey *keys = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(JavaKey) * Max(count, 1));
	uint32 *order;

	for (uint32 i = 0; i < count; i++)
		keys[i] = java_key(pairs[i].key, pairs[i].key_size);
	order = java_map_order(keys, count);
	for (uint32 i = 0; i < count; i++)
		ordered[i] = &pairs[order[i]];
	return ordered;
}

/* Text escaped once as JSON, and that once more as the content of a JSON string. */
static void
write_escaped_twice(JsonWriter *writer, const char *text, Size size)
{
	JsonWriter inner;
	Size begin = 0;

	inner.context = NULL;
	for (Size i = 0; i < size; i++)
	{
		unsigned char c = (unsigned char) text[i];

		if (c >= ' ' && c != '"' && c != '\\')
			continue;
		if (!inner.context)
			json_writer_init(&inner, CurrentMemoryContext, 16);
		json_mark(&inner, 0);
		json_string_content(&inner, text + i, 1);
		json_string_content(writer, text + begin, i - begin);
		json_string_content(writer, inner.data + inner.mark, inner.len - inner.mark);
		inner.len = inner.mark;
		begin = i + 1;
	}
	json_string_content(writer, text + begin, size - begin);
}

static void
write_quoted_twice(JsonWriter *writer, const char *text, Size size)
{
	const char quote = '"';

	json_string_content(writer, &quote, 1);
	write_escaped_twice(writer, text, size);
	json_string_content(writer, &quote, 1);
}

static void
write_as_json_text(JsonWriter *writer, const MapEntry **entries, uint32 count)
{
	json_quote(writer);
	json_char(writer, '{');
	for (uint32 i = 0; i < count; i++)
	{
		if (i > 0)
			json_char(writer, ',');
		write_quoted_twice(writer, entries[i]->key, entries[i]->key_size);
		json_char(writer, ':');
		if (entries[i]->value)
			write_quoted_twice(writer, entries[i]->value, entries[i]->value_size);
		else
			json_null(writer);
	}
	json_char(writer, '}');
	json_quote(writer);
}

static void
write_as_map(JsonWriter *writer, const MapEntry **entries, uint32 count)
{
	json_char(writer, '{');
	for (uint32 i = 0; i < count; i++)
	{
		if (i > 0)
			json_char(writer, ',');
		json_string(writer, entries[i]->key, entries[i]->key_size);
		json_char(writer, ':');
		if (entries[i]->value)
			json_string(writer, entries[i]->value, entries[i]->value_size);
		else
			json_null(writer);
	}
	json_char(writer, '}');
}

static void
write_map(const ValueCodec *codec, const MapEntry **entries, uint32 count, JsonWriter *writer)
{
	if (codec->modes->hstore == HSTORE_JSON)
		write_as_json_text(writer, entries, count);
	else
		write_as_map(writer, entries, count);
}

static bool
encode_hstore(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	uint32 count;
	MapEntry *pairs = read_pairs(PG_DETOAST_DATUM_PACKED(datum), &count);

	if (!pairs)
		return false;
	write_map(codec, hash_map_order(pairs, count), count, writer);
	return true;
}

static bool
hstore_filler(const ValueCodec *codec, JsonWriter *writer)
{
	write_map(codec, NULL, 0, writer);
	return true;
}

/* The placeholder as key and value of one pair. */
static bool
hstore_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	const ValueModes *modes = codec->modes;
	const MapEntry pair = {modes->placeholder, modes->placeholder_size, modes->placeholder, modes->placeholder_size};
	const MapEntry *entries[] = {&pair};

	write_map(codec, entries, 1, writer);
	return true;
}

static ConnectSchema *
hstore_schema(const ValueCodec *codec)
{
	ConnectSchema *schema;

	if (codec->modes->hstore == HSTORE_JSON)
		return connect_schema_named("string", "io.debezium.data.Json", 1);
	schema = connect_schema_new("map");
	schema->keys = connect_schema_new("string");
	schema->values = connect_schema_new("string");
	schema->values->optional = true;
	return schema;
}

static const ValueEncoder hstore_encoder = {
	.name = "hstore",
	.schema = hstore_schema,
	.encode = encode_hstore,
	.filler = hstore_filler,
	.placeholder = hstore_placeholder,
};

bool
hstore_codec(ValueCodec *codec)
{
	if (codec->type < FirstNormalObjectId || get_typtype(codec->type) != TYPTYPE_BASE ||
		!type_name_is(codec->type, "hstore"))
		return false;
	codec->encoder = &hstore_encoder;
	return true;
}

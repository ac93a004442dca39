/*-------------------------------------------------------------------------
 *
 * column_mapper.c
 *	  See column_mapper.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <ctype.h>

#include "catalog/pg_type.h"
#include "common/base64.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "column_hash.h"
#include "column_mapper.h"
#include "connect_text.h"
#include "java_regex.h"
#include "pg_compat.h"

/* A mask is written for every value: its length is limited, other than in Debezium. */
#define MAX_MASK 1000000

typedef enum MapperKind
{
	MAPPER_TRUNCATE,
	MAPPER_MASK,
	MAPPER_PROPAGATE,
	MAPPER_PROPAGATE_BY_TYPE,
	MAPPER_HASH,
} MapperKind;

struct ColumnMapper
{
	MapperKind kind;
	RegexList *columns;
	int length; /* of what is left, or of the mask */
	ColumnHash *hash;
	MemoryContext context;
	List *reported; /* names of columns */
};

/* In codec->extra of a codec around another. */
typedef struct Mapped
{
	const ColumnMapper *mapper;
	const ValueCodec *inner;
	int hash_length; /* digits to show */
	bool is_binary;	 /* truncation counts bytes, not UTF-16 units */
} Mapped;

/* ---------------------------------------------------------------- options */

/* The number in the name of column.truncate.to.N.chars and column.mask.with.N.chars. */
static int
parse_length(const FamilyOption *option, int limit)
{
	const OptionDefinition *definition = &option_definitions[option->id];
	const char *start = option->name + strlen(definition->name);
	char *end;
	long length;

	errno = 0;
	length = strtol(start, &end, 10);
	if (!isdigit((unsigned char) *start) || strcmp(end, definition->suffix) != 0 || errno != 0 || length > limit)
		ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("malformed option name \"%s\"", option->name),
						errhint("Write %sN%s with N from 0 to %d.", definition->name, definition->suffix, limit)));
	return (int) length;
}

static void
add_mapper(PluginOptions *options, MapperKind kind, const char *name, const char *value, int length, ColumnHash *hash)
{
	ColumnMapper *mapper;
	RegexList *columns = regex_list_compile(options->context, name, value);

	if (columns == NULL)
		return;
	mapper = palloc0(sizeof(ColumnMapper));
	mapper->kind = kind;
	mapper->columns = columns;
	mapper->length = length;
	mapper->hash = hash;
	mapper->context = options->context;
	options->column_mappers = lappend(options->column_mappers, mapper);
}

static void
add_family_option(PluginOptions *options, const FamilyOption *option)
{
	const char *rest = option->name + strlen(option_definitions[option->id].name);
	ColumnHash *hash = NULL;
	MapperKind kind = MAPPER_HASH;
	int length = 0;

	switch (option->id)
	{
		case OPT_FAMILY_COLUMN_TRUNCATE:
			kind = MAPPER_TRUNCATE;
			length = parse_length(option, PG_INT32_MAX);
			break;
		case OPT_FAMILY_COLUMN_MASK_WITH:
			kind = MAPPER_MASK;
			length = parse_length(option, MAX_MASK);
			break;
		default:
			hash = column_hash_parse(option->name, rest, option->id == OPT_FAMILY_COLUMN_MASK_HASH);
			break;
	}
	add_mapper(options, kind, option->name, option->value, length, hash);
}

static int
compare_names(const ListCell *left, const ListCell *right)
{
	return strcmp(((const FamilyOption *) lfirst(left))->name, ((const FamilyOption *) lfirst(right))->name);
}

static void
add_family(PluginOptions *options, OptionId id)
{
	ListCell *cell;

	foreach (cell, options->families)
	{
		const FamilyOption *option = lfirst(cell);

		if (option->id == id)
			add_family_option(options, option);
	}
}

static void
add_list(PluginOptions *options, OptionId id, MapperKind kind)
{
	add_mapper(options, kind, option_definitions[id].name, options->values[id].text, 0, NULL);
}

void
column_mappers_parse(PluginOptions *options)
{
	list_sort(options->families, compare_names);
	add_family(options, OPT_FAMILY_COLUMN_TRUNCATE);
	add_family(options, OPT_FAMILY_COLUMN_MASK_WITH);
	add_list(options, OPT_COLUMN_PROPAGATE_SOURCE_TYPE, MAPPER_PROPAGATE);
	add_list(options, OPT_DATATYPE_PROPAGATE_SOURCE_TYPE, MAPPER_PROPAGATE_BY_TYPE);
	add_family(options, OPT_FAMILY_COLUMN_MASK_HASH);
	add_family(options, OPT_FAMILY_COLUMN_MASK_HASH_V2);
}

ColumnMapper *
column_mapper_find(const PluginOptions *options, const char *schema, const char *table, const char *column,
				   const SourceType *source)
{
	char *by_column = psprintf("%s.%s.%s", schema, table, column);
	char *by_type = psprintf("%s.%s.%s", schema, table, source->name);
	ListCell *cell;

	foreach (cell, options->column_mappers)
	{
		ColumnMapper *mapper = lfirst(cell);
		const char *subject = mapper->kind == MAPPER_PROPAGATE_BY_TYPE ? by_type : by_column;

		if (regex_list_matches(mapper->columns, subject, strlen(subject)))
			return mapper;
	}
	return NULL;
}

/* ---------------------------------------------------------------- schema */

static bool
can_truncate(const ColumnMapper *mapper, const SourceType *source)
{
	return source->length == NO_LENGTH || source->length > mapper->length;
}

static void
propagate(const char *column, const SourceType *source, ConnectSchema *field)
{
	char *name = pstrdup(source->name);

	/* only ASCII letters: the server has no upper case of all of Unicode that is the same everywhere */
	for (char *at = name; *at; at++)
		*at = pg_ascii_toupper((unsigned char) *at);
	connect_schema_parameter(field, "__debezium.source.column.type", name);
	if (source->length != NO_LENGTH)
		connect_schema_parameter(field, "__debezium.source.column.length", psprintf("%d", source->length));
	if (source->scale != NO_SCALE)
		connect_schema_parameter(field, "__debezium.source.column.scale", psprintf("%d", source->scale));
	connect_schema_parameter(field, "__debezium.source.column.name", column);
}

void
column_mapper_schema(const ColumnMapper *mapper, const char *column, const SourceType *source, ConnectSchema *field)
{
	switch (mapper->kind)
	{
		case MAPPER_TRUNCATE:
			if (can_truncate(mapper, source))
				connect_schema_parameter(field, "truncateLength", psprintf("%d", mapper->length));
			break;
		case MAPPER_MASK:
		case MAPPER_HASH:
			connect_schema_parameter(field, "masked", "true");
			break;
		case MAPPER_PROPAGATE:
		case MAPPER_PROPAGATE_BY_TYPE:
			propagate(column, source, field);
			break;
	}
}

/* ---------------------------------------------------------------- masks */

static bool
write_mask(const ValueCodec *codec, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	char *mask = palloc(mapped->mapper->length + 1);

	memset(mask, '*', mapped->mapper->length);
	json_string(writer, mask, mapped->mapper->length);
	return true;
}

static bool
mask_encode(const ValueCodec *codec, Datum datum pg_attribute_unused(), JsonWriter *writer)
{
	return write_mask(codec, writer);
}

static bool
mask_default(const ValueCodec *codec, const char *literal pg_attribute_unused(), JsonWriter *writer)
{
	return write_mask(codec, writer);
}

/* ---------------------------------------------------------------- hashes */

static bool
write_hash(const ValueCodec *codec, const char *text, Size size, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	char digits[COLUMN_HASH_DIGITS];
	int count = column_hash_digest(mapped->mapper->hash, text, size, digits);

	json_string(writer, digits, Min(count, mapped->hash_length));
	return true;
}

static bool
hash_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	Size size;
	const char *text = value_text(mapped->inner, datum, &size);

	return text != NULL && write_hash(codec, text, size, writer);
}

/* The filler of all text is empty. */
static bool
hash_filler(const ValueCodec *codec, JsonWriter *writer)
{
	return write_hash(codec, "", 0, writer);
}

static bool
hash_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	return write_hash(codec, codec->modes->placeholder, codec->modes->placeholder_size, writer);
}

static bool
hash_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	return write_hash(codec, literal ? literal : "", literal ? strlen(literal) : 0, writer);
}

/* ---------------------------------------------------------------- truncation */

/* Bytes that the UTF-16 unit, or the surrogate pair, at that place of a JSON string's content takes. */
static Size
unit_size(const char *at)
{
	if (*at == '\\')
		return at[1] == 'u' ? 6 : 2;
	return pg_utf_mblen((const unsigned char *) at);
}

/*
 * The first units of a JSON string.  Cut in the form in which it was just
 * written, where each unit is a character or an escape of its own: so the
 * first half of a surrogate pair can stay, as it does in Debezium.
 */
static void
write_cut_string(JsonWriter *string, int units, JsonWriter *writer)
{
	Size end = 1;

	for (int i = 0; i < units && end < string->len - 1; i++)
		end += unit_size(string->data + end);
	string->data[end] = '"';
	if (writer->strings == STRINGS_JSON)
		json_raw(writer, string->data, end + 1);
	else
		connect_scalar_text(string->data, end + 1, writer);
}

/* The first bytes of a base64 string: only as many digits are looked at as hold them. */
static void
write_cut_base64(const JsonWriter *string, int bytes, JsonWriter *writer)
{
	Size wanted = ((Size) bytes + 2) / 3 * 4;
	int digits = (int) Min(string->len - 2, wanted);
	char *decoded = palloc(pg_b64_dec_len(digits) + 1);
	int size = pg_b64_decode(string->data + 1, digits, (void *) decoded, pg_b64_dec_len(digits));

	json_base64(writer, decoded, Min(size, bytes), false);
}

/* What was written to string, cut, to writer. */
static bool
write_cut(const ValueCodec *codec, JsonWriter *string, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;

	if (mapped->is_binary)
		write_cut_base64(string, mapped->mapper->length, writer);
	else
		write_cut_string(string, mapped->mapper->length, writer);
	return true;
}

/*
 * The beginning of a large value that holds all that will be shown, so that
 * the rest is neither decompressed nor written.  Other types, and lengths
 * where that does not pay, are left as they are.
 */
static Datum
shortened(const Mapped *mapped, Datum datum)
{
	int length = mapped->mapper->length;
	struct varlena *part;

	/* in SQL_ASCII, bytes are not characters */
	if (length > 1024 * 1024 || (!mapped->is_binary && GetDatabaseEncoding() == PG_SQL_ASCII))
		return datum;
	switch (mapped->inner->type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case JSONOID:
			/* one more than is wanted: clipping looks at the next character, which must be whole */
			part = PG_DETOAST_DATUM_SLICE(datum, 0, (length + 1) * pg_database_encoding_max_length());
			SET_VARSIZE(part, VARHDRSZ + pg_mbcharcliplen(VARDATA(part), VARSIZE(part) - VARHDRSZ, length));
			return PointerGetDatum(part);
		case BYTEAOID:
			if (mapped->is_binary)
				return PointerGetDatum(PG_DETOAST_DATUM_SLICE(datum, 0, length));
			return datum;
		default:
			return datum;
	}
}

static bool
truncate_encode(const ValueCodec *codec, Datum datum, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	JsonWriter string;

	json_writer_init(&string, CurrentMemoryContext, 256);
	json_mark(&string, 0);
	return mapped->inner->encoder->encode(mapped->inner, shortened(mapped, datum), &string) &&
		   write_cut(codec, &string, writer);
}

static bool
truncate_filler(const ValueCodec *codec, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	JsonWriter string;

	json_writer_init(&string, CurrentMemoryContext, 64);
	json_mark(&string, 0);
	return mapped->inner->encoder->filler(mapped->inner, &string) && write_cut(codec, &string, writer);
}

/* That of binary columns is not of the class that Debezium truncates. */
static bool
truncate_placeholder(const ValueCodec *codec, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	JsonWriter string;

	if (mapped->is_binary)
		return mapped->inner->encoder->placeholder(mapped->inner, writer);
	json_writer_init(&string, CurrentMemoryContext, 64);
	json_mark(&string, 0);
	return mapped->inner->encoder->placeholder(mapped->inner, &string) && write_cut(codec, &string, writer);
}

static bool
truncate_default(const ValueCodec *codec, const char *literal, JsonWriter *writer)
{
	const Mapped *mapped = codec->extra;
	JsonWriter string;

	json_writer_init(&string, CurrentMemoryContext, 64);
	json_mark(&string, 0);
	return mapped->inner->encoder->default_value(mapped->inner, literal, &string) && write_cut(codec, &string, writer);
}

/* ---------------------------------------------------------------- codecs */

/* The types whose values JDBC calls CHAR or VARCHAR: others are not masked. */
static bool
is_character_type(Oid type)
{
	switch (type)
	{
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case NAMEOID:
		case CHAROID:
			return true;
		default:
			return get_typtype(type) == TYPTYPE_ENUM;
	}
}

/* A codec around another.  What the other one's type does not have, it does not have either. */
static ValueCodec *
wrap(const ColumnMapper *mapper, const SourceType *source, ValueCodec *codec, const ValueEncoder *functions)
{
	const ValueEncoder *inner = codec->encoder;
	ValueEncoder *encoder = palloc(sizeof(ValueEncoder));
	ValueCodec *wrapped = palloc(sizeof(ValueCodec));
	Mapped *mapped = palloc0(sizeof(Mapped));

	*encoder = *functions;
	encoder->name = inner->name;
	encoder->schema = inner->schema;
	encoder->filler = inner->filler ? functions->filler : NULL;
	encoder->placeholder = inner->placeholder ? functions->placeholder : NULL;
	encoder->default_value = inner->default_value ? functions->default_value : NULL;
	mapped->mapper = mapper;
	mapped->inner = codec;
	mapped->hash_length = source->length > 0 ? source->length : COLUMN_HASH_DIGITS;
	*wrapped = *codec;
	wrapped->encoder = encoder;
	wrapped->extra = mapped;
	return wrapped;
}

static ValueCodec *
truncating_codec(const ColumnMapper *mapper, const SourceType *source, ValueCodec *codec)
{
	static const ValueEncoder functions = {.encode = truncate_encode,
										   .filler = truncate_filler,
										   .placeholder = truncate_placeholder,
										   .default_value = truncate_default};
	const ConnectSchema *schema = codec->encoder->schema(codec);
	bool is_binary = strcmp(schema->type, "bytes") == 0 && schema->name == NULL;
	ValueCodec *wrapped;

	if (!can_truncate(mapper, source) || (strcmp(schema->type, "string") != 0 && !is_binary))
		return codec;
	wrapped = wrap(mapper, source, codec, &functions);
	((Mapped *) wrapped->extra)->is_binary = is_binary;
	return wrapped;
}

ValueCodec *
column_mapper_codec(const ColumnMapper *mapper, const SourceType *source, ValueCodec *codec, bool *untouched)
{
	static const ValueEncoder mask = {
		.encode = mask_encode, .filler = write_mask, .placeholder = write_mask, .default_value = mask_default};
	static const ValueEncoder hash = {
		.encode = hash_encode, .filler = hash_filler, .placeholder = hash_placeholder, .default_value = hash_default};
	bool hides = mapper->kind == MAPPER_MASK || mapper->kind == MAPPER_HASH;

	*untouched = hides && !is_character_type(codec->type);
	if (mapper->kind == MAPPER_TRUNCATE)
		return truncating_codec(mapper, source, codec);
	if (!hides || *untouched)
		return codec;
	return wrap(mapper, source, codec, mapper->kind == MAPPER_MASK ? &mask : &hash);
}

bool
column_mapper_hides_null(const ColumnMapper *mapper)
{
	return mapper->kind == MAPPER_MASK;
}

bool
column_mapper_report(ColumnMapper *mapper, const char *column)
{
	MemoryContext previous;
	ListCell *cell;

	foreach (cell, mapper->reported)
		if (strcmp(lfirst(cell), column) == 0)
			return false;
	previous = MemoryContextSwitchTo(mapper->context);
	mapper->reported = lappend(mapper->reported, pstrdup(column));
	MemoryContextSwitchTo(previous);
	return true;
}

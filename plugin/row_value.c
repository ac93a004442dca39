/*-------------------------------------------------------------------------
 *
 * row_value.c
 *	  See row_value.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "common/base64.h"

#include "connect_text.h"
#include "frame_format.h"
#include "row_value.h"

/* ---------------------------------------------------------------- columns */

typedef struct RowSource
{
	RowWriter *rows;
	const RelationSchema *schema;
	const RowPlan *row;
	const RowImage *image;
} RowSource;

/* What its JSON tells of a scalar; bytes are decoded. */
static ConnectValue
bytes_from_json(const char *json, Size size)
{
	int digits = (int) size - 2;
	char *bytes = palloc(pg_b64_dec_len(digits) + 1);
	int count = pg_b64_decode(json + 1, digits, (void *) bytes, pg_b64_dec_len(digits));

	return connect_bytes(bytes, Max(count, 0));
}

static bool
is_nested(const ConnectSchema *schema)
{
	return strcmp(schema->type, "array") == 0 || strcmp(schema->type, "map") == 0 ||
		   strcmp(schema->type, "struct") == 0;
}

static ConnectValue
scalar_from_text(const ConnectSchema *schema, const char *text, Size size)
{
	if (strcmp(schema->type, "string") == 0)
		return connect_string_sized(text, size);
	if (strcmp(schema->type, "bytes") == 0)
		return connect_bytes(text, size);
	if (strcmp(schema->type, "boolean") == 0)
		return connect_boolean(size > 0 && text[0] == 't');
	if (strcmp(schema->type, "float") == 0)
		return connect_float(strtof(pnstrdup(text, size), NULL));
	if (strcmp(schema->type, "double") == 0)
		return connect_float(strtod(pnstrdup(text, size), NULL));
	return connect_integer(strtoll(pnstrdup(text, size), NULL, 10));
}

static ConnectValue
nested_from_json(const char *json, Size size)
{
	ConnectValue value = {.kind = VALUE_JSON, .bytes = json, .size = size};

	return value;
}

/* A text that the column's plan holds. */
static ConnectValue
value_from_constant(const ConnectSchema *schema, const FixedText *constant)
{
	JsonWriter text;

	if (is_nested(schema))
		return nested_from_json(constant->text, constant->size);
	if (strcmp(schema->type, "bytes") == 0 && constant->text[0] == '"')
		return bytes_from_json(constant->text, constant->size);
	json_writer_init(&text, CurrentMemoryContext, constant->size);
	connect_scalar_text(constant->text, constant->size, &text);
	return scalar_from_text(schema, text.data, text.len);
}

/* False: it cannot be converted. */
static bool
value_from_datum(const ColumnPlan *column, const ConnectSchema *schema, Datum datum, ConnectValue *value)
{
	JsonWriter text;

	json_writer_init(&text, CurrentMemoryContext, 64);
	if (strcmp(schema->type, "bytes") == 0)
		text.strings = STRINGS_BYTES;
	else if (!is_nested(schema))
		text.strings = STRINGS_BARE;
	if (!column->codec->encoder->encode(column->codec, datum, &text))
		return false;
	if (is_nested(schema))
		*value = nested_from_json(text.data, text.len);
	else
		*value = scalar_from_text(schema, text.data, text.len);
	return true;
}

/* Has the failure reported; what then is written in place of the value is null or a default. */
static ConnectValue
unwritable(const RowSource *row, ColumnPlan *column)
{
	JsonWriter ignored;

	json_writer_init(&ignored, CurrentMemoryContext, 64);
	row_write_value(row->rows, row->schema, column, row->image, &ignored);
	return connect_null();
}

static void
column_resolve(const void *source, int index, const ConnectSchema *schema, ConnectValue *value)
{
	const RowSource *row = source;
	ColumnPlan *column = &row->row->columns[index];
	const FixedText *constant;
	Datum datum;

	switch (row_column_state(column, row->image, &datum, &constant))
	{
		case COLUMN_VALUE:
			if (!value_from_datum(column, schema, datum, value))
				*value = unwritable(row, column);
			break;
		case COLUMN_NULL:
			*value = connect_null();
			break;
		case COLUMN_CONSTANT:
			*value = value_from_constant(schema, constant);
			break;
		case COLUMN_UNWRITABLE:
			*value = unwritable(row, column);
			break;
	}
}

static void
column_write(const void *source, int index, ConnectOutput *output)
{
	const RowSource *row = source;

	row_write_value(row->rows, row->schema, &row->row->columns[index], row->image, output->writer);
}

static const DeferredMethods column_methods = {.write = column_write, .resolve = column_resolve};

ConnectValue
row_value(RowWriter *rows, const RelationSchema *schema, const RowPlan *row, const RowImage *image)
{
	RowSource *source;
	ConnectValue value = {.kind = VALUE_STRUCT, .count = row->count + (row->constant_text ? 1 : 0)};
	const FixedText *constant;
	Datum datum;

	if (image == NULL)
		return connect_null();
	source = palloc(sizeof(RowSource));
	source->rows = rows;
	source->schema = schema;
	source->row = row;
	source->image = image;
	value.items = palloc(Max(value.count, 1) * sizeof(ConnectValue));
	for (int i = 0; i < row->count; i++)
	{
		ConnectValue *item = &value.items[i];

		item->kind = VALUE_DEFERRED;
		item->count = i;
		item->methods = &column_methods;
		item->source = source;
		if (row_column_state(&row->columns[i], image, &datum, &constant) == COLUMN_NULL)
			item->kind = VALUE_NULL;
	}
	if (row->constant_text)
		value.items[row->count] = connect_string(row->constant_text);
	return value;
}

/* ---------------------------------------------------------------- source */

typedef struct SourceSource
{
	const SourceBlock *block;
	const FixedText *table;
	const char *schema_name;
	const char *table_name;
	XLogRecPtr lsn;
	bool hole;
} SourceSource;

static void
source_resolve(const void *source, int index pg_attribute_unused(), const ConnectSchema *schema, ConnectValue *value)
{
	const SourceSource *from = source;

	*value = connect_struct(schema);
	source_block_values(from->block, from->schema_name, from->table_name, from->lsn, value->items);
}

/* Where nobody fills it in. */
static void
fill_hole(JsonWriter *writer, uint8 hole, Size at)
{
	const char *text = connect_hole_text(hole);
	Size size = strlen(text);
	Size behind = writer->len - at;

	json_raw(writer, text, size);
	if (writer->overflowed)
		return;
	memmove(writer->data + at + size, writer->data + at, behind);
	memcpy(writer->data + at, text, size);
}

static void
source_write(const void *source, int index pg_attribute_unused(), ConnectOutput *output)
{
	const SourceSource *from = source;
	Size at;
	uint8 hole =
		source_block_write_hole(from->block, output->writer, from->table->text, from->table->size, from->lsn, &at);

	if (from->hole && output->hole != NULL)
		output->hole(output->arg, hole, at);
	else if (from->hole && !output->writer->overflowed)
		fill_hole(output->writer, hole, at);
}

static int
source_holes(const void *source)
{
	return ((const SourceSource *) source)->hole ? 1 : 0;
}

static const DeferredMethods source_methods = {.write = source_write, .resolve = source_resolve, .holes = source_holes};

ConnectValue
source_value(const SourceBlock *source, const FixedText *source_table, const char *schema_name, const char *table_name,
			 XLogRecPtr lsn, bool hole)
{
	SourceSource *from = palloc(sizeof(SourceSource));
	ConnectValue value = {.kind = VALUE_DEFERRED, .methods = &source_methods, .source = from};

	from->block = source;
	from->table = source_table;
	from->schema_name = schema_name;
	from->table_name = table_name;
	from->lsn = lsn;
	from->hole = hole;
	return value;
}

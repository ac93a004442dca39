/*-------------------------------------------------------------------------
 *
 * row_writer.c
 *	  See row_writer.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"

#include "encode_nested.h"
#include "frame_format.h"
#include "row_writer.h"

/*
 * Debezium's task stops on a key that cannot be converted, whatever the failure handling mode says: its rows would
 * share a key.  Three values are null there: a timestamp that nanoseconds cannot hold, an array with a null item, and
 * bit[].
 */
static bool
stops_in_key(const ColumnPlan *column)
{
	return column->in_key && column->codec->type != TIMESTAMPOID && !array_items_required(column->codec) &&
		   !array_is_never_written(column->codec);
}

/* A value that cannot be converted becomes null, if null can be written; else the record is refused. */
static void
write_unconvertible(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, JsonWriter *writer)
{
	FailureMode mode = (FailureMode) option_number(rows->options, EVENT_CONVERTING_FAILURE_HANDLING_MODE);
	char *where = psprintf("column \"%s\" of table \"%s\"", column->name, relation_schema_name(schema));

	if (mode == FAILURE_FAIL)
		batch_record_refuse(rows->batch, REFUSED_NOT_CONVERTIBLE,
							psprintf("a value of %s cannot be converted and "
									 "event.converting.failure.handling.mode is fail",
									 where));
	else if (stops_in_key(column))
		batch_record_refuse(rows->batch, REFUSED_NOT_CONVERTIBLE,
							psprintf("a value of %s cannot be converted and the column is part of the key", where));
	else if (column->null_value.text == NULL)
		batch_record_refuse(rows->batch, REFUSED_NOT_CONVERTIBLE,
							psprintf("a value of %s cannot be converted and the column is NOT NULL", where));
	else
		json_raw(writer, column->null_value.text, column->null_value.size);
	if (mode == FAILURE_WARN && !column->failure_reported)
	{
		column->failure_reported = true;
		ereport(WARNING,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("values of %s cannot be converted; null is written", where),
				 errhint("This is said once per table; see event.converting.failure.handling.mode.")));
	}
}

static inline void
write_value(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, Datum value, JsonWriter *writer)
{
	if (!column->codec->encoder->encode(column->codec, value, writer))
		write_unconvertible(rows, schema, column, writer);
}

static inline bool
is_in_toast(Datum value)
{
	return VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value));
}

/* An unchanged TOAST value: from the old row if that is whole, else the placeholder. */
static ColumnState
toasted_state(const ColumnPlan *column, const RowImage *old, Datum *value, const FixedText **text)
{
	if (old != NULL && !old->nulls[column->attribute] && !is_in_toast(old->values[column->attribute]))
	{
		*value = old->values[column->attribute];
		return COLUMN_VALUE;
	}
	*text = &column->unavailable;
	return column->unavailable.text ? COLUMN_CONSTANT : COLUMN_UNWRITABLE;
}

/*
 * A value that is not in the tuple.  Where decoding has put it together from
 * its pieces, the value itself is taken: detoasting would copy it first.
 */
static ColumnState
external_state(const ColumnPlan *column, const RowImage *image, Datum *value, const FixedText **text)
{
	struct varatt_indirect whole;

	if (is_in_toast(*value) && !image->detoast)
		return toasted_state(column, image->toast, value, text);
	if (VARATT_IS_EXTERNAL_INDIRECT(DatumGetPointer(*value)))
	{
		VARATT_EXTERNAL_GET_POINTER(whole, DatumGetPointer(*value));
		*value = PointerGetDatum(whole.pointer);
	}
	return COLUMN_VALUE;
}

static inline ColumnState
column_state(const ColumnPlan *column, const RowImage *image, Datum *value, const FixedText **text)
{
	if (unlikely(image->partial && !column->in_identity))
		*text = &column->filler;
	else if (image->nulls[column->attribute])
		*text = &column->null_value;
	else
	{
		*value = image->values[column->attribute];
		if (column->varlena && unlikely(VARATT_IS_EXTERNAL(DatumGetPointer(*value))))
			return external_state(column, image, value, text);
		return COLUMN_VALUE;
	}
	if ((*text)->text == NULL)
		return COLUMN_UNWRITABLE;
	return (*text)->shows_null ? COLUMN_NULL : COLUMN_CONSTANT;
}

ColumnState
row_column_state(const ColumnPlan *column, const RowImage *image, Datum *value, const FixedText **text)
{
	return column_state(column, image, value, text);
}

static inline void
write_column_value(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, const RowImage *image,
				   JsonWriter *writer)
{
	const FixedText *text;
	Datum value;

	switch (column_state(column, image, &value, &text))
	{
		case COLUMN_VALUE:
			write_value(rows, schema, column, value, writer);
			break;
		case COLUMN_NULL:
		case COLUMN_CONSTANT:
			json_raw(writer, text->text, text->size);
			break;
		case COLUMN_UNWRITABLE:
			write_unconvertible(rows, schema, column, writer);
			break;
	}
}

void
row_write_value(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, const RowImage *image,
				JsonWriter *writer)
{
	write_column_value(rows, schema, column, image, writer);
}

void
row_write_column(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, const RowImage *image,
				 JsonWriter *writer)
{
	json_raw_short(writer, column->prefix.text, column->prefix.size);
	write_column_value(rows, schema, column, image, writer);
}

void
row_write(RowWriter *rows, const RelationSchema *schema, const RowPlan *row, const RowImage *image, JsonWriter *writer)
{
	if (row->count == 0 && row->constant.size == 0)
		json_char(writer, '{');
	for (int i = 0; i < row->count; i++)
	{
		ColumnPlan *column = &row->columns[i];

		json_raw_short(writer, column->prefix.text, column->prefix.size);
		write_column_value(rows, schema, column, image, writer);
	}
	if (row->constant.size > 0)
		json_raw(writer, row->constant.text, row->constant.size);
	json_char(writer, '}');
}

static bool
is_made_up(const ColumnPlan *column, const RowImage *image)
{
	const FixedText *text;
	Datum value;

	if (image->partial && !column->in_identity)
		return true;
	if (!column->varlena || image->nulls[column->attribute])
		return false;
	return column_state(column, image, &value, &text) != COLUMN_VALUE;
}

bool
row_key_is_known(const RelationSchema *schema, const RowImage *image)
{
	for (int i = 0; i < schema->key.count; i++)
		if (is_made_up(&schema->key.columns[i], image))
			return false;
	return schema->key.count > 0;
}

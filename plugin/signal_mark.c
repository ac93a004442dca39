/*-------------------------------------------------------------------------
 *
 * signal_mark.c
 *	  See signal_mark.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "mb/pg_wchar.h"

#include "signal_mark.h"

/* id, type, data: by position, whatever their names */
#define SIGNAL_COLUMNS 3

static void
write_mark(const SignalPlace *place, const char *channel, const char *data, Size size)
{
	BatchMark mark = {.lsn = place->lsn, .channel = channel, .data = data, .data_size = size};
	JsonWriter sequence;

	json_writer_init(&sequence, CurrentMemoryContext, 64);
	json_mark(&sequence, 0);
	source_sequence_write(place->source, &sequence, place->lsn);
	mark.sequence = sequence.data;
	mark.sequence_size = sequence.len;
	batch_mark(place->rows->batch, &mark);
}

void
signal_mark_message(const SignalPlace *place, const char *content, Size size)
{
	Size utf8_size;
	const char *utf8 = text_to_utf8(content, size, &utf8_size);

	/* where nothing is converted nothing has been checked */
	if (utf8 != NULL && pg_verify_mbstr(PG_UTF8, utf8, (int) utf8_size, true))
		write_mark(place, "message", utf8, utf8_size);
	else
		ereport(WARNING, (errcode(ERRCODE_CHARACTER_NOT_IN_REPERTOIRE),
						  errmsg("a signal at LSN %X/%X is left out: it is not valid in encoding \"%s\"",
								 LSN_FORMAT_ARGS(place->lsn), GetDatabaseEncodingName())));
}

static bool
has_signal_columns(const RelationSchema *schema)
{
	if (schema->row.count == SIGNAL_COLUMNS)
		return true;
	ereport(WARNING,
			(errcode(ERRCODE_INVALID_TABLE_DEFINITION),
			 errmsg("a signal in table \"%s\" is left out: the table has %d captured columns instead of %d",
					relation_schema_name(schema), schema->row.count, SIGNAL_COLUMNS),
			 errhint("CREATE TABLE %s (id varchar(42) PRIMARY KEY, type varchar(32) NOT NULL, data varchar(2048)).",
					 relation_schema_name(schema))));
	return false;
}

/* Lives until the event ends. */
static RowImage *
row_image(Relation rel, HeapTuple tuple)
{
	TupleDesc descriptor = RelationGetDescr(rel);
	RowImage *image = palloc0(sizeof(RowImage));

	image->values = palloc(descriptor->natts * sizeof(Datum));
	image->nulls = palloc(descriptor->natts * sizeof(bool));
	heap_deform_tuple(tuple, descriptor, image->values, image->nulls);
	return image;
}

/* The object is closed, sent and forgotten. */
static void
send_object(const SignalPlace *place, JsonWriter *object)
{
	json_char(object, '}');
	write_mark(place, "source", object->data, object->len);
	/* a value beyond conversion concerned the row's own record */
	(void) batch_take_refusal(place->rows->batch);
}

void
signal_mark_insert(const SignalPlace *place, const RelationSchema *schema, Relation rel, HeapTuple row)
{
	const RowImage *image = row_image(rel, row);
	JsonWriter object;

	if (!has_signal_columns(schema))
		return;
	json_writer_init(&object, CurrentMemoryContext, 256);
	json_mark(&object, 0);
	json_literal(&object, JSON_FIRST("id"));
	row_write_value(place->rows, schema, &schema->row.columns[0], image, &object);
	json_literal(&object, JSON_NEXT("type"));
	row_write_value(place->rows, schema, &schema->row.columns[1], image, &object);
	json_literal(&object, JSON_NEXT("data"));
	row_write_value(place->rows, schema, &schema->row.columns[2], image, &object);
	send_object(place, &object);
}

void
signal_mark_delete(const SignalPlace *place, const RelationSchema *schema, Relation rel, HeapTuple old)
{
	RowImage *image = row_image(rel, old);
	JsonWriter object;

	if (!has_signal_columns(schema))
		return;
	image->partial = schema->replica_identity != REPLICA_IDENTITY_FULL;
	json_writer_init(&object, CurrentMemoryContext, 64);
	json_mark(&object, 0);
	json_literal(&object, JSON_FIRST("deleted"));
	row_write_value(place->rows, schema, &schema->row.columns[0], image, &object);
	send_object(place, &object);
}

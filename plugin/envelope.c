/*-------------------------------------------------------------------------
 *
 * envelope.c
 *	  See envelope.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "lib/stringinfo.h"
#include "utils/memutils.h"

#include "encode_nested.h"
#include "connect_text.h"
#include "context_headers.h"
#include "envelope.h"
#include "envelope_record.h"
#include "envelope_schema.h"
#include "frame_format.h"
#include "java_hash.h"
#include "row_writer.h"
#include "topic_name.h"

struct Envelope
{
	const PluginOptions *options;
	FrameBatch *batch;
	TxnState *txn;
	DictionaryEntry *headers; /* __debezium.context.*; NULL: none */
	DictionaryEntry *message_topic;
	DictionaryEntry *message_key_schema;
	const ConnectSchema *message_key_text; /* as RecordParts.key_text */
	DictionaryEntry *message_value_schema;
	RowWriter row_writer;
	EnvelopeRecords *records;  /* NULL: without transforms records are written straight away */
	JsonWriter keys[2];		   /* old and new key of one event */
	JsonWriter header_keys[2]; /* the same for headers */
	JsonWriter rows[2];		   /* for comparing rows */
	StringInfoData own_headers;
	MemoryContext context;
	int room; /* of the arrays below */
	RowImage images[2];
};

Envelope *
envelope_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch, TxnState *txn, const char *run_id)
{
	Envelope *envelope = MemoryContextAllocZero(context, sizeof(Envelope));
	Dictionary *dictionary = batch_dictionary(batch);
	char *topic = topic_for_messages(options);

	envelope->context = context;
	envelope->options = options;
	envelope->batch = batch;
	envelope->txn = txn;
	envelope->row_writer.options = options;
	envelope->row_writer.batch = batch;
	if (txn->records != NULL)
		envelope->records = envelope_records_new(context, options, txn, &envelope->row_writer);
	envelope->headers = context_headers(options, dictionary, run_id);
	envelope->message_topic = dictionary_intern_string(dictionary, ENTRY_TOPIC, topic, strlen(topic));
	if (option_number(options, KEY_CONVERTER) == CONVERTER_STRING)
		envelope->message_key_text = message_key_schema();
	if (keys_have_schema(options))
		envelope->message_key_schema = schema_entry(dictionary, message_key_schema());
	if (option_bool(options, VALUE_CONVERTER_SCHEMAS_ENABLE))
		envelope->message_value_schema = schema_entry(dictionary, message_value_schema(options));
	for (int i = 0; i < 2; i++)
	{
		json_writer_init(&envelope->keys[i], context, 256);
		json_writer_init(&envelope->header_keys[i], context, 256);
		json_writer_init(&envelope->rows[i], context, 256);
	}
	initStringInfo(&envelope->own_headers);
	return envelope;
}

/* ---------------------------------------------------------------- rows */

static RowImage *
deform(Envelope *envelope, int which, Relation rel, HeapTuple tuple)
{
	TupleDesc descriptor = RelationGetDescr(rel);
	RowImage *image = &envelope->images[which];

	if (envelope->room < descriptor->natts)
	{
		envelope->room = descriptor->natts + 16;
		for (int i = 0; i < 2; i++)
		{
			envelope->images[i].values = MemoryContextAlloc(envelope->context, envelope->room * sizeof(Datum));
			envelope->images[i].nulls = MemoryContextAlloc(envelope->context, envelope->room * sizeof(bool));
		}
	}
	image->partial = false;
	image->toast = NULL;
	heap_deform_tuple(tuple, descriptor, image->values, image->nulls);
	return image;
}

/* ---------------------------------------------------------------- records */

/* One reading of the clock in ns, as digits: cut off the last 3 for us, 6 for ms. */
typedef struct ClockDigits
{
	char text[JSON_SHORT];
	Size size;
} ClockDigits;

static void
read_clock(ClockDigits *clock)
{
	JsonWriter writer = {.data = clock->text, .capacity = sizeof(clock->text)};

	json_uint64(&writer, (uint64) processing_time_ns());
	clock->size = writer.len;
}

/* "op" and the processing time. */
static void
write_operation(const PluginOptions *options, char op, JsonWriter *writer)
{
	ClockDigits clock;

	read_clock(&clock);
	json_literal(writer, JSON_NEXT("op"));
	json_char(writer, '"');
	json_char(writer, op);
	json_char(writer, '"');
	json_literal(writer, JSON_NEXT("ts_ms"));
	json_raw_short(writer, clock.text, clock.size - 6);
	if (options->release < RELEASE_TS_RESOLUTIONS)
		return;
	json_literal(writer, JSON_NEXT("ts_us"));
	json_raw_short(writer, clock.text, clock.size - 3);
	json_literal(writer, JSON_NEXT("ts_ns"));
	json_raw_short(writer, clock.text, clock.size);
}

/* The mark of a snapshot row (or its sequence) is known to the reader of the frames only. */
static bool
has_hole(const Envelope *envelope, char op)
{
	return op == 'r' && option_number(envelope->options, FORMAT) == FORMAT_FRAMES;
}

/* Everything behind "after". */
static void
write_rest(Envelope *envelope, RelationSchema *schema, char op, XLogRecPtr lsn, JsonWriter *writer)
{
	bool early = envelope->options->release >= RELEASE_TRANSACTION_BEFORE_OP;
	uint8 hole;
	Size hole_at;

	json_literal(writer, JSON_NEXT("source"));
	hole = source_block_write_hole(envelope->txn->source, writer, schema->source_table.text, schema->source_table.size,
								   lsn, &hole_at);
	if (has_hole(envelope, op))
		batch_hole(envelope->batch, hole, hole_at);
	if (early)
		txn_block_write(envelope->txn, schema, lsn, writer);
	write_operation(envelope->options, op, writer);
	if (!early)
		txn_block_write(envelope->txn, schema, lsn, writer);
	json_char(writer, '}');
}

static void
write_key_header(Envelope *envelope, const Change *change, RecordParts *parts)
{
	StringInfo wire = &envelope->own_headers;

	if (change->header == NULL)
		return;
	resetStringInfo(wire);
	appendStringInfoChar(wire, 1);
	appendStringInfoChar(wire, 0);
	header_append(wire, change->header, change->header_key->data, change->header_key->len);
	parts->own_headers = wire->data;
	parts->own_headers_size = wire->len;
}

static void
write_key(Envelope *envelope, const RelationSchema *schema, const Change *change, JsonWriter *writer)
{
	if (change->key != NULL)
		json_raw(writer, change->key->data, change->key->len);
	else if (change->key_image != NULL && schema->keyed)
		row_write(&envelope->row_writer, schema, &schema->key, change->key_image, writer);
}

static bool
has_key(const RelationSchema *schema, const Change *change)
{
	return schema->keyed && (change->key != NULL || change->key_image != NULL);
}

static bool
has_null_items(const RelationSchema *schema, const RowImage *image)
{
	for (int i = 0; image != NULL && i < schema->row.count; i++)
	{
		const ColumnPlan *column = &schema->row.columns[i];
		Datum value = image->values[column->attribute];

		if (!column->required_items || image->nulls[column->attribute])
			continue;
		if (VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(value)) && !image->detoast)
			continue;
		if (array_shows_null_item(value))
			return true;
	}
	return false;
}

/* What a row holds may need a schema that allows more than the usual one. */
static bool
needs_loose_schema(const RelationSchema *schema, const Change *change)
{
	return (schema->loose_value_schema || schema->loose_value_struct) &&
		   (has_null_items(schema, change->before) || has_null_items(schema, change->after));
}

static RecordParts
record_parts(Envelope *envelope, const RelationSchema *schema, const Change *change)
{
	bool keyed = has_key(schema, change);
	RecordParts parts = {
		.topic = schema->topic,
		.relation = schema->relation,
		.key_schema = keyed ? schema->key_schema : NULL,
		.key_text = schema->key_text,
		.value_schema = needs_loose_schema(schema, change) ? schema->loose_value_schema : schema->value_schema,
		.headers = envelope->headers,
		.flags = keyed ? 0 : RECORD_NULL_KEY,
		.lsn = change->lsn,
		.holes = has_hole(envelope, change->op) ? 1 : 0,
		.refusal = change->refusal,
		.key_unknown = keyed && !row_key_is_known(schema, change->key_image),
	};

	write_key_header(envelope, change, &parts);
	return parts;
}

static void
write_image(Envelope *envelope, const RelationSchema *schema, const RowImage *image, JsonWriter *writer)
{
	if (image == NULL)
		json_null(writer);
	else
		row_write(&envelope->row_writer, schema, &schema->row, image, writer);
}

static void
emit_change(Envelope *envelope, RelationSchema *schema, const Change *change)
{
	RecordParts parts;
	JsonWriter *writer;

	if (envelope->records != NULL)
	{
		envelope_record_send(envelope->records, schema, change, needs_loose_schema(schema, change));
		return;
	}
	parts = record_parts(envelope, schema, change);
	writer = batch_record_begin(envelope->batch, &parts);
	write_key(envelope, schema, change, writer);
	batch_record_value(envelope->batch);
	json_literal(writer, JSON_FIRST("before"));
	write_image(envelope, schema, change->before, writer);
	json_literal(writer, JSON_NEXT("after"));
	write_image(envelope, schema, change->after, writer);
	write_rest(envelope, schema, change->op, change->lsn, writer);
	batch_record_end(envelope->batch);
}

static void
emit_tombstone(Envelope *envelope, RelationSchema *schema, const Change *change)
{
	RecordParts parts;
	JsonWriter *writer;

	if (!option_bool(envelope->options, TOMBSTONES_ON_DELETE))
		return;
	if (envelope->records != NULL)
	{
		envelope_record_tombstone(envelope->records, schema, change);
		return;
	}
	parts = record_parts(envelope, schema, change);
	parts.value_schema = NULL;
	parts.flags |= RECORD_NULL_VALUE;
	writer = batch_record_begin(envelope->batch, &parts);
	write_key(envelope, schema, change, writer);
	batch_record_value(envelope->batch);
	batch_record_end(envelope->batch);
}

/* ---------------------------------------------------------------- operations */

static bool
is_skipped(const Envelope *envelope, uint32 operation)
{
	return (envelope->options->skipped & operation) != 0;
}

void
envelope_insert(Envelope *envelope, RelationSchema *schema, Relation rel, HeapTuple row, XLogRecPtr lsn)
{
	const RowImage *after;
	Change change = {.op = 'c', .lsn = lsn, .rel = rel};

	if (is_skipped(envelope, SKIP_CREATE))
		return;
	after = deform(envelope, 1, rel, row);
	change.key_image = change.after = after;
	emit_change(envelope, schema, &change);
}

/* Takes an old tuple apart; without REPLICA IDENTITY FULL it has only some columns. */
static RowImage *
deform_old(Envelope *envelope, const RelationSchema *schema, Relation rel, HeapTuple old)
{
	RowImage *image = deform(envelope, 0, rel, old);

	image->partial = schema->replica_identity != REPLICA_IDENTITY_FULL;
	return image;
}

static JsonWriter *
render_key(Envelope *envelope, const RelationSchema *schema, int which, const RowImage *image)
{
	JsonWriter *writer = &envelope->keys[which];

	writer->len = 0;
	json_mark(writer, 0);
	row_write(&envelope->row_writer, schema, &schema->key, image, writer);
	return writer;
}

static bool
same_text(const JsonWriter *a, const JsonWriter *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

/* A default stands for NULL only where it is written: compared, as Debezium does before that, the two differ. */
static bool
same_nulls(const RowPlan *plan, const RowImage *before, const RowImage *after)
{
	for (int i = 0; i < plan->count; i++)
	{
		const ColumnPlan *column = &plan->columns[i];
		const FixedText *shown = &column->null_value;

		if (shown->text == NULL || (shown->size == 4 && memcmp(shown->text, "null", 4) == 0) || column->masks_null ||
			(before->partial && !column->in_identity))
			continue;
		if (before->nulls[column->attribute] != after->nulls[column->attribute])
			return false;
	}
	return true;
}

/* A key for a header: JSON, or text as SimpleHeaderConverter or StringConverter has it. */
static JsonWriter *
render_header_key(Envelope *envelope, const RelationSchema *schema, int which, const RowImage *image)
{
	const RowPlan *key = &schema->header_key;
	JsonWriter *writer = &envelope->header_keys[which];
	const DictionaryEntry *key_schema = schema->header_key_schema;
	JsonWriter *field = &envelope->rows[0];

	writer->len = 0;
	json_mark(writer, 0);
	if (option_number(envelope->options, HEADER_CONVERTER) == HEADER_JSON)
	{
		if (key_schema != NULL)
			json_raw(writer, key_schema->bytes + 4, key_schema->size - 4);
		row_write(&envelope->row_writer, schema, key, image, writer);
		if (key_schema != NULL)
			json_char(writer, '}');
		return writer;
	}
	if (schema->header_key_text != NULL)
	{
		field->len = 0;
		json_mark(field, 0);
		row_write(&envelope->row_writer, schema, key, image, field);
		if (!batch_has_refusal(envelope->batch))
			connect_text(schema->header_key_text, field->data, field->len, writer);
		return writer;
	}
	if (key->count == 0 && key->constant.size == 0)
		json_char(writer, '{');
	for (int i = 0; i < key->count; i++)
	{
		Size prefix = key->columns[i].prefix.size;

		field->len = 0;
		json_mark(field, 0);
		row_write_column(&envelope->row_writer, schema, &key->columns[i], image, field);
		header_text(HEADER_ESCAPED, field->data, prefix, writer);
		header_text(key->columns[i].header_shape, field->data + prefix, field->len - prefix, writer);
	}
	header_text(HEADER_ESCAPED, key->constant.text, key->constant.size, writer);
	json_char(writer, '}');
	return writer;
}

/* A key changed: delete of the old key, tombstone, create of the new one (reference 3.4). */
static void
emit_key_change(Envelope *envelope, RelationSchema *schema, Relation rel, const RowImage *before, const RowImage *after,
				XLogRecPtr lsn)
{
	Change deleted = {.op = 'd',
					  .lsn = lsn,
					  .rel = rel,
					  .key = &envelope->keys[0],
					  .key_image = before,
					  .before = before,
					  .header = "__debezium.newkey",
					  .header_image = after};
	Change created = {.op = 'c',
					  .lsn = lsn,
					  .rel = rel,
					  .key = &envelope->keys[1],
					  .key_image = after,
					  .after = after,
					  .header = "__debezium.oldkey",
					  .header_image = before};

	deleted.header_key = render_header_key(envelope, schema, 1, after);
	created.header_key = render_header_key(envelope, schema, 0, before);
	deleted.refusal = created.refusal = batch_take_refusal(envelope->batch);

	if (!is_skipped(envelope, SKIP_DELETE))
	{
		emit_change(envelope, schema, &deleted);
		emit_tombstone(envelope, schema, &deleted);
	}
	if (!is_skipped(envelope, SKIP_CREATE))
		emit_change(envelope, schema, &created);
}

/* skip.messages.without.change: are all captured columns the same? */
static bool
nothing_changed(Envelope *envelope, const RelationSchema *schema, const RowImage *before, const RowImage *after)
{
	const RowImage *images[2] = {before, after};

	if (!option_bool(envelope->options, SKIP_MESSAGES_WITHOUT_CHANGE) || before == NULL || before->partial)
		return false;
	for (int i = 0; i < 2; i++)
	{
		envelope->rows[i].len = 0;
		json_mark(&envelope->rows[i], 0);
		row_write(&envelope->row_writer, schema, &schema->row, images[i], &envelope->rows[i]);
	}
	(void) batch_take_refusal(envelope->batch); /* the record itself, if there is one, says so again */
	return same_text(&envelope->rows[0], &envelope->rows[1]) && same_nulls(&schema->row, before, after);
}

void
envelope_update(Envelope *envelope, RelationSchema *schema, Relation rel, HeapTuple old, HeapTuple row, XLogRecPtr lsn)
{
	RowImage *before = old ? deform_old(envelope, schema, rel, old) : NULL;
	RowImage *after = deform(envelope, 1, rel, row);
	Change change = {.op = 'u', .lsn = lsn, .rel = rel, .before = before, .after = after, .key_image = after};

	after->toast = before; /* a key that is in TOAST stands in the old row, even where that has nothing else */
	if (before != NULL && schema->keyed)
	{
		change.key = render_key(envelope, schema, 1, after);
		if (!same_text(render_key(envelope, schema, 0, before), change.key) || !same_nulls(&schema->key, before, after))
		{
			emit_key_change(envelope, schema, rel, before, after, lsn);
			return;
		}
		change.refusal = batch_take_refusal(envelope->batch);
	}
	if (is_skipped(envelope, SKIP_UPDATE) || nothing_changed(envelope, schema, before, after))
		return;
	emit_change(envelope, schema, &change);
}

void
envelope_delete(Envelope *envelope, RelationSchema *schema, Relation rel, HeapTuple old, XLogRecPtr lsn)
{
	Change change = {.op = 'd', .lsn = lsn, .rel = rel};

	if (is_skipped(envelope, SKIP_DELETE))
		return;
	if (old == NULL)
	{
		if (!schema->missing_identity_reported)
			ereport(WARNING, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
							  errmsg("deletes from table \"%s\" cannot be captured: it has no replica identity",
									 relation_schema_name(schema)),
							  errhint("ALTER TABLE %s REPLICA IDENTITY FULL.", relation_schema_name(schema))));
		schema->missing_identity_reported = true;
		return;
	}
	change.before = deform_old(envelope, schema, rel, old);
	change.key_image = change.before;
	emit_change(envelope, schema, &change);
	emit_tombstone(envelope, schema, &change);
}

void
envelope_truncate(Envelope *envelope, RelationSchema *schema, XLogRecPtr lsn)
{
	Change change = {.op = 't', .lsn = lsn};

	if (!is_skipped(envelope, SKIP_TRUNCATE))
		emit_change(envelope, schema, &change);
}

void
envelope_read(Envelope *envelope, RelationSchema *schema, Relation rel, Datum *values, bool *nulls, XLogRecPtr lsn)
{
	RowImage image = {.values = values, .nulls = nulls, .detoast = true};
	Change change = {.op = 'r', .lsn = lsn, .rel = rel, .after = &image, .key_image = &image};

	emit_change(envelope, schema, &change);
}

/* ---------------------------------------------------------------- messages */

static void
write_content(const PluginOptions *options, const char *content, Size size, JsonWriter *writer)
{
	switch (options->value_modes.binary)
	{
		case BINARY_BYTES:
		case BINARY_BASE64:
			json_base64(writer, content, size, false);
			break;
		case BINARY_BASE64_URL_SAFE:
			json_base64(writer, content, size, true);
			break;
		case BINARY_HEX:
			json_hex(writer, content, size);
			break;
	}
}

void
envelope_message(Envelope *envelope, const char *prefix, const char *content, Size size, XLogRecPtr lsn)
{
	const PluginOptions *options = envelope->options;
	RecordParts parts = {
		.topic = envelope->message_topic,
		.key_schema = envelope->message_key_schema,
		.key_text = envelope->message_key_text,
		.value_schema = envelope->message_value_schema,
		.lsn = lsn,
	};
	ClockDigits clock;
	Size table_size;
	char *table = source_table("", "", &table_size);
	JsonWriter *writer;

	if (envelope->records != NULL)
	{
		envelope_record_message(envelope->records, prefix, content, size, lsn);
		return;
	}
	writer = batch_record_begin(envelope->batch, &parts);
	read_clock(&clock);
	json_literal(writer, JSON_FIRST("prefix"));
	json_cstring(writer, prefix);
	json_char(writer, '}');
	batch_record_value(envelope->batch);
	json_literal(writer, JSON_FIRST("op") JSON_TEXT("m"));
	json_literal(writer, JSON_NEXT("ts_ms"));
	json_raw_short(writer, clock.text, clock.size - 6);
	json_literal(writer, JSON_NEXT("source"));
	source_block_write(envelope->txn->source, writer, table, table_size, lsn);
	if (options->release >= RELEASE_MESSAGE_TRANSACTION)
		txn_block_write_named(envelope->txn, txn_message_name(lsn), lsn, writer);
	json_literal(writer, JSON_NEXT("message") JSON_FIRST("prefix"));
	json_cstring(writer, prefix);
	json_literal(writer, JSON_NEXT("content"));
	write_content(options, content, size, writer);
	json_literal(writer, "}}");
	batch_record_end(envelope->batch);
}

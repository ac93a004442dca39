/*-------------------------------------------------------------------------
 *
 * envelope_record.c
 *	  See envelope_record.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include <time.h>

#include "envelope_record.h"
#include "envelope_schema.h"
#include "frame_format.h"
#include "row_value.h"
#include "topic_name.h"

struct EnvelopeRecords
{
	const PluginOptions *options;
	TxnState *txn;
	RowWriter *row_writer;
	RecordOrigin *messages;
	const char *message_topic;
	const ConnectSchema *message_key;
	const ConnectSchema *message_value;
	FixedText message_table; /* of source: no table */
	List *lent_headers;		 /* of the last delete, for its tombstone */
};

EnvelopeRecords *
envelope_records_new(MemoryContext context, const PluginOptions *options, TxnState *txn, RowWriter *row_writer)
{
	EnvelopeRecords *records = MemoryContextAllocZero(context, sizeof(EnvelopeRecords));

	records->options = options;
	records->txn = txn;
	records->row_writer = row_writer;
	records->messages = record_origin_new(context);
	records->message_topic = topic_for_messages(options);
	records->message_key = message_key_schema();
	records->message_value = message_value_schema(options);
	records->message_table.text = source_table("", "", &records->message_table.size);
	return records;
}

int64
processing_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64) now.tv_sec * 1000000000 + now.tv_nsec;
}

/* ---------------------------------------------------------------- rows */

static bool
has_hole(const EnvelopeRecords *records, const Change *change)
{
	return change->op == 'r' && option_number(records->options, FORMAT) == FORMAT_FRAMES;
}

/* One letter as text that lives as long as the program. */
static const char *
operation_text(char op)
{
	switch (op)
	{
		case 'c':
			return "c";
		case 'u':
			return "u";
		case 'd':
			return "d";
		case 't':
			return "t";
		default:
			return "r";
	}
}

/* The fields of envelope_schema(), in its order. */
static ConnectValue
envelope_value(EnvelopeRecords *records, RelationSchema *schema, const Change *change, const ConnectSchema *envelope)
{
	ConnectValue value = connect_struct(envelope);
	ConnectValue *item = value.items;
	bool early = records->options->release >= RELEASE_TRANSACTION_BEFORE_OP;
	ConnectValue transaction = txn_block_value(records->txn, schema, change->lsn);
	int64 now = processing_time_ns();

	*item++ = row_value(records->row_writer, schema, &schema->row, change->before);
	*item++ = row_value(records->row_writer, schema, &schema->row, change->after);
	*item++ = source_value(records->txn->source, &schema->source_table, schema->schema_name, schema->table_name,
						   change->lsn, has_hole(records, change));
	if (early)
		*item++ = transaction;
	*item++ = connect_string(operation_text(change->op));
	*item++ = connect_integer(now / 1000000);
	if (records->options->release >= RELEASE_TS_RESOLUTIONS)
	{
		*item++ = connect_integer(now / 1000);
		*item++ = connect_integer(now);
	}
	if (!early)
		*item++ = transaction;
	return value;
}

static RecordChange
change_of(const EnvelopeRecords *records, const RelationSchema *schema, const Change *change)
{
	const RowImage *before = change->before;
	const RowImage *after = change->after;
	const RowImage *old = after ? after->toast : NULL;
	const SourceInfo *source = source_block_info(records->txn->source);
	RecordChange result = {
		.op = change->op,
		.rel = change->rel,
		.schema_name = schema->schema_name,
		.table_name = schema->table_name,
		.before = before ? before->values : NULL,
		.before_nulls = before ? before->nulls : NULL,
		.before_partial = before ? before->partial : false,
		.after = after ? after->values : NULL,
		.after_nulls = after ? after->nulls : NULL,
		.old = old ? old->values : NULL,
		.old_nulls = old ? old->nulls : NULL,
		.lsn = change->lsn,
		.xid = (TransactionId) source->txid,
		.commit_time = source->time_us,
		.key = schema->keyed ? &schema->key : NULL,
	};

	return result;
}

static RecordHeader *
key_header(EnvelopeRecords *records, const RelationSchema *schema, const Change *change)
{
	RecordHeader *header = palloc0(sizeof(RecordHeader));

	header->name = change->header;
	header->schema = schema->header_key_struct;
	header->value = row_value(records->row_writer, schema, &schema->header_key, change->header_image);
	header->rendered = change->header_key->data;
	header->rendered_size = change->header_key->len;
	return header;
}

/* All but the value. */
static ConnectRecord
record_of(EnvelopeRecords *records, const RelationSchema *schema, const Change *change)
{
	ConnectRecord record = {.origin = schema->origin, .topic = schema->topic_name, .refusal = change->refusal};

	if (schema->keyed && change->key_image != NULL)
	{
		record.key_schema = schema->key_struct;
		record.key = row_value(records->row_writer, schema, &schema->key, change->key_image);
	}
	if (change->header != NULL)
		record.headers = list_make1(key_header(records, schema, change));
	return record;
}

static void
send_change(EnvelopeRecords *records, const RelationSchema *schema, const Change *change, bool context_headers,
			ConnectRecord *record)
{
	RecordChange row = change_of(records, schema, change);
	RecordFacts facts = {.relation = schema->relation,
						 .lsn = change->lsn,
						 .context_headers = context_headers,
						 .key_unknown = change->key_image != NULL && !row_key_is_known(schema, change->key_image),
						 .snapshot_holes = has_hole(records, change)};

	record->change = &row;
	record_writer_send(records->txn->records, record, &facts);
}

void
envelope_record_send(EnvelopeRecords *records, RelationSchema *schema, const Change *change, bool loose)
{
	ConnectRecord record = record_of(records, schema, change);

	record.value_schema = loose ? schema->loose_value_struct : schema->value_struct;
	record.value = envelope_value(records, schema, change, record.value_schema);
	record.lends_headers = change->op == 'd' && option_bool(records->options, TOMBSTONES_ON_DELETE);
	send_change(records, schema, change, true, &record);
	records->lent_headers = record.lent_headers;
}

void
envelope_record_tombstone(EnvelopeRecords *records, RelationSchema *schema, const Change *change)
{
	ConnectRecord record = record_of(records, schema, change);

	record.headers = records->lent_headers;
	records->lent_headers = NIL;
	send_change(records, schema, change, false, &record);
}

/* ---------------------------------------------------------------- messages */

static ConnectValue
content_value(const PluginOptions *options, const char *content, Size size)
{
	JsonWriter text;

	if (options->value_modes.binary == BINARY_BYTES)
		return connect_bytes(content, size);
	json_writer_init(&text, CurrentMemoryContext, size * 2 + 4);
	text.strings = STRINGS_BARE;
	if (options->value_modes.binary == BINARY_HEX)
		json_hex(&text, content, size);
	else
		json_base64(&text, content, size, options->value_modes.binary == BINARY_BASE64_URL_SAFE);
	return connect_string_sized(text.data, text.len);
}

static ConnectValue
message_value(EnvelopeRecords *records, const char *prefix, const char *content, Size size, XLogRecPtr lsn)
{
	ConnectValue value = connect_struct(records->message_value);
	ConnectValue *item = value.items;
	ConnectValue message = {.kind = VALUE_STRUCT, .count = 2, .items = palloc(2 * sizeof(ConnectValue))};

	*item++ = connect_string("m");
	*item++ = connect_integer(processing_time_ns() / 1000000);
	*item++ = source_value(records->txn->source, &records->message_table, "", "", lsn, false);
	if (records->options->release >= RELEASE_MESSAGE_TRANSACTION)
		*item++ = txn_block_value_named(records->txn, txn_message_name(lsn), lsn);
	message.items[0] = connect_string(prefix);
	message.items[1] = content_value(records->options, content, size);
	*item++ = message;
	return value;
}

void
envelope_record_message(EnvelopeRecords *records, const char *prefix, const char *content, Size size, XLogRecPtr lsn)
{
	ConnectRecord record = {
		.origin = records->messages,
		.topic = records->message_topic,
		.key_schema = records->message_key,
		.key = connect_struct(records->message_key),
		.value_schema = records->message_value,
		.value = message_value(records, prefix, content, size, lsn),
	};
	RecordFacts facts = {.lsn = lsn};

	record.key.items[0] = connect_string(prefix);
	record_writer_send(records->txn->records, &record, &facts);
}

/*-------------------------------------------------------------------------
 *
 * txn_state.c
 *	  See txn_state.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "datatype/timestamp.h"
#include "replication/origin.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"

#include "envelope_schema.h"
#include "frame_format.h"
#include "java_hash.h"
#include "java_map.h"
#include "pg_compat.h"
#include "topic_name.h"
#include "txn_state.h"

int64
unix_microseconds(TimestampTz time)
{
	return time + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
}

/* Schemas and origin of transaction metadata, for records with transforms. */
typedef struct MetadataRecords
{
	RecordOrigin *origin;
	const char *topic;
	const ConnectSchema *key;
	const ConnectSchema *value;
} MetadataRecords;

static MetadataRecords *
metadata_records(MemoryContext context, const char *topic)
{
	MetadataRecords *metadata = palloc(sizeof(MetadataRecords));

	metadata->origin = record_origin_new(context);
	metadata->topic = topic;
	metadata->key = transaction_key_schema();
	metadata->value = transaction_value_schema();
	return metadata;
}

TxnState *
txn_state_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch, RecordWriter *records)
{
	TxnState *state = MemoryContextAllocZero(context, sizeof(TxnState));
	Dictionary *dictionary = batch_dictionary(batch);
	char *topic;

	state->options = options;
	state->batch = batch;
	state->records = records;
	state->source = source_block_new(context, options);
	state->context = AllocSetContextCreate(context, "wal2debezium transaction", ALLOCSET_DEFAULT_SIZES);
	state->last_commit = option_decimal(options, OPT_LAST_COMMIT_LSN, 0);
	state->last_time_us = unix_microseconds(GetCurrentTimestamp());
	if (option_bool(options, PROVIDE_TRANSACTION_METADATA))
	{
		topic = topic_for_transactions(options);
		state->topic = dictionary_intern_string(dictionary, ENTRY_TOPIC, topic, strlen(topic));
		if (records != NULL)
			state->metadata = metadata_records(context, topic);
		if (option_number(options, KEY_CONVERTER) == CONVERTER_STRING)
			state->key_text = transaction_key_schema();
		if (keys_have_schema(options))
			state->key_schema = schema_entry(dictionary, transaction_key_schema());
		if (option_bool(options, VALUE_CONVERTER_SCHEMAS_ENABLE))
			state->value_schema = schema_entry(dictionary, transaction_value_schema());
	}
	return state;
}

/* "xid:lsn" */
static void
write_id_text(JsonWriter *writer, TransactionId xid, XLogRecPtr lsn)
{
	json_char(writer, '"');
	json_uint64(writer, xid);
	json_char(writer, ':');
	json_uint64(writer, lsn);
	json_char(writer, '"');
}

/* {"id":"xid:lsn" */
static void
write_id(JsonWriter *writer, TransactionId xid, XLogRecPtr lsn)
{
	json_literal(writer, JSON_FIRST("id"));
	write_id_text(writer, xid, lsn);
}

/* Indexes of the counters in the order in which Debezium's map has them; in the current context. */
static uint32 *
collection_order(TxnState *state)
{
	int count = list_length(state->counters);
	JavaKey *names = palloc((count + 1) * sizeof(JavaKey));

	for (int i = 0; i < count; i++)
	{
		const char *name = ((CollectionCounter *) list_nth(state->counters, i))->name;

		names[i] = java_key(name, strlen(name));
	}
	return java_map_order(names, count);
}

static void
write_collections(TxnState *state, JsonWriter *writer)
{
	int count = list_length(state->counters);
	uint32 *order = collection_order(state);

	json_char(writer, '[');
	for (int i = 0; i < count; i++)
	{
		const CollectionCounter *counter = list_nth(state->counters, order[i]);

		if (i > 0)
			json_char(writer, ',');
		json_literal(writer, JSON_FIRST("data_collection"));
		json_cstring(writer, counter->name);
		json_literal(writer, JSON_NEXT("event_count"));
		json_int64(writer, counter->count);
		json_char(writer, '}');
	}
	json_char(writer, ']');
	pfree(order);
}

static ConnectValue
id_value(TransactionId xid, XLogRecPtr lsn)
{
	return connect_string(psprintf("%u:" UINT64_FORMAT, xid, lsn));
}

/* In the order in which Debezium's map has them. */
static ConnectValue
collections_value(TxnState *state, const ConnectSchema *schema)
{
	uint32 *order = collection_order(state);
	ConnectValue list = {.kind = VALUE_ARRAY, .count = list_length(state->counters)};

	list.items = palloc(Max(list.count, 1) * sizeof(ConnectValue));
	for (int i = 0; i < list.count; i++)
	{
		const CollectionCounter *counter = list_nth(state->counters, order[i]);

		list.items[i] = connect_struct(schema->items);
		list.items[i].items[0] = connect_string(counter->name);
		list.items[i].items[1] = connect_integer(counter->count);
	}
	return list;
}

/* The same as write_metadata(), on its way through transforms. */
static void
send_metadata(TxnState *state, bool begin, XLogRecPtr lsn)
{
	const MetadataRecords *metadata = state->metadata;
	RecordFacts facts = {.lsn = lsn};
	ConnectRecord record = {
		.origin = metadata->origin,
		.topic = metadata->topic,
		.key_schema = metadata->key,
		.key = connect_struct(metadata->key),
		.value_schema = metadata->value,
		.value = connect_struct(metadata->value),
	};
	ConnectValue *items = record.value.items;

	record.key.items[0] = id_value(state->xid, lsn);
	items[0] = connect_string(begin ? "BEGIN" : "END");
	items[1] = record.key.items[0];
	if (!begin)
	{
		items[2] = connect_integer(state->total_order);
		items[3] = collections_value(state, connect_field_schema(metadata->value, 3));
	}
	items[4] = connect_integer(state->time_us / 1000);
	record_writer_send(state->records, &record, &facts);
}

/* A BEGIN or END record; counts are null in BEGIN. */
static void
write_metadata(TxnState *state, bool begin, XLogRecPtr lsn)
{
	RecordParts parts = {
		.topic = state->topic,
		.key_schema = state->key_schema,
		.key_text = state->key_text,
		.value_schema = state->value_schema,
		.lsn = lsn,
	};
	JsonWriter *writer;

	if (state->records != NULL)
	{
		send_metadata(state, begin, lsn);
		return;
	}
	writer = batch_record_begin(state->batch, &parts);
	write_id(writer, state->xid, lsn);
	json_char(writer, '}');
	batch_record_value(state->batch);
	json_literal(writer, JSON_FIRST("status"));
	json_cstring(writer, begin ? "BEGIN" : "END");
	json_literal(writer, JSON_NEXT("id"));
	write_id_text(writer, state->xid, lsn);
	json_literal(writer, JSON_NEXT("event_count"));
	if (begin)
		json_null(writer);
	else
		json_int64(writer, state->total_order);
	json_literal(writer, JSON_NEXT("data_collections"));
	if (begin)
		json_null(writer);
	else
		write_collections(state, writer);
	json_literal(writer, JSON_NEXT("ts_ms"));
	json_int64(writer, state->time_us / 1000);
	json_char(writer, '}');
	batch_record_end(state->batch);
}

static const char *
origin_name(ReorderBufferTXN *txn)
{
	char *name;
	const char *utf8;
	Size size;

	if (txn->origin_id == 0 || !replorigin_by_oid(txn->origin_id, true, &name))
		return NULL;
	utf8 = text_to_utf8(name, strlen(name), &size);
	return utf8 ? pnstrdup(utf8, size) : NULL;
}

void
txn_begin(TxnState *state, ReorderBufferTXN *txn, XLogRecPtr lsn)
{
	MemoryContext previous;
	BatchTransaction transaction = {.xid = txn->xid, .commit_lsn = txn->final_lsn, .end_lsn = txn->end_lsn};
	SourceInfo info = {.txid = txn->xid, .last_commit = state->last_commit};

	previous = MemoryContextSwitchTo(state->context);
	state->open = true;
	state->serial++;
	state->xid = txn->xid;
	state->end_lsn = txn->end_lsn;
	state->time_us = unix_microseconds(compat_commit_time(txn));
	state->total_order = 0;
	state->counters = NIL;
	transaction.commit_time = info.time_us = state->time_us;
	info.origin = origin_name(txn);
	info.origin_lsn = txn->origin_lsn;
	batch_transaction(state->batch, &transaction);
	source_block_set(state->source, &info);
	/* pgoutput's BEGIN has no LSN of its own when an ORIGIN follows it */
	if (state->topic)
		write_metadata(state, true, info.origin ? 0 : lsn);
	MemoryContextSwitchTo(previous);
}

bool
txn_close(TxnState *state, ReorderBufferTXN *txn)
{
	if (!state->open)
		return false;
	if (state->topic)
	{
		MemoryContext previous = MemoryContextSwitchTo(state->context);

		write_metadata(state, false, txn->end_lsn);
		MemoryContextSwitchTo(previous);
	}
	batch_commit(state->batch);
	state->open = false;
	state->last_commit = txn->end_lsn;
	state->last_time_us = state->time_us;
	state->counters = NIL;
	MemoryContextReset(state->context);
	return true;
}

void
txn_message(TxnState *state, XLogRecPtr lsn)
{
	BatchTransaction transaction = {.commit_lsn = lsn, .end_lsn = lsn, .is_message = true};
	SourceInfo info = {.last_commit = lsn};

	transaction.commit_time = info.time_us = state->last_time_us;
	state->last_commit = lsn;
	batch_transaction(state->batch, &transaction);
	source_block_set(state->source, &info);
}

static CollectionCounter *
counter_new(TxnState *state, const char *name)
{
	MemoryContext previous = MemoryContextSwitchTo(state->context);
	CollectionCounter *counter = palloc0(sizeof(CollectionCounter));

	counter->name = pstrdup(name);
	state->counters = lappend(state->counters, counter);
	MemoryContextSwitchTo(previous);
	return counter;
}

static void
write_block(TxnState *state, int64 collection_order, XLogRecPtr lsn, JsonWriter *writer)
{
	json_literal(writer, JSON_NEXT("transaction"));
	write_id(writer, state->xid, lsn);
	json_literal(writer, JSON_NEXT("total_order"));
	json_int64(writer, ++state->total_order);
	json_literal(writer, JSON_NEXT("data_collection_order"));
	json_int64(writer, collection_order);
	json_char(writer, '}');
}

static ConnectValue
block_value(TxnState *state, int64 collection_order, XLogRecPtr lsn)
{
	ConnectValue block = {.kind = VALUE_STRUCT, .count = 3, .items = palloc(3 * sizeof(ConnectValue))};

	block.items[0] = id_value(state->xid, lsn);
	block.items[1] = connect_integer(++state->total_order);
	block.items[2] = connect_integer(collection_order);
	return block;
}

static bool
has_block(const TxnState *state)
{
	return state->topic != NULL && state->open;
}

/* The event's number among those of its table. */
static int64
count_event(TxnState *state, RelationSchema *schema)
{
	if (schema->counter_serial != state->serial)
	{
		schema->counter_serial = state->serial;
		schema->counter = counter_new(state, relation_schema_name(schema));
	}
	return ++schema->counter->count;
}

void
txn_block_write(TxnState *state, RelationSchema *schema, XLogRecPtr lsn, JsonWriter *writer)
{
	if (has_block(state))
		write_block(state, count_event(state, schema), lsn, writer);
	else
		json_literal(writer, JSON_NEXT("transaction") "null");
}

void
txn_block_write_named(TxnState *state, const char *name, XLogRecPtr lsn, JsonWriter *writer)
{
	if (has_block(state))
		write_block(state, ++counter_new(state, name)->count, lsn, writer);
	else
		json_literal(writer, JSON_NEXT("transaction") "null");
}

ConnectValue
txn_block_value(TxnState *state, RelationSchema *schema, XLogRecPtr lsn)
{
	return has_block(state) ? block_value(state, count_event(state, schema), lsn) : connect_null();
}

ConnectValue
txn_block_value_named(TxnState *state, const char *name, XLogRecPtr lsn)
{
	return has_block(state) ? block_value(state, ++counter_new(state, name)->count, lsn) : connect_null();
}

char *
txn_message_name(XLogRecPtr lsn)
{
	uint32 identity = (uint32) lsn;
	char *name;
	uint32 hash;

	do
	{
		name = psprintf("io.debezium.connector.postgresql.LogicalDecodingMessageMonitor$LogicalDecodingMessageId@%x",
						identity++);
		hash = java_string_hash(name, strlen(name));
	} while (((hash ^ (hash >> 16)) & 15) != 15);
	return name;
}

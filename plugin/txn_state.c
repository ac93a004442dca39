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
#include "java_map.h"
#include "pg_compat.h"
#include "topic_name.h"
#include "txn_state.h"

int64
unix_microseconds(TimestampTz time)
{
	return time + (int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;
}

TxnState *
txn_state_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch)
{
	TxnState *state = MemoryContextAllocZero(context, sizeof(TxnState));
	Dictionary *dictionary = batch_dictionary(batch);
	char *topic;

	state->options = options;
	state->batch = batch;
	state->source = source_block_new(context, options);
	state->context = AllocSetContextCreate(context, "wal2debezium transaction", ALLOCSET_DEFAULT_SIZES);
	state->last_commit = option_decimal(options, OPT_LAST_COMMIT_LSN, 0);
	state->last_time_us = unix_microseconds(GetCurrentTimestamp());
	if (option_bool(options, PROVIDE_TRANSACTION_METADATA))
	{
		topic = topic_for_transactions(options);
		state->topic = dictionary_intern_string(dictionary, ENTRY_TOPIC, topic, strlen(topic));
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

static void
write_collections(TxnState *state, JsonWriter *writer)
{
	int count = list_length(state->counters);
	JavaKey *names = MemoryContextAlloc(state->context, (count + 1) * sizeof(JavaKey));
	uint32 *order;

	for (int i = 0; i < count; i++)
	{
		const char *name = ((CollectionCounter *) list_nth(state->counters, i))->name;

		names[i] = java_key(name, strlen(name));
	}
	order = java_map_order(names, count);
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
	JsonWriter *writer = batch_record_begin(state->batch, &parts);

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
txn_open(TxnState *state, ReorderBufferTXN *txn, XLogRecPtr lsn)
{
	MemoryContext previous;
	BatchTransaction transaction = {.xid = txn->xid, .commit_lsn = txn->final_lsn, .end_lsn = txn->end_lsn};
	SourceInfo info = {.txid = txn->xid, .last_commit = state->last_commit};

	if (state->open)
		return;
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
		write_metadata(state, false, txn->end_lsn);
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

void
txn_block_write(TxnState *state, RelationSchema *schema, XLogRecPtr lsn, JsonWriter *writer)
{
	if (state->topic == NULL || !state->open)
	{
		json_literal(writer, JSON_NEXT("transaction") "null");
		return;
	}
	if (schema->counter_serial != state->serial)
	{
		schema->counter_serial = state->serial;
		schema->counter = counter_new(state, relation_schema_name(schema));
	}
	write_block(state, ++schema->counter->count, lsn, writer);
}

void
txn_block_write_named(TxnState *state, const char *name, XLogRecPtr lsn, JsonWriter *writer)
{
	if (state->topic == NULL || !state->open)
		json_literal(writer, JSON_NEXT("transaction") "null");
	else
		write_block(state, ++counter_new(state, name)->count, lsn, writer);
}

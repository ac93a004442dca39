/*-------------------------------------------------------------------------
 *
 * txn_state.h
 *	  The transaction being decoded: whether it was begun, its counters, and
 *	  the BEGIN and END records of transaction metadata (TransactionMonitor and
 *	  PostgresTransactionMonitor in Debezium).
 *
 *-------------------------------------------------------------------------
 */
#ifndef TXN_STATE_H
#define TXN_STATE_H

#include "postgres.h"
#include "access/xlogdefs.h"
#include "replication/reorderbuffer.h"

#include "frame_batch.h"
#include "plugin_options.h"
#include "record_writer.h"
#include "relation_schema.h"
#include "source_block.h"

/* Events of one table in one transaction. */
typedef struct CollectionCounter
{
	char *name; /* schema.table, UTF-8 */
	int64 count;
} CollectionCounter;

typedef struct TxnState
{
	const PluginOptions *options;
	FrameBatch *batch;
	RecordWriter *records; /* for records with transforms; NULL: there are none */
	SourceBlock *source;
	MemoryContext context; /* reset at the end of each transaction */

	/* of the session */
	uint64 serial;			/* transactions opened */
	XLogRecPtr last_commit; /* end LSN of the last one; 0: none yet */
	int64
		last_time_us; /* its commit time; before the first, the session's start (PostgresOffsetContext.initialContext) */
	DictionaryEntry *topic; /* of transaction metadata; NULL: off */
	DictionaryEntry *key_schema;
	const struct ConnectSchema *key_text; /* as RecordParts.key_text; NULL: keys are JSON */
	DictionaryEntry *value_schema;
	struct MetadataRecords *metadata; /* the same for records with transforms */

	/* of the transaction */
	bool open; /* a published change was seen */
	TransactionId xid;
	XLogRecPtr end_lsn;
	int64 time_us;
	int64 total_order;
	List *counters; /* of CollectionCounter, in order of first event */
} TxnState;

extern TxnState *txn_state_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch,
							   RecordWriter *records);

/* txn_open() where it is not open yet. */
extern void txn_begin(TxnState *state, ReorderBufferTXN *txn, XLogRecPtr lsn);

/* A published change at that LSN: opens the transaction if it is the first. */
static inline void
txn_open(TxnState *state, ReorderBufferTXN *txn, XLogRecPtr lsn)
{
	if (unlikely(!state->open))
		txn_begin(state, txn, lsn);
}

/* The transaction has ended; true if it was open, in which case its last frame is out. */
extern bool txn_close(TxnState *state, ReorderBufferTXN *txn);

/*
 * A non-transactional message is a transaction of its own: its LSN becomes
 * the first element of sequence, the time stays what it was.
 */
extern void txn_message(TxnState *state, XLogRecPtr lsn);

/* Counts an event of that table and writes "transaction":..., null where metadata is off or there is no transaction. */
extern void txn_block_write(TxnState *state, RelationSchema *schema, XLogRecPtr lsn, JsonWriter *writer);

/* The same for an event without a table. name is its own. */
extern void txn_block_write_named(TxnState *state, const char *name, XLogRecPtr lsn, JsonWriter *writer);

/* What the two above write, as a value of the envelope's field; counts, too. */
extern ConnectValue txn_block_value(TxnState *state, RelationSchema *schema, XLogRecPtr lsn);
extern ConnectValue txn_block_value_named(TxnState *state, const char *name, XLogRecPtr lsn);

/*
 * Name under which a logical message is counted, in the current context.
 * Debezium's id of it has no text form: it is Java's object identity, another
 * one in each run.  Ours depends on the LSN only, so that decoding again gives
 * the same, and is chosen to come behind tables in END.
 */
extern char *txn_message_name(XLogRecPtr lsn);

/* Microseconds since 1970 of a PostgreSQL timestamp. */
extern int64 unix_microseconds(TimestampTz time);

#endif /* TXN_STATE_H */

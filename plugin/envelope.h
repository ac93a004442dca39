/*-------------------------------------------------------------------------
 *
 * envelope.h
 *	  Changes of rows, and logical messages, to records: op, before and after,
 *	  key, tombstone, primary-key change (RelationalChangeRecordEmitter and
 *	  PostgresChangeRecordEmitter in Debezium).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENVELOPE_H
#define ENVELOPE_H

#include "postgres.h"
#include "access/htup.h"
#include "utils/rel.h"

#include "frame_batch.h"
#include "plugin_options.h"
#include "relation_schema.h"
#include "txn_state.h"

typedef struct Envelope Envelope;

/* Lives in context; txn gives transaction block and source. run_id may be NULL with headers off. */
extern Envelope *envelope_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch, TxnState *txn,
							  const char *run_id);

extern void envelope_insert(Envelope *envelope, RelationSchema *schema, Relation rel, HeapTuple row, XLogRecPtr lsn);

/* old is NULL if the WAL has none. */
extern void envelope_update(Envelope *envelope, RelationSchema *schema, Relation rel, HeapTuple old, HeapTuple row,
							XLogRecPtr lsn);

/* Without an old tuple there is nothing to say: no record, reported once per table. */
extern void envelope_delete(Envelope *envelope, RelationSchema *schema, Relation rel, HeapTuple old, XLogRecPtr lsn);

extern void envelope_truncate(Envelope *envelope, RelationSchema *schema, XLogRecPtr lsn);

/* A row read by a snapshot, already deformed. */
extern void envelope_read(Envelope *envelope, RelationSchema *schema, Relation rel, Datum *values, bool *nulls,
						  XLogRecPtr lsn);

/* A logical message; prefix in the server's encoding, content as it is. */
extern void envelope_message(Envelope *envelope, const char *prefix, const char *content, Size size, XLogRecPtr lsn);

#endif /* ENVELOPE_H */

/*-------------------------------------------------------------------------
 *
 * session.h
 *	  All that one stream of records needs, for decoding and for snapshots.
 *
 * Four lifetimes, four kinds of memory context: the session's, one per
 * relation, the transaction's (txn_state) and the event's, which its user
 * resets.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SESSION_H
#define SESSION_H

#include "postgres.h"

#include "envelope.h"
#include "frame_batch.h"
#include "plugin_options.h"
#include "relation_cache.h"
#include "table_filter.h"
#include "txn_state.h"

typedef struct Session
{
	MemoryContext context;
	MemoryContext event; /* current while an event is encoded; reset after it */
	const PluginOptions *options;
	TableFilter *filter;
	FrameBatch *batch;
	struct FramePack *pack; /* in a walsender, if the relay wants it; set by output_plugin.c */
	TxnState *txn;
	Envelope *envelope;
	RelationCache *cache;
	SchemaInputs inputs;
	bool publication_missing_reported;
	int silent_changes; /* since the last word to the client */
} Session;

/* A session below parent; output takes its frames or lines. Options are those of options_finish(). */
extern Session *session_new(MemoryContext parent, const PluginOptions *options, bool snapshot, BatchOutput output,
							void *arg);

#endif /* SESSION_H */

/*
 * incremental_notices.h
 *	  Notifications, log lines and metrics of incremental snapshots.
 */
#ifndef INCREMENTAL_NOTICES_H
#define INCREMENTAL_NOTICES_H

#include "incremental_chunk.h"
#include "relay.h"

/* A signal asked for tables; first: no snapshot was going on. */
extern void notice_tables(Relay *relay, const IncrementalState *state, const char *id, bool first);
/* What a chunk has found, before its rows go out. */
extern void notice_chunk(Relay *relay, const IncrementalState *state, const ChunkResult *result);
extern void notice_paused(Relay *relay, const IncrementalState *state, bool paused);
/* Tables are stopped; the state no longer has them.  names: as "schema.table". */
extern void notice_stopped(Relay *relay, const IncrementalState *state, const char *id, const char *const *names,
						   size_t count);
/* All tables are read. */
extern void notice_completed(Relay *relay, const char *id);
/* Metrics say what the state does. */
extern void notice_state(Relay *relay, const IncrementalState *state);

/* "schema.table"; the caller frees. */
extern char *notice_table_name(const IncrementalTable *table);

#endif

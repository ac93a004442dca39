/*
 * incremental_resolve.h
 *	  What of a signal only the database can say: whether a message is genuine,
 *	  and which tables its patterns fit.  Blocks, as incremental_chunk.h does.
 */
#ifndef INCREMENTAL_RESOLVE_H
#define INCREMENTAL_RESOLVE_H

#include <libpq-fe.h>

#include "config.h"
#include "error.h"
#include "incremental_state.h"
#include "log.h"
#include "snapshot_signal.h"

/*
 * Is it a message that wal2debezium.signal() made in this database?  Anybody
 * may write logical messages, and a condition is SQL that runs with our rights.
 */
extern bool resolve_genuine(PGconn *conn, const Config *config, const char *json, uint32_t xid, bool *genuine,
							Error *error) MUST_CHECK;

/*
 * Adds to *tables (a state of which only the tables are used) what the
 * patterns of an execute-snapshot fit, each table once, with its condition; a
 * pattern that fits none as a table without schema.
 */
extern bool resolve_tables(PGconn *conn, const Config *config, const SnapshotSignal *signal, IncrementalState *tables,
						   Error *error) MUST_CHECK;

/* Sets matched[i] for the tables of the state that a stop-snapshot's patterns fit; without patterns all. */
extern bool resolve_stopped(PGconn *conn, const Config *config, const SnapshotSignal *signal,
							const IncrementalState *state, bool *matched, Error *error) MUST_CHECK;

#endif

/*-------------------------------------------------------------------------
 *
 * signal_mark.h
 *	  What users and the relay say to the relay through the stream: MARK
 *	  entries of frame_format.h, made of logical messages and of rows of the
 *	  table of signals (SourceSignalChannel in Debezium).
 *
 *-------------------------------------------------------------------------
 */
#ifndef SIGNAL_MARK_H
#define SIGNAL_MARK_H

#include "postgres.h"
#include "access/htup.h"
#include "access/xlogdefs.h"
#include "utils/rel.h"

#include "relation_schema.h"
#include "row_writer.h"
#include "source_block.h"

/* Prefix of our own logical messages, which never become records. */
#define SIGNAL_PREFIX "wal2debezium"

/* Where a signal stands; its transaction is open. */
typedef struct SignalPlace
{
	RowWriter *rows;
	const SourceBlock *source;
	XLogRecPtr lsn;
} SignalPlace;

/*
 * A transactional message with that prefix.  Content that is not text in the
 * server's encoding is left out with a WARNING, since anybody may write it.
 */
extern void signal_mark_message(const SignalPlace *place, const char *content, Size size);

/* A row of a table of signals; with other than three captured columns there is only a WARNING (Debezium's). */
extern void signal_mark_insert(const SignalPlace *place, const RelationSchema *schema, Relation rel, HeapTuple row);

/* Likewise; old may have the columns of the replica identity only. */
extern void signal_mark_delete(const SignalPlace *place, const RelationSchema *schema, Relation rel, HeapTuple old);

#endif /* SIGNAL_MARK_H */

/*-------------------------------------------------------------------------
 *
 * signal_mark.h
 *	  What users and the relay say to the relay through the stream: MARK
 *	  entries of frame_format.h, made of logical messages.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SIGNAL_MARK_H
#define SIGNAL_MARK_H

#include "postgres.h"
#include "access/xlogdefs.h"

#include "frame_batch.h"
#include "source_block.h"

/* Prefix of our own logical messages, which never become records. */
#define SIGNAL_PREFIX "wal2debezium"

/*
 * A transactional message with that prefix, whose transaction is open.
 * Content that is not text in the server's encoding is left out with a
 * WARNING, since anybody may write it.
 */
extern void signal_mark_message(FrameBatch *batch, const SourceBlock *source, const char *content, Size size,
								XLogRecPtr lsn);

#endif /* SIGNAL_MARK_H */

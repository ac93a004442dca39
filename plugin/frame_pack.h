/*-------------------------------------------------------------------------
 *
 * frame_pack.h
 *	  Several transactions in one message to the relay, while it is behind.
 *
 * A message costs a system call or two on both sides and wakes the relay, far
 * more than a small transaction costs to encode.  So while plenty of WAL is
 * written that is still to be decoded, ends of transactions are held back and
 * leave together (PACK in frame_format.h).
 *
 * Nothing held back ever waits for something to happen: the walsender sleeps
 * only below the WAL reader's page_read callback, and frame_pack_new() puts
 * itself before it, so all leaves before the next page of WAL is asked for; and
 * a long transaction that gives no output calls frame_pack_flush() now and then.
 * (The alternative, a callback of decoding, is not called on an idle server.)
 *
 * A keepalive of the walsender names a position behind what is held back.  The
 * relay must not take it for delivered, so it is told before anything is held
 * (PACK_HOLDS), and told again when nothing is.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRAME_PACK_H
#define FRAME_PACK_H

#include "postgres.h"
#include "replication/logical.h"

typedef struct FramePack FramePack;

/* Of a walsender's decoding only; lives in context, and stands before ctx's page_read from now on. */
extern FramePack *frame_pack_new(LogicalDecodingContext *ctx, MemoryContext context);

/* A finished frame; last: its transaction ends with it.  It leaves at once, or with those that follow soon. */
extern void frame_pack_write(FramePack *pack, const char *frame, Size size, bool last);

/* What is held back leaves: nothing else may do so for long. */
extern void frame_pack_flush(FramePack *pack);

#endif /* FRAME_PACK_H */

/*
 * relay_limit.h
 *	  At least once: slot_limit.h's announcements, on their way to where the
 *	  progress is kept.
 *
 * Each stream announces under a name of its own, and forgets those of others
 * once it is known itself.  So what a relay that was frozen writes late, after
 * its successor's, hides nothing of its successor's.
 */
#ifndef RELAY_LIMIT_H
#define RELAY_LIMIT_H

#include "relay.h"

/* A stream is about to begin; the slot stands at confirmed_lsn. */
extern void relay_limit_begin(Relay *relay, uint64_t confirmed_lsn);

/* Announces if need be. False: the sink's error. */
extern bool relay_limit_step(Relay *relay, int64_t now_ms, Error *error) MUST_CHECK;
/* At a stop, with everything delivered: no more than that.  It holds once the sink has flushed; a full sink leaves it. */
extern void relay_limit_settle(Relay *relay, int64_t now_ms);

/* What may be told to the server: delivered, and announced. */
extern uint64_t relay_limit_confirmable(const Relay *relay);
/* Does something delivered wait for its announcement? */
extern bool relay_limit_waits(const Relay *relay);

/* Up to where we, in whatever process, may have confirmed the slot; 0: not known. */
extern uint64_t relay_limit_known(const Relay *relay);

#endif

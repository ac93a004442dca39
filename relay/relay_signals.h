/*
 * relay_signals.h
 *	  Signals from outside the database, on their way to incremental_snapshot.h.
 */
#ifndef RELAY_SIGNALS_H
#define RELAY_SIGNALS_H

#include "relay.h"

/*
 * Beside a stream: takes what has arrived, if a look is due; offsets are
 * committed once what follows from the signals is stored.  False: the consumer
 * cannot be made of its settings.
 */
extern bool relay_signals_step(Relay *relay, int64_t now_ms, Error *error) MUST_CHECK;
/* When the next look is due; INT64_MAX: never. */
extern int64_t relay_signals_due_ms(const Relay *relay);
/* The next look begins where incremental_kafka_offset() stands by then. */
extern void relay_signals_reset(Relay *relay);
/* At the end, while the sink is still there. */
extern void relay_signals_free(Relay *relay);

#endif

/*
 * incremental_rows.h
 *	  The rows of a chunk to the sink, without those that the stream has
 *	  overtaken.
 */
#ifndef INCREMENTAL_ROWS_H
#define INCREMENTAL_ROWS_H

#include <libpq-fe.h>

#include "incremental_window.h"
#include "relay.h"

typedef struct IncrementalRows IncrementalRows;

/* Takes ownership of frames. */
extern IncrementalRows *incremental_rows_new(Relay *relay, PGresult *frames);
/* Before the sink is freed. */
extern void incremental_rows_free(IncrementalRows *rows);

/*
 * Sends under the ticket; sequence fills source.sequence.  SINK_OK: all are
 * sent; SINK_FULL: call again, with the same.
 */
extern SinkResult incremental_rows_send(IncrementalRows *rows, const IncrementalWindow *window, const char *sequence,
										uint64_t ticket, Error *error);
/* Are changes unseen by the snapshot of which the keys are not known?  Then no row with a key went out. */
extern bool incremental_rows_are_blind(const IncrementalRows *rows);
/* So far. */
extern uint64_t incremental_rows_sent(const IncrementalRows *rows);
extern uint64_t incremental_rows_dropped(const IncrementalRows *rows);

#endif

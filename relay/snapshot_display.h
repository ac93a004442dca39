/*
 * snapshot_display.h
 *	  How a snapshot gets on, for people: a line that is written over on a
 *	  terminal, lines of the log elsewhere; and the same numbers for metrics.
 */
#ifndef SNAPSHOT_DISPLAY_H
#define SNAPSHOT_DISPLAY_H

#include "relay.h"

typedef struct SnapshotDisplay SnapshotDisplay;

/* relay is borrowed; tables: of the whole snapshot. */
extern SnapshotDisplay *snapshot_display_new(Relay *relay, size_t tables);
/* Wipes the line. */
extern void snapshot_display_free(SnapshotDisplay *display);

/* Called often; shows something now and then.  fraction: of the blocks, 0 to 1. */
extern void snapshot_display_step(SnapshotDisplay *display, double fraction, size_t tables_left);
/* A table has been read; done: how many by now. */
extern void snapshot_display_table(SnapshotDisplay *display, const char *schema, const char *table, uint64_t rows,
								   size_t done);

#endif

/*
 * incremental_window.h
 *	  Which rows of a chunk may go out: what the stream has told about their
 *	  keys meanwhile.  Pure.
 *
 * Let S be the snapshot under which a chunk was read.  A row may go out only
 * if no change of its key by a transaction that S did not see has gone out
 * before, and only once all changes that S saw have.  The second is the matter
 * of whoever closes the window; this module answers for the first.
 *
 * A commit may come by the stream before snapshots see it (its record is on
 * disk, the transaction is not yet taken off the list of running ones; with
 * synchronous replication for long).  So changes are remembered from before
 * the chunk is asked for, and where memory does not reach, the chunk is to be
 * read again.
 */
#ifndef INCREMENTAL_WINDOW_H
#define INCREMENTAL_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct IncrementalWindow IncrementalWindow;

extern IncrementalWindow *incremental_window_new(void);
extern void incremental_window_free(IncrementalWindow *window);

/*
 * A record went out: its table, the hash of its key (0: any rows of the table
 * may be meant: a TRUNCATE, a key that is only known in part, a refused
 * record), and the transaction (0: none).
 */
extern void incremental_window_note(IncrementalWindow *window, uint32_t relation, uint64_t key_hash, uint32_t xid);

/* A chunk is asked for: from here on nothing is forgotten. */
extern void incremental_window_begin(IncrementalWindow *window);
/*
 * It was read under this snapshot, in the text of pg_current_snapshot().
 * whole: the text lists all running transactions; on a standby it does not.
 * False: the text is not one.
 */
extern bool incremental_window_read(IncrementalWindow *window, const char *snapshot, bool whole);
/* Changes that S did not see may be forgotten already: the chunk must be read again. */
extern bool incremental_window_is_blind(const IncrementalWindow *window);
/*
 * Has a transaction that S did not see changed rows of the table of which the
 * keys are not known?  Then the chunk must be read again, if its rows have keys.
 */
extern bool incremental_window_is_blind_for(const IncrementalWindow *window, uint32_t relation);
/* May the row with this key go out now?  Rows without a key always may. */
extern bool incremental_window_allows(const IncrementalWindow *window, uint32_t relation, uint64_t key_hash);
/* The chunk has gone out, or is given up. */
extern void incremental_window_end(IncrementalWindow *window);

#endif

/*
 * snapshot_ledger.h
 *	  Which blocks of a snapshot are delivered, as the sink reports come in,
 *	  and the writing of that to the progress topic.
 *
 * A frame's records go to the sink under a unit of relay->tracker; a position
 * counts once that unit and all before it are delivered.  The record held back
 * of a table keeps the positions read so far of that table waiting.
 */
#ifndef SNAPSHOT_LEDGER_H
#define SNAPSHOT_LEDGER_H

#include "snapshot_targets.h"

typedef struct SnapshotLedger SnapshotLedger;

/*
 * base: what stands in the state besides tables; targets and relay are
 * borrowed.  keep: positions are worth writing, since a stream follows.
 */
extern SnapshotLedger *snapshot_ledger_new(Relay *relay, const SnapshotTargets *targets, const CutSnapshot *base,
										   bool keep);
extern void snapshot_ledger_free(SnapshotLedger *ledger);

/* Opens a unit and returns its ticket; closes it. */
extern uint64_t snapshot_ledger_open(SnapshotLedger *ledger);
extern void snapshot_ledger_close(SnapshotLedger *ledger);

/* A part has been read up to a block (done: whole), under the unit that is open. */
extern void snapshot_ledger_read(SnapshotLedger *ledger, SnapshotPart *part, uint32_t next, bool done);
/* The record that a table held back has been sent, under the unit that is open. */
extern void snapshot_ledger_released(SnapshotLedger *ledger, SnapshotTarget *target);

/* Takes over what is delivered; writes it now and then. A full sink is no error. */
extern bool snapshot_ledger_step(SnapshotLedger *ledger, Error *error) MUST_CHECK;

/*
 * Exactly once, where positions are worth keeping: is it time to end the
 * sink's transaction?
 */
extern bool snapshot_ledger_part_due(SnapshotLedger *ledger);
/*
 * Ends it with the state of all that was put, which must stand at positions
 * and hold nothing back.  *due: false once that is under way.
 */
extern bool snapshot_ledger_end_part(SnapshotLedger *ledger, bool *due, Error *error) MUST_CHECK;

/*
 * At the end of a snapshot that was cut: relay->snapshot_state becomes what is
 * missing (exactly once only what is stored counts, and this does nothing), and where a stop was requested it is written, once all that the
 * sink holds is delivered or some seconds have passed.
 */
extern void snapshot_ledger_cut(SnapshotLedger *ledger);

#endif

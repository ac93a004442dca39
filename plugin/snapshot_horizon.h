/*-------------------------------------------------------------------------
 *
 * snapshot_horizon.h
 *	  What an earlier snapshot saw, for a snapshot that goes on under another.
 *
 * The rows read now are those of a later moment.  A row whose inserting
 * transaction the earlier snapshot did not see comes by the stream, which
 * begins at the earlier snapshot, so it can be left out here.  Leaving out a
 * row the stream does not have would lose it; reading one twice does no harm.
 * So whatever is not certain counts as seen.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SNAPSHOT_HORIZON_H
#define SNAPSHOT_HORIZON_H

#include "postgres.h"
#include "access/htup_details.h"

typedef struct SnapshotHorizon SnapshotHorizon;

/* Text of pg_current_snapshot(): "xmin:xmax:xip,...".  In the current memory context; ERROR if malformed. */
extern SnapshotHorizon *snapshot_horizon_parse(const char *text);

/* Was the row's inserting transaction committed for it?  True, too, of frozen rows: what froze them forgot when. */
extern bool snapshot_horizon_saw(const SnapshotHorizon *horizon, HeapTupleHeader header);

#endif /* SNAPSHOT_HORIZON_H */

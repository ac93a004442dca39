/*-------------------------------------------------------------------------
 *
 * snapshot_horizon.c
 *	  See snapshot_horizon.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/transam.h"

#include "snapshot_horizon.h"

struct SnapshotHorizon
{
	uint64 xmin; /* all transactions before it had ended */
	uint64 xmax; /* none from here on had */
	uint64 next; /* the next transaction now: tells which epoch a tuple's 32 bits belong to */
	uint64 *running;
	int count;
};

static void
fail(const char *text)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("malformed snapshot \"%s\"", text),
					errhint("It is the text of pg_current_snapshot().")));
}

static uint64
next_number(const char **at, const char *text)
{
	char *end;
	uint64 number;

	if (**at < '0' || **at > '9')
		fail(text);
	errno = 0;
	number = strtoull(*at, &end, 10);
	if (errno != 0)
		fail(text);
	*at = end;
	return number;
}

static void
skip(const char **at, char c, const char *text)
{
	if (**at != c)
		fail(text);
	(*at)++;
}

SnapshotHorizon *
snapshot_horizon_parse(const char *text)
{
	SnapshotHorizon *horizon = palloc0(sizeof(SnapshotHorizon));
	const char *at = text;

	horizon->next = U64FromFullTransactionId(ReadNextFullTransactionId());
	horizon->xmin = next_number(&at, text);
	skip(&at, ':', text);
	horizon->xmax = next_number(&at, text);
	skip(&at, ':', text);
	horizon->running = palloc((strlen(at) / 2 + 1) * sizeof(uint64));
	while (*at)
	{
		if (horizon->count > 0)
			skip(&at, ',', text);
		horizon->running[horizon->count++] = next_number(&at, text);
		if (horizon->count > 1 && horizon->running[horizon->count - 2] >= horizon->running[horizon->count - 1])
			fail(text);
	}
	if (horizon->xmin > horizon->xmax)
		fail(text);
	return horizon;
}

/* pg_current_snapshot() sorts them. */
static bool
was_running(const SnapshotHorizon *horizon, uint64 xid)
{
	int low = 0;
	int high = horizon->count;

	while (low < high)
	{
		int middle = (low + high) / 2;

		if (horizon->running[middle] == xid)
			return true;
		if (horizon->running[middle] < xid)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

bool
snapshot_horizon_saw(const SnapshotHorizon *horizon, HeapTupleHeader header)
{
	TransactionId inserter = HeapTupleHeaderGetRawXmin(header);
	uint64 xid;

	/* a frozen one may be of an earlier epoch, whose numbers are like those of now */
	if (HeapTupleHeaderXminFrozen(header) || !TransactionIdIsNormal(inserter))
		return true;
	xid = (horizon->next & ~UINT64CONST(0xFFFFFFFF)) | inserter;
	if (xid > horizon->next)
		xid -= UINT64CONST(0x100000000);
	if (xid < horizon->xmin)
		return true;
	return xid < horizon->xmax && !was_running(horizon, xid);
}

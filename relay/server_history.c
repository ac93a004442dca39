/*
 * server_history.c
 *	  Timelines tell of promotions, the last delivered transaction of copies
 *	  that are older and have gone on.
 */
#include "server_history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_session.h"

#define QUERY_TIMEOUT_MS 60000
/* 2^31 transactions, beyond which 32 bits say nothing, write more WAL than this. */
#define XID_CHECK_WAL (UINT64_C(1) << 35)

static const PgPatience patience = {.timeout_ms = QUERY_TIMEOUT_MS};

/*
 * The xid with its epoch, from the distance to the next one and a 64-bit xid
 * near that.  0: the next one is not beyond it.
 */
static uint64_t
full_xid(uint32_t xid, int32_t age, uint64_t near_next)
{
	uint32_t next = xid + (uint32_t) age;
	uint64_t full_next = near_next + (uint64_t) (int64_t) (int32_t) (next - (uint32_t) near_next);

	return age > 0 && full_next > (uint64_t) age ? full_next - (uint64_t) age : 0;
}

/* Is xid one that this server has not assigned yet, or has rolled back? Not if the server has forgotten. */
static bool
lacks_transaction(PGconn *conn, uint32_t xid, bool *lacks, Error *error)
{
	static const char what[] = "could not ask for the state of a transaction";
	char sql[160];
	uint64_t full = 0;
	PGresult *result;

	/* age() counts from the next xid; a snapshot may be behind it, but has the epoch */
	snprintf(sql, sizeof(sql),
			 "SELECT pg_catalog.age('%u'::xid), pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())", xid);
	result = pg_session_query(conn, sql, 0, NULL, patience, what, error);
	if (result == NULL)
		return false;
	if (PQntuples(result) == 1)
		full = full_xid(xid, atoi(PQgetvalue(result, 0, 0)), strtoull(PQgetvalue(result, 0, 1), NULL, 10));
	PQclear(result);
	*lacks = full == 0;
	if (full == 0)
		return true;
	snprintf(sql, sizeof(sql), "SELECT pg_catalog.pg_xact_status('%" PRIu64 "'::xid8)", full);
	result = pg_session_query(conn, sql, 0, NULL, patience, what, error);
	if (result == NULL)
		return false;
	*lacks = PQntuples(result) == 1 && strcmp(PQgetvalue(result, 0, 0), "aborted") == 0;
	PQclear(result);
	return true;
}

bool
server_history_compare(PGconn *conn, const ServerIdentity *server, ResumeInput *input, Error *error)
{
	const Progress *progress = input->progress;

	if (progress == NULL)
		return true;
	/* the history of a timeline knows nothing of later ones, and the first has none */
	if (progress->timeline != 0 && progress->timeline < server->timeline &&
		!server_timeline_switch(conn, server->timeline, progress->timeline, &input->timeline_switch_lsn, error))
		return false;
	if (progress->xid == 0 || server->wal_end - progress->last_commit_end_lsn > XID_CHECK_WAL)
		return true;
	return lacks_transaction(conn, progress->xid, &input->xid_unknown, error);
}

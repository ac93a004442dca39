/*
 * snapshot_worker.c
 *	  Calls of snapshot functions, one frame a row, as they arrive.
 */
#include "snapshot_worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"

/* In the target list: a function in FROM would spool the whole table first. */
static bool
send_query(const SnapshotWorker *worker, const SnapshotPart *part, const SnapshotCall *call)
{
	const SnapshotTarget *target = part->target;
	char oid[16];
	char next[16];
	char end[16];
	const char *blocks[] = {oid, next, end, part->rows, call->seen_by, call->plugin_config};
	const char *others[] = {oid, call->plugin_config, target->statement};

	snprintf(oid, sizeof(oid), "%" PRIu32, target->oid);
	snprintf(next, sizeof(next), "%" PRIu32, part->range.next);
	snprintf(end, sizeof(end), "%" PRIu32, part->range.end);
	if (part->range.end == SNAPSHOT_TO_END)
		blocks[2] = NULL;
	if (target->statement != NULL)
		return PQsendQueryParams(worker->conn,
								 "SELECT wal2debezium.snapshot_query($1::pg_catalog.oid::pg_catalog.regclass, $3, $2)",
								 3, NULL, others, NULL, NULL, 1);
	if (!target->heap)
		return PQsendQueryParams(worker->conn,
								 "SELECT wal2debezium.snapshot_frames($1::pg_catalog.oid::pg_catalog.regclass, $2)", 2,
								 NULL, others, NULL, NULL, 1);
	return PQsendQueryParams(worker->conn,
							 "SELECT wal2debezium.snapshot_blocks($1::pg_catalog.oid::pg_catalog.regclass, $2, $3, $4, "
							 "$5, $6)",
							 6, NULL, blocks, NULL, NULL, 1);
}

static bool
fail_part(const SnapshotWorker *worker, const PGresult *result, Error *error)
{
	const SnapshotTarget *target = worker->part->target;
	char *what = memory_printf("could not read table \"%s.%s\"", target->schema, target->table);

	pg_session_fail(worker->conn, result, what, error);
	free(what);
	return false;
}

bool
snapshot_worker_start(SnapshotWorker *worker, SnapshotPart *part, const SnapshotCall *call, Error *error)
{
	worker->part = part;
	if (!send_query(worker, part, call) || !PQsetSingleRowMode(worker->conn))
		return fail_part(worker, NULL, error);
	worker->frames = frame_reader_new(call->callbacks);
	return true;
}

void
snapshot_worker_taken(SnapshotWorker *worker)
{
	PQclear(worker->arrived);
	worker->arrived = NULL;
}

void
snapshot_worker_clear(SnapshotWorker *worker)
{
	snapshot_worker_taken(worker);
	frame_reader_free(worker->frames);
	worker->frames = NULL;
	worker->part = NULL;
}

SnapshotArrival
snapshot_worker_look(SnapshotWorker *worker, Error *error)
{
	while (worker->arrived == NULL)
	{
		if (PQisBusy(worker->conn) && !PQconsumeInput(worker->conn))
		{
			fail_part(worker, NULL, error);
			return SNAPSHOT_ARRIVED_ERROR;
		}
		if (PQisBusy(worker->conn))
			return SNAPSHOT_ARRIVED_NOTHING;
		worker->arrived = PQgetResult(worker->conn);
		if (worker->arrived == NULL)
		{
			snapshot_worker_clear(worker);
			return SNAPSHOT_ARRIVED_END;
		}
		switch (PQresultStatus(worker->arrived))
		{
			case PGRES_SINGLE_TUPLE:
				if (PQgetisnull(worker->arrived, 0, 0))
					snapshot_worker_taken(worker);
				break;
			case PGRES_TUPLES_OK: /* nothing but the end of it */
				snapshot_worker_taken(worker);
				break;
			default:
				fail_part(worker, worker->arrived, error);
				return SNAPSHOT_ARRIVED_ERROR;
		}
	}
	return SNAPSHOT_ARRIVED_FRAME;
}

/*
 * snapshot_coordinator.c
 *	  The connections of a snapshot, and the loop that gives them parts of
 *	  tables to read and takes their frames.
 */
#include "snapshot_coordinator.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "extension.h"
#include "memory.h"
#include "pg_session.h"
#include "snapshot_display.h"
#include "snapshot_ledger.h"
#include "snapshot_notices.h"
#include "snapshot_reader.h"
#include "snapshot_targets.h"
#include "snapshot_worker.h"

#define TRANSACTION_TIMEOUT_VERSION 170000
/* Frames taken from one connection before the others get their turn. */
#define FRAMES_PER_TURN 8

typedef struct Snapshot
{
	Relay *relay;
	const SnapshotRequest *request;
	PGconn *conn; /* the first worker's, whose transaction the others share */
	int threads;
	SnapshotWorker *workers;
	bool cutting;		/* exactly once: nothing more is taken until the transaction can end */
	CutSnapshot *state; /* what all of it shares; its tables are those of an earlier run */
	char *plugin_config;
	SnapshotTargets targets;
	size_t tables_left;
	SnapshotReader *reader;
	SnapshotLedger *ledger;
	SnapshotDisplay *display;
	SnapshotNotices *notices;
	bool unreadable; /* PostgreSQL is why it failed */
} Snapshot;

static PgPatience
query_patience(const Relay *relay)
{
	return (PgPatience){.timeout_ms = (int) config_int(relay->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
}

/* The first value of a query's first row, NULL if that is null; the caller frees. */
static bool
query_value(Snapshot *snapshot, const char *sql, char **value, const char *what, Error *error)
{
	PGresult *result = pg_session_query(snapshot->conn, sql, 0, NULL, query_patience(snapshot->relay), what, error);

	*value = NULL;
	if (result == NULL)
		return false;
	if (PQntuples(result) > 0 && !PQgetisnull(result, 0, 0))
		*value = memory_strdup(PQgetvalue(result, 0, 0));
	PQclear(result);
	return true;
}

bool
snapshot_prepare(Relay *relay, Error *error)
{
	PGconn *conn = pg_session_connect(relay->config, false, (PgPatience){0}, error);
	bool ready = conn != NULL && extension_ensure(conn, relay->config, relay->log, error);

	PQfinish(conn);
	return ready;
}

/*
 * txId of the records, in a transaction of its own: one of the snapshot's
 * would hold back vacuum and slots as long as the snapshot takes.
 */
static bool
read_txid(Snapshot *snapshot, Error *error)
{
	return query_value(snapshot,
					   "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN NULL "
					   "ELSE pg_catalog.pg_current_xact_id()::text END",
					   &snapshot->state->txid, "could not read the transaction id for the snapshot", error);
}

/* Where the server is; read before the snapshot is taken, so that streaming from there misses nothing. */
static bool
read_position(Snapshot *snapshot, uint64_t *lsn, Error *error)
{
	const char *what = "could not read the server's position";
	char *text;
	bool good;

	if (!query_value(snapshot,
					 "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn() "
					 "ELSE pg_catalog.pg_current_wal_lsn() END",
					 &text, what, error))
		return false;
	good = lsn_parse(text, lsn);
	free(text);
	return good || error_set(error, ERROR_FAILED, "%s: unexpected answer of the server", what);
}

static bool
run(const Snapshot *snapshot, PGconn *conn, const char *sql, Error *error)
{
	return pg_session_command(conn, sql, query_patience(snapshot->relay), "could not begin the snapshot transaction",
							  error);
}

static bool
begin_transaction(const Snapshot *snapshot, PGconn *conn, const char *exported_name, Error *error)
{
	char *literal;
	char *sql;
	bool done;

	if (!run(snapshot, conn, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error))
		return false;
	if (exported_name != NULL)
	{
		literal = memory_checked(PQescapeLiteral(conn, exported_name, strlen(exported_name)));
		sql = memory_printf("SET TRANSACTION SNAPSHOT %s", literal);
		done = run(snapshot, conn, sql, error);
		PQfreemem(literal);
		free(sql);
		if (!done)
			return false;
	}
	if (!run(snapshot, conn,
			 "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
			 "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off",
			 error))
		return false;
	return PQserverVersion(conn) < TRANSACTION_TIMEOUT_VERSION ||
		   run(snapshot, conn, "SET LOCAL transaction_timeout = 0", error);
}

static void
make_plugin_config(Snapshot *snapshot)
{
	char lsn[24];
	char last_commit[24];
	const char *extra[11] = {"internal.run.id",			snapshot->relay->run_id, "internal.snapshot.lsn", lsn,
							 "internal.snapshot.ts.us", snapshot->state->ts_us};
	size_t count = 6;

	snprintf(lsn, sizeof(lsn), "%" PRIu64, snapshot->state->lsn);
	snprintf(last_commit, sizeof(last_commit), "%" PRIu64, snapshot->relay->progress.last_commit_end_lsn);
	if (snapshot->state->txid != NULL)
	{
		extra[count++] = "internal.snapshot.txid";
		extra[count++] = snapshot->state->txid;
	}
	/* of one between two streams: where the first has come to */
	if (snapshot->request->chosen != NULL && snapshot->relay->progress.last_commit_end_lsn != 0)
	{
		extra[count++] = "internal.last.commit.lsn";
		extra[count] = last_commit;
	}
	snapshot->plugin_config = config_plugin_json(snapshot->relay->config, extra);
}

/* What a snapshot that begins here has seen, and when. */
static bool
describe(Snapshot *snapshot, Error *error)
{
	return query_value(snapshot,
					   "SELECT (extract(epoch FROM pg_catalog.transaction_timestamp()) * 1000000)::pg_catalog.int8",
					   &snapshot->state->ts_us, "could not read the time of the snapshot", error) &&
		   query_value(snapshot, "SELECT pg_catalog.pg_current_snapshot()::pg_catalog.text", &snapshot->state->seen_by,
					   "could not read what the snapshot sees", error);
}

/* The other connections, under the snapshot of the first. */
static bool
open_workers(Snapshot *snapshot, Error *error)
{
	char *name = NULL;
	bool good = true;

	snapshot->workers = bytes_alloc_zero((size_t) snapshot->threads, sizeof(SnapshotWorker));
	snapshot->workers[0].conn = snapshot->conn;
	if (snapshot->threads > 1)
		good = query_value(snapshot, "SELECT pg_catalog.pg_export_snapshot()", &name, "could not export the snapshot",
						   error);
	for (int i = 1; good && i < snapshot->threads; i++)
	{
		PGconn *conn = pg_session_connect(snapshot->relay->config, false, (PgPatience){0}, error);

		snapshot->workers[i].conn = conn;
		good = conn != NULL && begin_transaction(snapshot, conn, name, error);
	}
	free(name);
	return good;
}

static bool
open_snapshot(Snapshot *snapshot, Error *error)
{
	Relay *relay = snapshot->relay;
	const SnapshotRequest *request = snapshot->request;
	const CutSnapshot *resumed = request->resumed;

	snapshot->conn = pg_session_connect(relay->config, false, (PgPatience){0}, error);
	if (snapshot->conn == NULL)
		return false;
	if (resumed != NULL)
	{
		snapshot->state->lsn = resumed->lsn;
		snapshot->state->begun = resumed->begun;
		snapshot->state->txid = resumed->txid != NULL ? memory_strdup(resumed->txid) : NULL;
		snapshot->state->ts_us = memory_strdup(resumed->ts_us);
		snapshot->state->seen_by = memory_strdup(resumed->seen_by);
	}
	else if (request->chosen != NULL && request->chosen->signal_lsn != 0)
	{
		/* Debezium's rows then have the place of the signal */
		snapshot->state->lsn = request->chosen->signal_lsn;
		snapshot->state->txid = memory_printf("%" PRIu32, request->chosen->signal_xid);
	}
	else if (!read_txid(snapshot, error) ||
			 (request->exported_name == NULL && !read_position(snapshot, &snapshot->state->lsn, error)))
		return false;
	if (!begin_transaction(snapshot, snapshot->conn, request->exported_name, error) ||
		(resumed == NULL && !describe(snapshot, error)))
		return false;
	make_plugin_config(snapshot);
	if (!snapshot_targets_list(&snapshot->targets, relay, snapshot->conn, resumed, request->chosen, snapshot->threads,
							   error))
		return false;
	if (request->chosen != NULL)
		snapshot_targets_choose(&snapshot->targets, request->chosen, snapshot->threads, relay->log);
	return open_workers(snapshot, error);
}

/* ---- reading ---- */

/* Gives an idle connection its next part, if there is one. */
static bool
start_part(Snapshot *snapshot, SnapshotWorker *worker, Error *error)
{
	FrameReaderCallbacks callbacks = relay_reader_callbacks(snapshot->relay);
	const SnapshotCall call = {snapshot->state->seen_by, snapshot->plugin_config, &callbacks};
	SnapshotPart *part = snapshot_targets_next(&snapshot->targets);

	if (part == NULL)
		return true;
	if (!snapshot_notices_begin(snapshot->notices, snapshot->reader, part, error))
		return false;
	if (snapshot_worker_start(worker, part, &call, error))
		return true;
	snapshot->unreadable = true;
	snapshot_notices_failed(snapshot->notices, part->target);
	return false;
}

static void
released(void *arg, TableMarks *marks)
{
	Snapshot *snapshot = arg;
	SnapshotTarget *target = (SnapshotTarget *) ((char *) marks - offsetof(SnapshotTarget, marks));

	snapshot_ledger_released(snapshot->ledger, target);
}

static void
open_unit(Snapshot *snapshot)
{
	snapshot_reader_unit(snapshot->reader, snapshot_ledger_open(snapshot->ledger));
}

static bool
take_frame(Snapshot *snapshot, SnapshotWorker *worker, Error *error)
{
	SnapshotPart *part = worker->part;
	SnapshotChunk chunk;
	bool good;

	open_unit(snapshot);
	good =
		snapshot_reader_frame(snapshot->reader, &part->target->marks, worker->frames, PQgetvalue(worker->arrived, 0, 0),
							  (size_t) PQgetlength(worker->arrived, 0, 0), &chunk, error);
	part->inside_block = !chunk.known;
	if (good && chunk.known)
		snapshot_ledger_read(snapshot->ledger, part, chunk.next_block, chunk.done);
	snapshot_ledger_close(snapshot->ledger);
	snapshot_worker_taken(worker);
	return good;
}

static bool
end_target(Snapshot *snapshot, SnapshotTarget *target, Error *error)
{
	bool good;

	open_unit(snapshot);
	good = snapshot_reader_end_table(snapshot->reader, &target->marks, error);
	snapshot_ledger_close(snapshot->ledger);
	snapshot->tables_left--;
	snapshot->relay->values.snapshot_tables_remaining = snapshot->tables_left;
	if (good)
		snapshot_display_table(snapshot->display, target->schema, target->table, target->marks.rows,
							   snapshot->targets.listed - snapshot->tables_left);
	return good;
}

static bool
end_part(Snapshot *snapshot, const SnapshotPart *part, Error *error)
{
	SnapshotTarget *target = part->target;

	snapshot->relay->values.snapshot_parts_remaining--;
	target->parts_read++;
	if (!snapshot_notices_end(snapshot->notices, snapshot->reader, part, error))
		return false;
	return target->parts_read < target->part_count || end_target(snapshot, target, error);
}

/*
 * Has the frame that has arrived to wait for the transaction's end?  Not if
 * what comes before it would then end between positions, or if there are none.
 */
static bool
is_held_up(const Snapshot *snapshot, const SnapshotWorker *worker)
{
	const SnapshotPart *part = worker->part;

	return snapshot->cutting && part != NULL && worker->arrived != NULL && !part->inside_block &&
		   !(part->target->whole && part->target->marks.rows > 0) &&
		   frame_has_records(PQgetvalue(worker->arrived, 0, 0), (size_t) PQgetlength(worker->arrived, 0, 0));
}

/* Takes what has arrived from one connection, up to a turn's worth. *moved: something had. */
static bool
serve_worker(Snapshot *snapshot, SnapshotWorker *worker, bool *moved, Error *error)
{
	for (int taken = 0; worker->part != NULL && taken < FRAMES_PER_TURN; taken++)
	{
		const SnapshotPart *part = worker->part;
		SnapshotArrival arrival = snapshot_worker_look(worker, error);

		if (arrival == SNAPSHOT_ARRIVED_ERROR)
		{
			snapshot->unreadable = true;
			snapshot_notices_failed(snapshot->notices, part->target);
			return false;
		}
		if (arrival == SNAPSHOT_ARRIVED_NOTHING || is_held_up(snapshot, worker))
			return true;
		*moved = true;
		if (!(arrival == SNAPSHOT_ARRIVED_FRAME ? take_frame(snapshot, worker, error)
												: end_part(snapshot, part, error)))
			return false;
	}
	return true;
}

/* Every connection has its turn; *busy: how many have a part. */
static bool
serve_workers(Snapshot *snapshot, int *busy, bool *moved, Error *error)
{
	*busy = 0;
	*moved = false;
	for (int i = 0; i < snapshot->threads; i++)
	{
		SnapshotWorker *worker = &snapshot->workers[i];

		if (!serve_worker(snapshot, worker, moved, error))
			return false;
		if (worker->part == NULL && !start_part(snapshot, worker, error))
			return false;
		*busy += worker->part != NULL;
	}
	return true;
}

static bool
wait_workers(Snapshot *snapshot, Error *error)
{
	int fds[RELAY_WAIT_MAX];
	int count = 0;

	for (int i = 0; i < snapshot->threads; i++)
		if (snapshot->workers[i].part != NULL && snapshot->workers[i].arrived == NULL)
			fds[count++] = PQsocket(snapshot->workers[i].conn);
	return snapshot_reader_wait(snapshot->reader, fds, count, error);
}

static bool
step(Snapshot *snapshot, Error *error)
{
	snapshot_display_step(snapshot->display, snapshot_targets_fraction(&snapshot->targets), snapshot->tables_left);
	return snapshot_ledger_step(snapshot->ledger, error);
}

/*
 * Exactly once, a snapshot is several transactions, each ending with the state
 * that it brings about.  One can end when each connection has a frame with
 * records that waits: then no record held back is the last, and all that was
 * sent ends where a position is.
 */
static bool
step_transaction(Snapshot *snapshot, Error *error)
{
	int held_up = 0;
	bool good = true;

	snapshot->cutting |= snapshot_ledger_part_due(snapshot->ledger);
	for (int i = 0; i < snapshot->threads; i++)
	{
		if (!is_held_up(snapshot, &snapshot->workers[i]) && snapshot->workers[i].part != NULL)
			return true;
		held_up += snapshot->workers[i].part != NULL;
	}
	if (!snapshot->cutting || held_up == 0)
		return true;
	open_unit(snapshot);
	for (size_t i = 0; good && i < snapshot->targets.count; i++)
		good = snapshot_reader_release(snapshot->reader, &snapshot->targets.items[i]->marks, error);
	snapshot_ledger_close(snapshot->ledger);
	return good && snapshot_ledger_end_part(snapshot->ledger, &snapshot->cutting, error);
}

static bool
finish(Snapshot *snapshot, Error *error)
{
	bool good;

	open_unit(snapshot);
	good = snapshot_reader_finish(snapshot->reader, error);
	snapshot_ledger_close(snapshot->ledger);
	good = good && snapshot_notices_completed(snapshot->notices, snapshot->reader, error);
	/* exactly once the caller ends the transaction, with the record that says so */
	if (snapshot->relay->settings.exactly_once)
		return good;
	while (good && (lsn_tracker_outstanding(snapshot->relay->tracker) > 0 ||
					notifications_unreported(snapshot->relay->notifications) > 0))
		good = snapshot_reader_wait(snapshot->reader, NULL, 0, error) && step(snapshot, error);
	return good;
}

static bool
read_targets(Snapshot *snapshot, Error *error)
{
	int busy = 1;
	bool moved;

	if (!step(snapshot, error))
		return false;
	while (busy > 0)
	{
		if (!serve_workers(snapshot, &busy, &moved, error) || !step_transaction(snapshot, error))
			return false;
		if (!moved && busy > 0 && !wait_workers(snapshot, error))
			return false;
		if (!step(snapshot, error))
			return false;
	}
	return finish(snapshot, error);
}

static void
begin_metrics(Snapshot *snapshot)
{
	MetricsValues *values = &snapshot->relay->values;

	snapshot->tables_left = snapshot->targets.count;
	values->snapshot_running = true;
	values->snapshot_tables = snapshot->targets.listed;
	values->snapshot_tables_remaining = snapshot->targets.count;
	values->snapshot_parts = 0;
	for (size_t i = 0; i < snapshot->targets.count; i++)
		values->snapshot_parts += snapshot->targets.items[i]->part_count;
	values->snapshot_parts_remaining = values->snapshot_parts;
	values->connected = true;
	values->snapshot_completed = false;
	values->topic_prefix = config_text(snapshot->relay->config, OPT_TOPIC_PREFIX);
}

static bool
send_all(Snapshot *snapshot, Error *error)
{
	Relay *relay = snapshot->relay;
	bool good;

	lsn_tracker_free(relay->tracker);
	relay->tracker = lsn_tracker_new(0);
	snapshot->reader = snapshot_reader_new(relay, snapshot->state->begun, released, snapshot);
	snapshot->ledger = snapshot_ledger_new(relay, &snapshot->targets, snapshot->state, snapshot->request->keep);
	snapshot->display = snapshot_display_new(relay, snapshot->targets.listed);
	begin_metrics(snapshot);
	good = read_targets(snapshot, error);
	relay->values.snapshot_completed = good;
	snapshot_display_free(snapshot->display);
	if (!good)
		snapshot_ledger_cut(snapshot->ledger);
	relay->values.snapshot_running = false;
	for (size_t i = 0; i < snapshot->targets.count; i++)
		snapshot_reader_drop_table(snapshot->reader, &snapshot->targets.items[i]->marks);
	for (int i = 0; i < snapshot->threads; i++)
		snapshot_worker_clear(&snapshot->workers[i]);
	snapshot_ledger_free(snapshot->ledger);
	snapshot_reader_free(snapshot->reader);
	return good;
}

static void
close_snapshot(Snapshot *snapshot)
{
	for (int i = 1; snapshot->workers != NULL && i < snapshot->threads; i++)
		PQfinish(snapshot->workers[i].conn);
	PQfinish(snapshot->conn);
	free(snapshot->workers);
	free(snapshot->plugin_config);
	snapshot_targets_free(&snapshot->targets);
	snapshot_notices_free(snapshot->notices);
	snapshot_state_free(snapshot->state);
}

static void
log_begin(const Snapshot *snapshot)
{
	const Relay *relay = snapshot->relay;

	if (snapshot->request->resumed != NULL)
		log_info(relay->log, "snapshot of %zu tables at " LSN_FORMAT " goes on: %zu are missing, whole or in part",
				 snapshot->targets.listed, LSN_ARGS(snapshot->state->lsn), snapshot->targets.count);
	else
		log_info(relay->log, "snapshot of %zu tables at " LSN_FORMAT " begins", snapshot->targets.listed,
				 LSN_ARGS(snapshot->state->lsn));
}

bool
snapshot_run(Relay *relay, const SnapshotRequest *request, uint64_t *snapshot_lsn, Error *error)
{
	Snapshot snapshot = {
		.relay = relay,
		.request = request,
		.threads = (int) config_int(relay->config, OPT_SNAPSHOT_MAX_THREADS),
		.state = snapshot_state_new(),
	};
	uint64_t rows_before = relay->values.snapshot_rows;
	bool good;

	snapshot.notices = snapshot_notices_new(relay);
	snapshot.state->lsn = *snapshot_lsn;
	snapshot.state->stream_lsn = request->stream_lsn;
	snapshot.state->timeline = request->timeline;
	snapshot.state->options_hash = snapshot_options_hash(relay->config);
	good = open_snapshot(&snapshot, error);
	snapshot.unreadable = !good;
	if (good)
		snapshot_notices_tables(snapshot.notices, &snapshot.targets);
	if (good)
		log_begin(&snapshot);
	good = good && send_all(&snapshot, error);
	if (good)
		log_info(relay->log, "snapshot of %zu tables is delivered, %" PRIu64 " rows", snapshot.targets.listed,
				 relay->values.snapshot_rows - rows_before);
	else
		snapshot_notices_aborted(snapshot.notices);
	if (request->unreadable != NULL)
		*request->unreadable = snapshot.unreadable;
	*snapshot_lsn = snapshot.state->lsn;
	close_snapshot(&snapshot);
	return good;
}

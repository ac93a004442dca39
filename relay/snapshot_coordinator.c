/*
 * snapshot_coordinator.c
 *	  One worker reads all captured tables, one after the other.
 */
#include "snapshot_coordinator.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"
#include "snapshot_reader.h"

#define TRANSACTION_TIMEOUT_VERSION 170000

typedef struct Snapshot
{
	Relay *relay;
	PGconn *conn;
	SnapshotReader *reader;
	char lsn[24];
	char *txid; /* NULL: a standby has none to give */
	char *ts_us;
	char *plugin_config;
	PGresult *tables; /* oid, schema, table, may be read, row security hides rows */
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

static bool
create_extension(Snapshot *snapshot, Error *error)
{
	const char *what = "extension \"wal2debezium\" is missing in the database and could not be created";
	Relay *relay = snapshot->relay;
	bool created;

	if (config_bool(relay->config, OPT_READ_ONLY))
		created = error_set(error, ERROR_FAILED,
							"extension \"wal2debezium\" is missing in the database and read.only forbids creating it");
	else
		created = pg_session_command(snapshot->conn, "CREATE EXTENSION IF NOT EXISTS wal2debezium",
									 query_patience(relay), what, error);
	if (created)
		log_info(relay->log, "created extension \"wal2debezium\"");
	else if (error->kind != ERROR_RETRY)
		error_hint(error, "let a superuser run this in database \"%s\": CREATE EXTENSION wal2debezium;",
				   PQdb(snapshot->conn));
	return created;
}

bool
snapshot_prepare(Relay *relay, Error *error)
{
	Snapshot snapshot = {.relay = relay};
	char *version = NULL;
	bool ready;

	snapshot.conn = pg_session_connect(relay->config, false, (PgPatience){0}, error);
	if (snapshot.conn == NULL)
		return false;
	ready = query_value(&snapshot, "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'wal2debezium'",
						&version, "could not look for the extension", error);
	if (ready && version == NULL)
		ready = create_extension(&snapshot, error);
	free(version);
	PQfinish(snapshot.conn);
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
					   &snapshot->txid, "could not read the transaction id for the snapshot", error);
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
run(Snapshot *snapshot, const char *sql, Error *error)
{
	return pg_session_command(snapshot->conn, sql, query_patience(snapshot->relay),
							  "could not begin the snapshot transaction", error);
}

static bool
begin_transaction(Snapshot *snapshot, const char *exported_name, Error *error)
{
	char *literal;
	char *sql;
	bool done;

	if (!run(snapshot, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", error))
		return false;
	if (exported_name != NULL)
	{
		literal = memory_checked(PQescapeLiteral(snapshot->conn, exported_name, strlen(exported_name)));
		sql = memory_printf("SET TRANSACTION SNAPSHOT %s", literal);
		done = run(snapshot, sql, error);
		PQfreemem(literal);
		free(sql);
		if (!done)
			return false;
	}
	if (!run(snapshot,
			 "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0; "
			 "SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL row_security = off",
			 error))
		return false;
	return PQserverVersion(snapshot->conn) < TRANSACTION_TIMEOUT_VERSION ||
		   run(snapshot, "SET LOCAL transaction_timeout = 0", error);
}

static void
make_plugin_config(Snapshot *snapshot, uint64_t lsn)
{
	const char *extra[9] = {"internal.run.id", snapshot->relay->run_id,	  "internal.snapshot.lsn",
							snapshot->lsn,	   "internal.snapshot.ts.us", snapshot->ts_us};

	snprintf(snapshot->lsn, sizeof(snapshot->lsn), "%" PRIu64, lsn);
	if (snapshot->txid != NULL)
	{
		extra[6] = "internal.snapshot.txid";
		extra[7] = snapshot->txid;
	}
	snapshot->plugin_config = config_plugin_json(snapshot->relay->config, extra);
}

static bool
list_tables(Snapshot *snapshot, Error *error)
{
	char *config = config_plugin_json(snapshot->relay->config, (const char *const[]){NULL});
	const char *values[1] = {config};

	snapshot->tables =
		pg_session_query(snapshot->conn,
						 "SELECT relation::pg_catalog.oid, schema_name, table_name, "
						 "pg_catalog.has_table_privilege(relation::pg_catalog.oid, 'SELECT'), "
						 "pg_catalog.row_security_active(relation::pg_catalog.oid) "
						 "FROM wal2debezium.tables($1) WHERE captured "
						 "ORDER BY schema_name COLLATE \"C\", table_name COLLATE \"C\"",
						 1, values, query_patience(snapshot->relay), "could not list the captured tables", error);
	free(config);
	if (snapshot->tables == NULL && strstr(error->message, "wal2debezium") != NULL && error->hint[0] == '\0')
		error_hint(error, "if the role lacks the right: GRANT USAGE ON SCHEMA wal2debezium TO \"%s\";",
				   PQuser(snapshot->conn));
	return snapshot->tables != NULL;
}

static bool
is_true(const PGresult *result, int row, int column)
{
	return PQgetvalue(result, row, column)[0] == 't';
}

/* All tables or none: a snapshot that fails in its middle has cost hours. */
static bool
check_privileges(Snapshot *snapshot, Error *error)
{
	const PGresult *tables = snapshot->tables;

	for (int row = 0; row < PQntuples(tables); row++)
	{
		char *schema = PQgetvalue(tables, row, 1);
		char *table = PQgetvalue(tables, row, 2);
		const char *user = PQuser(snapshot->conn);

		if (!is_true(tables, row, 3))
		{
			error_set(error, ERROR_FAILED, "role \"%s\" may not read table \"%s.%s\", which is captured", user, schema,
					  table);
			error_hint(error, "GRANT USAGE ON SCHEMA \"%s\" TO \"%s\"; GRANT SELECT ON \"%s\".\"%s\" TO \"%s\";",
					   schema, user, schema, table, user);
			return false;
		}
		if (is_true(tables, row, 4))
		{
			error_set(error, ERROR_FAILED, "row security of table \"%s.%s\" would hide rows from role \"%s\"", schema,
					  table, user);
			error_hint(error, "ALTER ROLE \"%s\" BYPASSRLS;", user);
			return false;
		}
	}
	return true;
}

static bool
open_snapshot(Snapshot *snapshot, const char *exported_name, uint64_t *lsn, Error *error)
{
	Relay *relay = snapshot->relay;

	snapshot->conn = pg_session_connect(relay->config, false, (PgPatience){0}, error);
	if (snapshot->conn == NULL || !read_txid(snapshot, error))
		return false;
	if (exported_name == NULL && !read_position(snapshot, lsn, error))
		return false;
	if (!begin_transaction(snapshot, exported_name, error) ||
		!query_value(snapshot,
					 "SELECT (extract(epoch FROM pg_catalog.transaction_timestamp()) * 1000000)::pg_catalog.int8",
					 &snapshot->ts_us, "could not read the time of the snapshot", error))
		return false;
	make_plugin_config(snapshot, *lsn);
	return list_tables(snapshot, error) && check_privileges(snapshot, error);
}

/* The next frame of the table at work; *result NULL: no more. */
static bool
next_frame(Snapshot *snapshot, PGresult **result, Error *error)
{
	while (PQisBusy(snapshot->conn))
	{
		if (!snapshot_reader_wait(snapshot->reader, PQsocket(snapshot->conn), POLLIN, error))
			return false;
		if (!PQconsumeInput(snapshot->conn))
			return pg_session_fail(snapshot->conn, NULL, "could not read a table", error);
	}
	*result = PQgetResult(snapshot->conn);
	return true;
}

static bool
take_result(Snapshot *snapshot, const PGresult *result, const char *what, Error *error)
{
	switch (PQresultStatus(result))
	{
		case PGRES_SINGLE_TUPLE:
			if (PQgetisnull(result, 0, 0))
				return true;
			return snapshot_reader_frame(snapshot->reader, PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0),
										 error);
		case PGRES_TUPLES_OK:
			return true;
		default:
			return pg_session_fail(snapshot->conn, result, what, error);
	}
}

static bool
read_frames(Snapshot *snapshot, const char *what, Error *error)
{
	bool good = true;

	while (good)
	{
		PGresult *result = NULL;

		if (!next_frame(snapshot, &result, error))
			return false;
		if (result == NULL)
			return true;
		good = take_result(snapshot, result, what, error);
		PQclear(result);
	}
	return false;
}

static bool
read_table(Snapshot *snapshot, int row, Error *error)
{
	const char *values[2] = {PQgetvalue(snapshot->tables, row, 0), snapshot->plugin_config};
	char *what = memory_printf("could not read table \"%s.%s\"", PQgetvalue(snapshot->tables, row, 1),
							   PQgetvalue(snapshot->tables, row, 2));
	uint64_t rows_before = snapshot->relay->values.snapshot_rows;
	bool good;

	/* in the target list: a function in FROM would spool the whole table first */
	good = PQsendQueryParams(snapshot->conn,
							 "SELECT wal2debezium.snapshot_frames($1::pg_catalog.oid::pg_catalog.regclass, $2)", 2,
							 NULL, values, NULL, NULL, 1) &&
		   PQsetSingleRowMode(snapshot->conn);
	if (!good)
		pg_session_fail(snapshot->conn, NULL, what, error);
	snapshot_reader_begin_table(snapshot->reader);
	good = good && read_frames(snapshot, what, error);
	snapshot_reader_end_table(snapshot->reader);
	if (good)
		log_info(snapshot->relay->log, "snapshot: table \"%s.%s\" read, %" PRIu64 " rows (%d of %d tables)",
				 PQgetvalue(snapshot->tables, row, 1), PQgetvalue(snapshot->tables, row, 2),
				 snapshot->relay->values.snapshot_rows - rows_before, row + 1, PQntuples(snapshot->tables));
	free(what);
	return good;
}

static bool
read_tables(Snapshot *snapshot, Error *error)
{
	MetricsValues *values = &snapshot->relay->values;
	int count = PQntuples(snapshot->tables);

	values->snapshot_tables = (uint64_t) count;
	for (int row = 0; row < count; row++)
	{
		values->snapshot_tables_remaining = (uint64_t) (count - row);
		if (!read_table(snapshot, row, error))
			return false;
	}
	values->snapshot_tables_remaining = 0;
	return snapshot_reader_finish(snapshot->reader, error);
}

static bool
wait_delivered(Snapshot *snapshot, Error *error)
{
	while (lsn_tracker_outstanding(snapshot->relay->tracker) > 0)
		if (!snapshot_reader_wait(snapshot->reader, -1, 0, error))
			return false;
	return true;
}

static bool
send_all(Snapshot *snapshot, Error *error)
{
	Relay *relay = snapshot->relay;
	uint64_t ticket;
	bool good;

	lsn_tracker_free(relay->tracker);
	relay->tracker = lsn_tracker_new(0);
	ticket = lsn_tracker_open(relay->tracker);
	snapshot->reader = snapshot_reader_new(relay, ticket);
	relay->values.snapshot_running = true;
	relay->values.connected = true;
	good = read_tables(snapshot, error) && wait_delivered(snapshot, error);
	relay->values.snapshot_running = false;
	snapshot_reader_free(snapshot->reader);
	return good;
}

bool
snapshot_run(Relay *relay, const char *exported_name, uint64_t *snapshot_lsn, Error *error)
{
	Snapshot snapshot = {.relay = relay};
	uint64_t rows_before = relay->values.snapshot_rows;
	bool good;

	good = open_snapshot(&snapshot, exported_name, snapshot_lsn, error);
	if (good)
		log_info(relay->log, "snapshot of %d tables at " LSN_FORMAT " begins", PQntuples(snapshot.tables),
				 LSN_ARGS(*snapshot_lsn));
	good = good && send_all(&snapshot, error);
	if (good)
		log_info(relay->log, "snapshot of %d tables is delivered, %" PRIu64 " rows", PQntuples(snapshot.tables),
				 relay->values.snapshot_rows - rows_before);
	PQclear(snapshot.tables);
	PQfinish(snapshot.conn);
	free(snapshot.txid);
	free(snapshot.ts_us);
	free(snapshot.plugin_config);
	return good;
}

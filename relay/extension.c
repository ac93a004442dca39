/*
 * extension.c
 *	  CREATE EXTENSION, if need be.
 */
#include "extension.h"

#include "pg_session.h"

static PgPatience
patience_of(const Config *config)
{
	return (PgPatience){.timeout_ms = (int) config_int(config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
}

static bool
create_extension(PGconn *conn, const Config *config, Logger *log, Error *error)
{
	const char *what = "extension \"wal2debezium\" is missing in the database and could not be created";
	bool created;

	if (config_bool(config, OPT_READ_ONLY))
		created = error_set(error, ERROR_FAILED,
							"extension \"wal2debezium\" is missing in the database and read.only forbids creating it");
	else
		created =
			pg_session_command(conn, "CREATE EXTENSION IF NOT EXISTS wal2debezium", patience_of(config), what, error);
	if (created)
		log_info(log, "created extension \"wal2debezium\"");
	else if (error->kind != ERROR_RETRY)
		error_hint(error, "let a superuser run this in database \"%s\": CREATE EXTENSION wal2debezium;", PQdb(conn));
	return created;
}

bool
extension_ensure(PGconn *conn, const Config *config, Logger *log, Error *error)
{
	PGresult *result = pg_session_query(conn, "SELECT FROM pg_catalog.pg_extension WHERE extname = 'wal2debezium'", 0,
										NULL, patience_of(config), "could not look for the extension", error);
	bool found = result != NULL && PQntuples(result) > 0;

	PQclear(result);
	return result != NULL && (found || create_extension(conn, config, log, error));
}

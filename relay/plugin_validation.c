/*
 * plugin_validation.c
 *	  See plugin_validation.h.
 */
#include "plugin_validation.h"

#include <stdlib.h>

#include <libpq-fe.h>

/* NULL where the function or the right to call it is missing. */
static const char find_sql[] =
	"SELECT p.oid FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace "
	"WHERE n.nspname = 'wal2debezium' AND p.proname = 'validate' "
	"AND pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_function_privilege(p.oid, 'EXECUTE')";

static bool
ask(PGconn *conn, const Config *config, PgPatience patience, Error *error)
{
	char *json = config_plugin_json(config, (const char *const[]){NULL});
	const char *values[] = {"config", json};
	PGresult *result = pg_session_query(conn, "SELECT wal2debezium.validate($1, $2)", 2, values, patience,
										"the plugin refuses the configuration", error);
	bool accepted = result != NULL;

	PQclear(result);
	free(json);
	return accepted;
}

bool
plugin_validate(const Config *config, PgPatience patience, Error *error)
{
	PGconn *conn = pg_session_connect(config, false, patience, error);
	PGresult *found;
	bool accepted;

	if (conn == NULL)
		return false;
	found = pg_session_query(conn, find_sql, 0, NULL, patience, "could not look for the extension", error);
	accepted = found != NULL && (PQntuples(found) == 0 || ask(conn, config, patience, error));
	PQclear(found);
	PQfinish(conn);
	return accepted;
}

/*
 * replica_identity.c
 *	  See replica_identity.h.
 */
#include "replica_identity.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"
#include "snapshot_coordinator.h"

/* Other sessions queue up behind a lock that is waited for. */
#define LOCK_TIMEOUT_SQL "SET lock_timeout = '10s'"

/*
 * The plugin matches the tables, so that regular expressions mean here what
 * they mean in table.include.list.  An index name is folded to lower case
 * unless there is one of exactly that name.
 */
static const char plan_sql[] =
	"WITH rule AS ("
	"SELECT m[1] AS pattern, pg_catalog.upper(m[2]) AS identity, m[3] AS index_name "
	"FROM pg_catalog.regexp_split_to_table($2, ',') AS s (text), "
	"pg_catalog.regexp_match(s.text, $3, 'i') AS m), "
	"matched AS ("
	"SELECT t.relation, pg_catalog.min(r.identity) AS identity, pg_catalog.min(r.index_name) AS index_name, "
	"pg_catalog.count(*) AS rules "
	"FROM rule AS r, LATERAL wal2debezium.tables('topic.prefix', 'x', 'table.include.list', r.pattern) AS t "
	"WHERE t.captured GROUP BY t.relation), "
	"target AS ("
	"SELECT m.*, (SELECT i.relname FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid "
	"WHERE x.indrelid = m.relation AND i.relname IN (m.index_name, pg_catalog.lower(m.index_name)) "
	"ORDER BY i.relname <> m.index_name LIMIT 1) AS found_index, "
	"(SELECT i.relname FROM pg_catalog.pg_index AS x JOIN pg_catalog.pg_class AS i ON i.oid = x.indexrelid "
	"WHERE x.indrelid = m.relation AND x.indisreplident) AS present_index "
	"FROM matched AS m) "
	"SELECT pg_catalog.format('%I.%I', t.schema_name, t.table_name), m.rules = 1, "
	"CASE WHEN m.index_name IS NULL THEN m.identity "
	"ELSE pg_catalog.format('USING INDEX %I', coalesce(m.found_index, m.index_name)) END "
	"FROM target AS m JOIN pg_catalog.pg_class AS c ON c.oid = m.relation "
	"JOIN wal2debezium.tables('config', $1) AS t ON t.relation = m.relation "
	"WHERE t.captured AND (m.rules > 1 OR c.relreplident <> pg_catalog.lower(pg_catalog.left(m.identity, 1))::\"char\" "
	"OR (m.index_name IS NOT NULL AND m.found_index IS DISTINCT FROM m.present_index)) "
	"ORDER BY 1";

/* A rule: table, identity, name of an index. */
static const char rule_pattern[] = "^\\s*([^\\s:]+):(DEFAULT|FULL|NOTHING|INDEX(?= ))(?: (\\S+))?\\s*$";

enum
{
	PLAN_TABLE,
	PLAN_UNAMBIGUOUS,
	PLAN_IDENTITY,
};

static PgPatience
query_patience(const Relay *relay)
{
	return (PgPatience){.timeout_ms = (int) config_int(relay->config, OPT_DATABASE_QUERY_TIMEOUT_MS)};
}

/* False only if the connection is gone: what PostgreSQL refuses is said, and the table stays as it is. */
static bool
alter_table(Relay *relay, PGconn *conn, const char *table, const char *identity, Error *error)
{
	char *sql = memory_printf("ALTER TABLE %s REPLICA IDENTITY %s", table, identity);
	char *what = memory_printf("could not set replica identity %s of table %s", identity, table);
	bool done = pg_session_command(conn, sql, query_patience(relay), what, error);

	if (done)
		log_info(relay->log, "replica identity of table %s is %s now", table, identity);
	else if (PQstatus(conn) == CONNECTION_OK && error->kind != ERROR_RETRY)
		log_warning(relay->log, "%s", error->message);
	free(what);
	free(sql);
	return done || (PQstatus(conn) == CONNECTION_OK && error->kind != ERROR_RETRY);
}

static bool
alter_tables(Relay *relay, PGconn *conn, const PGresult *plan, Error *error)
{
	for (int row = 0; row < PQntuples(plan); row++)
	{
		const char *table = PQgetvalue(plan, row, PLAN_TABLE);

		if (*PQgetvalue(plan, row, PLAN_UNAMBIGUOUS) != 't')
			log_warning(relay->log,
						"several rules of replica.identity.autoset.values match table %s: it is left as it is", table);
		else if (!alter_table(relay, conn, table, PQgetvalue(plan, row, PLAN_IDENTITY), error))
			return false;
	}
	return true;
}

static PGresult *
make_plan(const Relay *relay, PGconn *conn, const char *rules, Error *error)
{
	char *config = config_plugin_json(relay->config, (const char *const[]){NULL});
	const char *values[3] = {config, rules, rule_pattern};
	PGresult *plan = pg_session_query(conn, plan_sql, 3, values, query_patience(relay),
									  "could not read the replica identities of the captured tables", error);

	free(config);
	return plan;
}

bool
replica_identity_set(Relay *relay, Error *error)
{
	const char *rules = config_text(relay->config, OPT_REPLICA_IDENTITY_AUTOSET_VALUES);
	PGresult *plan = NULL;
	PGconn *conn;
	bool done;

	if (rules == NULL)
		return true;
	if (!snapshot_prepare(relay, error)) /* the extension lists the tables */
		return false;
	conn = pg_session_connect(relay->config, false, (PgPatience){0}, error);
	done = conn != NULL && pg_session_command(conn, LOCK_TIMEOUT_SQL, query_patience(relay),
											  "could not prepare setting replica identities", error);
	if (done)
		plan = make_plan(relay, conn, rules, error);
	done = plan != NULL && alter_tables(relay, conn, plan, error);
	PQclear(plan);
	PQfinish(conn);
	return done;
}

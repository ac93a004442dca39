/*
 * check_tables.c
 *	  What will be captured, and what is missing in the tables.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "memory.h"
#include "pg_session.h"

static const PgPatience patience = {60000, false};

/*
 * Identity and privileges come from the catalogue, so that they are the same
 * whatever words tables() has for them.  A primary key that is deferrable is
 * no replica identity.
 */
static const char tables_sql[] =
	"SELECT format('%I.%I', t.schema_name, t.table_name), t.topic, "
	"c.relkind = 'p' OR c.relpersistence = 'u' OR c.relreplident = 'f' "
	"OR c.relreplident = 'd' AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid "
	"AND i.indisprimary AND i.indisvalid AND i.indimmediate) "
	"OR c.relreplident = 'i' AND EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid "
	"AND i.indisreplident AND i.indisvalid), "
	"EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid "
	"AND i.indimmediate), "
	"coalesce(cardinality(t.toast_columns), 0) > 0 AND c.relreplident <> 'f', "
	"pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
	"c.relkind = 'r' AND c.relpersistence = 'p' AND c.relreplident IN ('d', 'i') AND EXISTS (SELECT FROM pg_catalog.unnest(t.key_columns) k "
	"WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_index i JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
	"AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1]) WHERE i.indrelid = c.oid AND i.indisvalid "
	"AND a.attname = k AND CASE c.relreplident WHEN 'i' THEN i.indisreplident ELSE i.indisprimary END)), "
	"c.relpersistence = 'u' "
	"FROM wal2debezium.tables('config', $1) t JOIN pg_catalog.pg_class c ON c.oid = t.relation "
	"WHERE t.captured ORDER BY 1";

enum
{
	TABLE_NAME,
	TABLE_TOPIC,
	TABLE_IDENTIFIED,
	TABLE_HAS_KEY,
	TABLE_TOAST,
	TABLE_READABLE,
	TABLE_OLD_KEY_UNKNOWN,
	TABLE_UNLOGGED,
};

static const char extension_sql[] =
	"SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'wal2debezium'), "
	"EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'wal2debezium')";

static bool
is_true(const PGresult *result, int row, int column)
{
	return strcmp(PQgetvalue(result, row, column), "t") == 0;
}

static bool
takes_snapshot(const Config *config, const ServerFacts *facts)
{
	const char *mode = config_text(config, OPT_SNAPSHOT_MODE);

	if (strcmp(mode, "always") == 0 || strcmp(mode, "initial_only") == 0)
		return true;
	return !facts->slot_exists && strcmp(mode, "no_data") != 0;
}

static void
report_extension_missing(const Config *config, CheckReport *report, const ServerFacts *facts, bool available)
{
	const char *fix = available ? "" : "run make install on the database server, then ";

	if (takes_snapshot(config, facts))
		report_failure(report, "extension wal2debezium is missing in database \"%s\", the initial snapshot needs it",
					   config_database(config));
	else
		report_warning(report,
					   "extension wal2debezium is missing in database \"%s\": tables are not checked; streaming works, "
					   "snapshots do not",
					   config_database(config));
	report_fix(report, "%sCREATE EXTENSION wal2debezium;", fix);
}

static bool
has_extension(const Config *config, CheckReport *report, const ServerFacts *facts)
{
	Error error;
	PGresult *result =
		pg_session_query(facts->conn, extension_sql, 0, NULL, patience, "could not look for the extension", &error);
	bool there = result != NULL && is_true(result, 0, 0);

	if (result == NULL)
		report_failure(report, "%s", error.message);
	else if (there)
		report_ok(report, "extension wal2debezium is there");
	else
		report_extension_missing(config, report, facts, is_true(result, 0, 1));
	PQclear(result);
	return there;
}

/* Neither updates nor deletes give records: nothing to complain about. */
static bool
skips_updates_and_deletes(const Config *config)
{
	const char *skipped = config_text(config, OPT_SKIPPED_OPERATIONS);

	return strchr(skipped, 'u') != NULL && strchr(skipped, 'd') != NULL;
}

static void
check_table(const Config *config, CheckReport *report, const ServerFacts *facts, const PGresult *tables, int row,
			const char *role)
{
	const char *name = PQgetvalue(tables, row, TABLE_NAME);

	if (!is_true(tables, row, TABLE_IDENTIFIED) && config_is_set(config, OPT_REPLICA_IDENTITY_AUTOSET_VALUES))
		report_warning(report, "table %s has no replica identity yet: a run sets one if %s names the table", name,
					   "replica.identity.autoset.values");
	else if (!is_true(tables, row, TABLE_IDENTIFIED) && !skips_updates_and_deletes(config))
	{
		report_failure(report, "table %s has no replica identity, its deletes cannot be recorded", name);
		report_fix(report, "ALTER TABLE %s REPLICA IDENTITY %s;", name,
				   is_true(tables, row, TABLE_HAS_KEY) ? "DEFAULT" : "FULL");
	}
	else if (is_true(tables, row, TABLE_OLD_KEY_UNKNOWN) && !skips_updates_and_deletes(config))
	{
		report_warning(
			report,
			"the replica identity of table %s lacks columns of its key: deletes have made-up keys, as Debezium's have",
			name);
		report_fix(report, "ALTER TABLE %s REPLICA IDENTITY FULL;", name);
	}
	if (is_true(tables, row, TABLE_UNLOGGED))
	{
		report_warning(report, "table %s is unlogged: snapshots read it, its changes are not in the WAL", name);
		report_fix(report, "ALTER TABLE %s SET LOGGED, or leave it out by table.exclude.list;", name);
	}
	if (takes_snapshot(config, facts) && !is_true(tables, row, TABLE_READABLE))
	{
		report_failure(report, "table %s cannot be read for the initial snapshot", name);
		report_fix(report, "GRANT SELECT ON %s TO %s;", name, role);
	}
}

static void
summarize(CheckReport *report, const PGresult *tables)
{
	int toast = 0;

	for (int row = 0; row < PQntuples(tables); row++)
		toast += is_true(tables, row, TABLE_TOAST);
	if (PQntuples(tables) == 0)
	{
		report_warning(report, "no table is captured");
		report_fix(report,
				   "look at schema.* and table.* include and exclude lists, which are matched against schema.table");
	}
	else
		report_ok(report, "%d tables are captured", PQntuples(tables));
	if (toast > 0)
		report_ok(report,
				  "%d of them have columns that may be stored out of line: unchanged ones arrive as the placeholder "
				  "(REPLICA IDENTITY FULL gives the values)",
				  toast);
}

static void
report_unlisted(CheckReport *report, const char *role, const Error *error)
{
	report_failure(report, "%s", error->message);
	if (strstr(error->message, "permission denied") != NULL)
		report_fix(report, "GRANT USAGE ON SCHEMA wal2debezium TO %s;", role);
	else if (error->hint[0] != '\0')
		report_fix(report, "%s", error->hint);
}

static void
check_listed(const Config *config, CheckReport *report, const ServerFacts *facts, const char *role, TopicList *topics)
{
	char *json = config_plugin_json(config, NULL);
	const char *values[] = {json};
	Error error;
	PGresult *tables =
		pg_session_query(facts->conn, tables_sql, 1, values, patience, "could not list the tables", &error);

	free(json);
	if (tables == NULL)
	{
		report_unlisted(report, role, &error);
		return;
	}
	summarize(report, tables);
	for (int row = 0; row < PQntuples(tables); row++)
	{
		check_table(config, report, facts, tables, row, role);
		if (!PQgetisnull(tables, row, TABLE_TOPIC))
			topic_list_add(topics, PQgetvalue(tables, row, TABLE_TOPIC));
	}
	PQclear(tables);
}

void
check_tables(const Config *config, CheckReport *report, const ServerFacts *facts, TopicList *topics)
{
	char *role;

	if (!has_extension(config, report, facts))
		return;
	role = memory_checked(PQescapeIdentifier(facts->conn, PQuser(facts->conn), strlen(PQuser(facts->conn))));
	check_listed(config, report, facts, role, topics);
	PQfreemem(role);
}

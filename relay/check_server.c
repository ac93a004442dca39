/*
 * check_server.c
 *	  Can the slot be made and read on this server?
 *
 * Whether the plugin's file can be loaded is found out by creating a temporary
 * slot: it takes the same way as the run (output_plugin_libraries, library
 * path, version, start-up callback), goes away with its connection, and fails
 * at once where it fails.  LOAD would need a superuser and would not look at
 * output_plugin_libraries.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "memory.h"
#include "pg_session.h"

#define PLUGIN_LIBRARY "wal2debezium"
#define OLDEST_VERSION 150000

static const PgPatience patience = {15000, false};

/* Columns of facts_sql. */
enum
{
	FACT_WAL_LEVEL,
	FACT_SLOTS_MAX,
	FACT_SLOTS_USED,
	FACT_SENDERS_MAX,
	FACT_SENDERS_USED,
	FACT_LIBRARIES,
	FACT_USER,
	FACT_MAY_REPLICATE,
	FACT_VERSION_NUM,
	FACT_VERSION,
	FACT_DATABASE,
	FACT_CLIENT,
};

static const char facts_sql[] =
	"SELECT current_setting('wal_level'), current_setting('max_replication_slots'), "
	"(SELECT count(*) FROM pg_catalog.pg_replication_slots), current_setting('max_wal_senders'), "
	"(SELECT count(*) FROM pg_catalog.pg_stat_replication), (SELECT setting FROM pg_catalog.pg_settings WHERE name = 'output_plugin_libraries'), "
	"quote_ident(current_user), rolreplication OR rolsuper, current_setting('server_version_num'), "
	"current_setting('server_version'), current_database(), host(inet_client_addr()) "
	"FROM pg_catalog.pg_roles WHERE rolname = current_user";

static const char slot_sql[] =
	"SELECT slot_type, plugin, database, active_pid, wal_status, to_jsonb(s)->>'invalidation_reason' "
	"FROM pg_catalog.pg_replication_slots s WHERE slot_name = $1";

enum
{
	SLOT_TYPE,
	SLOT_PLUGIN,
	SLOT_DATABASE,
	SLOT_ACTIVE_PID,
	SLOT_WAL_STATUS,
	SLOT_INVALIDATION,
};

/* NULL for SQL's. */
static const char *
field(const PGresult *result, int column)
{
	return PQgetisnull(result, 0, column) ? NULL : PQgetvalue(result, 0, column);
}

static bool
is_true(const PGresult *result, int column)
{
	return strcmp(PQgetvalue(result, 0, column), "t") == 0;
}

/* Who connects, for the fix. */
static const char *
connection_user(const Config *config)
{
	const char *const *keywords;
	const char *const *values;

	config_conninfo(config, false, &keywords, &values);
	for (; *keywords != NULL; keywords++, values++)
		if (strcmp(*keywords, "user") == 0)
			return *values;
	return getenv("PGUSER") != NULL ? getenv("PGUSER") : "USER";
}

/* The fix for a connection that was refused. */
static void
fix_connection(CheckReport *report, const Config *config, const char *client, const char *reason)
{
	const char *user = connection_user(config);
	const char *host = strstr(reason, "for host \"");
	char address[64] = "CLIENT_ADDRESS";

	if (client != NULL)
		snprintf(address, sizeof(address), "%s", client);
	else if (host != NULL) /* the server says whom it refuses */
		sscanf(host, "for host \"%63[0-9a-fA-F.:]\"", address);
	if (strstr(reason, "pg_hba.conf") != NULL)
		report_fix(report, "add to pg_hba.conf and run SELECT pg_reload_conf(): host %s %s %s%s scram-sha-256",
				   config_database(config), user, address, strchr(address, ':') != NULL ? "/128" : "/32");
	else if (strstr(reason, "authentication failed") != NULL || strstr(reason, "password") != NULL)
		report_fix(report, "correct \"database.user\" and \"database.password\" (or PGPASSWORD)");
	else if (strstr(reason, "replication role") != NULL || strstr(reason, "REPLICATION") != NULL)
		report_fix(report, "ALTER ROLE \"%s\" REPLICATION;", user);
	else if (strstr(reason, "max_wal_senders") != NULL)
		report_fix(report, "ALTER SYSTEM SET max_wal_senders = 20; then restart the server");
	else if (strstr(reason, "does not exist") != NULL)
		report_fix(report, "correct \"database.dbname\" or \"database.user\"");
	else
		report_fix(report, "correct \"database.hostname\" and \"database.port\", and see that the server runs and "
						   "listens there (listen_addresses)");
}

static void
check_version(CheckReport *report, const PGresult *facts)
{
	if (atoi(PQgetvalue(facts, 0, FACT_VERSION_NUM)) >= OLDEST_VERSION)
	{
		report_ok(report, "PostgreSQL %s answers, database \"%s\"", field(facts, FACT_VERSION),
				  field(facts, FACT_DATABASE));
		return;
	}
	report_failure(report, "PostgreSQL %s is older than 15", field(facts, FACT_VERSION));
	report_fix(report, "upgrade the server to PostgreSQL 15 or later");
}

static bool
check_wal_level(CheckReport *report, const PGresult *facts)
{
	const char *level = field(facts, FACT_WAL_LEVEL);

	if (strcmp(level, "logical") == 0)
	{
		report_ok(report, "wal_level is logical");
		return true;
	}
	report_failure(report, "wal_level is \"%s\"", level);
	report_fix(report, "ALTER SYSTEM SET wal_level = logical; then restart the server");
	return false;
}

/* Takes the next item of a comma-separated setting; NULL at the end. The caller frees. */
static char *
next_item(const char **list)
{
	size_t size;
	const char *start;

	while (**list == ',' || **list == '"' || isspace((unsigned char) **list))
		(*list)++;
	if (**list == '\0')
		return NULL;
	start = *list;
	size = strcspn(start, ",\"");
	*list = start + size;
	while (size > 0 && isspace((unsigned char) start[size - 1]))
		size--;
	return bytes_copy_text(start, size);
}

/*
 * Minors before August 2026 do not have the setting, and let everything pass;
 * roles without pg_read_all_settings do not see it, for them the temporary
 * slot tells.
 */
static bool
check_libraries(CheckReport *report, const PGresult *facts)
{
	const char *list = field(facts, FACT_LIBRARIES);
	Buffer fix = {NULL, 0, 0};
	bool listed = false;
	char *item;

	if (list == NULL)
		return true;
	while ((item = next_item(&list)) != NULL)
	{
		listed |= strcmp(item, PLUGIN_LIBRARY) == 0;
		buffer_append_text(&fix, "'");
		buffer_append_text(&fix, item);
		buffer_append_text(&fix, "', ");
		free(item);
	}
	buffer_append_text(&fix, "'" PLUGIN_LIBRARY "'");
	if (listed)
		report_ok(report, "output_plugin_libraries allows " PLUGIN_LIBRARY);
	else
	{
		report_failure(report, "output_plugin_libraries does not allow " PLUGIN_LIBRARY);
		report_fix(report, "ALTER SYSTEM SET output_plugin_libraries = %.*s; SELECT pg_reload_conf();", (int) fix.size,
				   fix.data);
	}
	buffer_free(&fix);
	return listed;
}

static bool
check_role(CheckReport *report, const PGresult *facts)
{
	if (is_true(facts, FACT_MAY_REPLICATE))
	{
		report_ok(report, "role %s may replicate", field(facts, FACT_USER));
		return true;
	}
	report_failure(report, "role %s lacks the REPLICATION right", field(facts, FACT_USER));
	report_fix(report, "ALTER ROLE %s REPLICATION;", field(facts, FACT_USER));
	return false;
}

/* A lost slot cannot be read again, whatever is done. */
static void
check_slot_wal(CheckReport *report, const char *name, const PGresult *slot)
{
	const char *status = field(slot, SLOT_WAL_STATUS);
	const char *invalidation = field(slot, SLOT_INVALIDATION);

	if (invalidation != NULL || (status != NULL && strcmp(status, "lost") == 0))
	{
		report_failure(report, "slot \"%s\" is invalidated (%s), changes are lost for it", name,
					   invalidation != NULL ? invalidation : "its WAL was removed");
		report_fix(report,
				   "SELECT pg_drop_replication_slot('%s'); then take a new snapshot (snapshot.mode=initial); "
				   "max_slot_wal_keep_size and idle_replication_slot_timeout decide how long slots may lag",
				   name);
	}
	else if (status != NULL && strcmp(status, "unreserved") == 0)
	{
		report_warning(report, "slot \"%s\" is about to lose its WAL", name);
		report_fix(report,
				   "start the relay now, or ALTER SYSTEM SET max_slot_wal_keep_size = -1; SELECT pg_reload_conf();");
	}
	else
		report_ok(report, "slot \"%s\" is there, its WAL is kept", name);
}

static void
check_existing_slot(CheckReport *report, const Config *config, const PGresult *slot)
{
	const char *name = config_text(config, OPT_SLOT_NAME);
	const char *plugin = field(slot, SLOT_PLUGIN);
	const char *database = field(slot, SLOT_DATABASE);

	if (plugin == NULL || strcmp(plugin, PLUGIN_LIBRARY) != 0)
	{
		report_failure(report, "slot \"%s\" belongs to %s%s", name, plugin != NULL ? "plugin " : "physical replication",
					   plugin != NULL ? plugin : "");
		report_fix(report, "set \"slot.name\" to another name, or drop it: SELECT pg_drop_replication_slot('%s');",
				   name);
	}
	else if (database != NULL && strcmp(database, config_database(config)) != 0)
	{
		report_failure(report, "slot \"%s\" belongs to database \"%s\"", name, database);
		report_fix(report, "set \"slot.name\" to another name, or \"database.dbname\" to \"%s\"", database);
	}
	else
		check_slot_wal(report, name, slot);
	if (field(slot, SLOT_ACTIVE_PID) != NULL)
	{
		report_warning(report, "slot \"%s\" is in use by process %s", name, field(slot, SLOT_ACTIVE_PID));
		report_fix(report,
				   "stop what reads it (a running relay is what it should be): SELECT pg_terminate_backend(%s);",
				   field(slot, SLOT_ACTIVE_PID));
	}
}

static void
check_room(CheckReport *report, const PGresult *facts, bool slot_exists, bool slot_active)
{
	int slots_max = atoi(PQgetvalue(facts, 0, FACT_SLOTS_MAX));
	int slots_used = atoi(PQgetvalue(facts, 0, FACT_SLOTS_USED));
	int senders_max = atoi(PQgetvalue(facts, 0, FACT_SENDERS_MAX));
	int senders_used = atoi(PQgetvalue(facts, 0, FACT_SENDERS_USED));

	if (!slot_exists && slots_used >= slots_max)
	{
		report_failure(report, "all %d replication slots are in use", slots_max);
		report_fix(report,
				   "drop one of pg_replication_slots, or ALTER SYSTEM SET max_replication_slots = %d; then "
				   "restart the server",
				   slots_max + 10);
	}
	else
		report_ok(report, "%d of %d replication slots are in use", slots_used, slots_max);
	if (!slot_active && senders_used >= senders_max)
	{
		report_failure(report, "all %d WAL senders are in use", senders_max);
		report_fix(report, "ALTER SYSTEM SET max_wal_senders = %d; then restart the server", senders_max + 10);
	}
	else
		report_ok(report, "%d of %d WAL senders are in use", senders_used, senders_max);
}

static void
report_unusable_plugin(CheckReport *report, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

	report_failure(report, "the plugin cannot be used: %s", message);
	if (strstr(message, "output plugin") != NULL && strcmp(sqlstate, "42501") == 0)
		report_fix(report, "ALTER SYSTEM SET output_plugin_libraries = 'pgoutput', 'test_decoding', '" PLUGIN_LIBRARY
						   "'; SELECT pg_reload_conf(); (keep what SHOW output_plugin_libraries lists)");
	else if (strcmp(sqlstate, "58P01") == 0)
		report_fix(report, "run make install on the database server, with its pg_config in PATH");
	else
		report_fix(report, "install the plugin built for this server: make clean; make; make install");
}

/* All slots are in use: the second best way, open to superusers. */
static void
try_load(CheckReport *report, PGconn *conn)
{
	PGresult *result = PQexec(conn, "LOAD '" PLUGIN_LIBRARY "'");
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		report_ok(report, "the plugin " PLUGIN_LIBRARY " can be loaded");
	else if (sqlstate == NULL || strcmp(sqlstate, "42501") == 0)
		report_warning(report, "no slot is free, so it was not tried whether the plugin can be loaded");
	else
		report_unusable_plugin(report, result);
	PQclear(result);
}

/* What creating the temporary slot told. */
static void
judge_trial(CheckReport *report, PGconn *conn, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (PQresultStatus(result) == PGRES_TUPLES_OK)
		report_ok(report, "the plugin " PLUGIN_LIBRARY " can be loaded");
	else if (sqlstate == NULL)
		report_failure(report, "connection lost while the plugin was loaded: %s", PQerrorMessage(conn));
	else if (strcmp(sqlstate, "57014") == 0)
		report_ok(report, "the plugin " PLUGIN_LIBRARY
						  " can be loaded; new slots have to wait for a transaction that is running");
	else if (strcmp(sqlstate, "53400") == 0)
		try_load(report, conn);
	else
		report_unusable_plugin(report, result);
}

/*
 * Loading comes before waiting for other transactions, so a time-out means
 * that it is loaded.
 */
static void
check_plugin(CheckReport *report, const Config *config)
{
	Error error;
	PGconn *conn = pg_session_connect(config, false, patience, &error);
	char *sql;
	PGresult *result;

	if (conn == NULL)
		return;
	PQclear(PQexec(conn, "SET statement_timeout = '3s'"));
	sql = memory_printf("SELECT pg_catalog.pg_create_logical_replication_slot('wal2kafka_check_%d', '" PLUGIN_LIBRARY
						"', true)",
						(int) getpid());
	result = PQexec(conn, sql);
	judge_trial(report, conn, result);
	PQclear(result);
	free(sql);
	PQfinish(conn); /* drops the slot */
}

/* Rights, rules and room for a walsender of this database. */
static void
check_replication_connection(CheckReport *report, const Config *config, const char *client)
{
	Error error;
	PGconn *conn = pg_session_connect(config, true, patience, &error);

	if (conn != NULL)
		report_ok(report, "replication connections are accepted");
	else
	{
		report_failure(report, "replication connection: %s", error.message);
		fix_connection(report, config, client, error.message);
	}
	PQfinish(conn);
}

static void
check_with_facts(const Config *config, CheckReport *report, ServerFacts *server, const PGresult *facts)
{
	const char *values[] = {config_text(config, OPT_SLOT_NAME)};
	Error error;
	PGresult *slot =
		pg_session_query(server->conn, slot_sql, 1, values, patience, "could not look for the slot", &error);
	bool usable;
	bool active;

	check_version(report, facts);
	usable = check_wal_level(report, facts);
	usable &= check_libraries(report, facts);
	usable &= check_role(report, facts);
	server->slot_exists = slot != NULL && PQntuples(slot) == 1;
	active = server->slot_exists && field(slot, SLOT_ACTIVE_PID) != NULL;
	if (slot == NULL)
		report_failure(report, "%s", error.message);
	else if (server->slot_exists)
		check_existing_slot(report, config, slot);
	else
		report_ok(report, "slot \"%s\" is not there yet, it will be created", values[0]);
	check_room(report, facts, server->slot_exists, active);
	if (usable)
		check_plugin(report, config);
	check_replication_connection(report, config, field(facts, FACT_CLIENT));
	PQclear(slot);
}

void
check_server(const Config *config, CheckReport *report, ServerFacts *server)
{
	Error error;
	PGresult *facts;

	server->conn = pg_session_connect(config, false, patience, &error);
	if (server->conn == NULL)
	{
		report_failure(report, "%s", error.message);
		fix_connection(report, config, NULL, error.message);
		return;
	}
	facts = pg_session_query(server->conn, facts_sql, 0, NULL, patience, "could not ask the server", &error);
	if (facts == NULL || PQntuples(facts) != 1)
		report_failure(report, "%s", facts == NULL ? error.message : "the server does not know the role");
	else
		check_with_facts(config, report, server, facts);
	PQclear(facts);
}

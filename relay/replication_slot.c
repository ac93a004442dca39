/*
 * replication_slot.c
 *	  Replication commands about slots.
 */
#include "replication_slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"

#define PLUGIN_NAME "wal2debezium"
#define CATALOGUE_TIMEOUT_MS 60000
#define DROP_TIMEOUT_MS 5000
#define OPTIONS_VERSION 150000 /* options in parentheses */

static const PgPatience catalogue_patience = {.timeout_ms = CATALOGUE_TIMEOUT_MS};

static void
copy_field(char *to, const PGresult *result, int row, int column)
{
	snprintf(to, SLOT_TEXT_SIZE, "%s", PQgetvalue(result, row, column));
}

static bool
read_wal_sender_timeout(PGconn *conn, ServerIdentity *identity, Error *error)
{
	PGresult *result;

	result = pg_session_query(conn, "SELECT setting FROM pg_catalog.pg_settings WHERE name = 'wal_sender_timeout'", 0,
							  NULL, catalogue_patience, "could not read wal_sender_timeout", error);
	if (result == NULL)
		return false;
	identity->wal_sender_timeout_ms = PQntuples(result) == 1 ? atoi(PQgetvalue(result, 0, 0)) : 0;
	PQclear(result);
	return true;
}

bool
server_identify(PGconn *conn, ServerIdentity *identity, Error *error)
{
	PGresult *result;
	bool good;

	result =
		pg_session_query(conn, "IDENTIFY_SYSTEM", 0, NULL, catalogue_patience, "could not identify the server", error);
	if (result == NULL)
		return false;
	memset(identity, 0, sizeof(*identity));
	good = PQntuples(result) == 1 && PQnfields(result) >= 4 && lsn_parse(PQgetvalue(result, 0, 2), &identity->wal_end);
	if (good)
	{
		identity->system_identifier = strtoull(PQgetvalue(result, 0, 0), NULL, 10);
		identity->timeline = (uint32_t) strtoul(PQgetvalue(result, 0, 1), NULL, 10);
		copy_field(identity->database, result, 0, 3);
	}
	PQclear(result);
	if (!good)
		return error_set(error, ERROR_FAILED, "could not identify the server: unexpected answer to IDENTIFY_SYSTEM");
	return read_wal_sender_timeout(conn, identity, error);
}

/* Lines of a history file: timeline, tab, switch point, tab, reason. */
static uint64_t
find_switch(const char *history, uint32_t timeline)
{
	for (const char *line = history; line != NULL && *line != '\0'; line = strchr(line, '\n'))
	{
		unsigned int found;
		unsigned int high;
		unsigned int low;

		if (*line == '\n')
			line++;
		if (sscanf(line, "%u %8X/%8X", &found, &high, &low) == 3 && found == timeline)
			return ((uint64_t) high << 32) | low;
	}
	return 0;
}

bool
server_timeline_switch(PGconn *conn, uint32_t server_timeline, uint32_t timeline, uint64_t *switch_lsn, Error *error)
{
	char command[64];
	PGresult *result;

	*switch_lsn = 0;
	snprintf(command, sizeof(command), "TIMELINE_HISTORY %u", server_timeline);
	result = pg_session_query(conn, command, 0, NULL, catalogue_patience, "could not read the timeline history", error);
	if (result == NULL)
		return false;
	if (PQntuples(result) == 1 && PQnfields(result) == 2)
		*switch_lsn = find_switch(PQgetvalue(result, 0, 1), timeline);
	PQclear(result);
	return true;
}

static void
fill_slot(ReplicationSlot *slot, const PGresult *result)
{
	slot->exists = true;
	slot->logical = strcmp(PQgetvalue(result, 0, 0), "logical") == 0;
	copy_field(slot->plugin, result, 0, 1);
	copy_field(slot->database, result, 0, 2);
	slot->active_pid = atoi(PQgetvalue(result, 0, 3));
	if (!lsn_parse(PQgetvalue(result, 0, 4), &slot->confirmed_flush_lsn))
		slot->confirmed_flush_lsn = 0;
	slot->lost = strcmp(PQgetvalue(result, 0, 5), "lost") == 0;
}

static bool
find_slot(PGconn *conn, const char *name, ReplicationSlot *slot, PgPatience patience, Error *error)
{
	char *literal = memory_checked(PQescapeLiteral(conn, name, strlen(name)));
	char *sql = memory_printf("SELECT slot_type, plugin, database, active_pid, confirmed_flush_lsn, wal_status "
							  "FROM pg_catalog.pg_replication_slots WHERE slot_name = %s",
							  literal);
	PGresult *result;

	result = pg_session_query(conn, sql, 0, NULL, patience, "could not read the replication slots", error);
	PQfreemem(literal);
	free(sql);
	if (result == NULL)
		return false;
	memset(slot, 0, sizeof(*slot));
	if (PQntuples(result) == 1)
		fill_slot(slot, result);
	PQclear(result);
	return true;
}

bool
replication_slot_find(PGconn *conn, const char *name, ReplicationSlot *slot, Error *error)
{
	return find_slot(conn, name, slot, catalogue_patience, error);
}

bool
replication_slot_lock(PGconn *conn, const char *name, bool *locked, Error *error)
{
	static const char *const keepalives[] = {"SET tcp_keepalives_idle = 30", "SET tcp_keepalives_interval = 10",
											 "SET tcp_keepalives_count = 3"};
	const char *what = "could not lock the replication slot";
	PGresult *result;
	char sql[256];

	for (size_t i = 0; i < sizeof(keepalives) / sizeof(keepalives[0]); i++)
		if (!pg_session_command(conn, keepalives[i], (PgPatience){0}, what, error))
			return false;
	snprintf(sql, sizeof(sql), "SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended('wal2kafka:%s', 0))",
			 name);
	result = pg_session_query(conn, sql, 0, NULL, (PgPatience){0}, what, error);
	*locked = result != NULL && PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';
	PQclear(result);
	return result != NULL;
}

bool
replication_slot_check(const ReplicationSlot *slot, const char *name, const char *database, Error *error)
{
	if (!slot->logical)
		error_set(error, ERROR_CONFIG, "replication slot \"%s\" is a physical slot", name);
	else if (strcmp(slot->plugin, PLUGIN_NAME) != 0)
		error_set(error, ERROR_CONFIG, "replication slot \"%s\" uses the output plugin \"%s\", not \"%s\"", name,
				  slot->plugin, PLUGIN_NAME);
	else if (strcmp(slot->database, database) != 0)
		error_set(error, ERROR_CONFIG, "replication slot \"%s\" belongs to database \"%s\", not \"%s\"", name,
				  slot->database, database);
	else
		return true;
	error_hint(error,
			   "choose another slot.name, or drop the slot if nobody needs it: "
			   "SELECT pg_drop_replication_slot('%s')",
			   name);
	return false;
}

static char *
create_command(PGconn *conn, const SlotRequest *request)
{
	char *identifier = memory_checked(PQescapeIdentifier(conn, request->name, strlen(request->name)));
	const char *temporary = request->temporary ? " TEMPORARY" : "";
	int version = PQserverVersion(conn);
	char *command;

	if (version >= OPTIONS_VERSION)
		command = memory_printf("CREATE_REPLICATION_SLOT %s%s LOGICAL " PLUGIN_NAME " (SNAPSHOT '%s'%s)", identifier,
								temporary, request->export_snapshot ? "export" : "nothing",
								request->failover && version >= FAILOVER_VERSION ? ", FAILOVER" : "");
	else
		command = memory_printf("CREATE_REPLICATION_SLOT %s%s LOGICAL " PLUGIN_NAME " %s", identifier, temporary,
								request->export_snapshot ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT");
	PQfreemem(identifier);
	return command;
}

bool
replication_slot_create(PGconn *conn, const SlotRequest *request, CreatedSlot *created, Error *error)
{
	const PgPatience patience = {0};
	char *what = memory_printf("could not create replication slot \"%s\"", request->name);
	char *command = create_command(conn, request);
	PGresult *result = pg_session_query(conn, command, 0, NULL, patience, what, error);
	bool good = false;

	memset(created, 0, sizeof(*created));
	if (result != NULL)
	{
		good = PQntuples(result) == 1 && lsn_parse(PQgetvalue(result, 0, 1), &created->consistent_lsn);
		if (good)
			copy_field(created->snapshot_name, result, 0, 2);
		else
			error_set(error, ERROR_FAILED, "%s: unexpected answer of the server", what);
		PQclear(result);
	}
	free(command);
	free(what);
	return good;
}

bool
replication_slot_drop(PGconn *conn, const char *name, Error *error)
{
	const PgPatience patience = {.timeout_ms = DROP_TIMEOUT_MS, .despite_stop = true};
	ReplicationSlot slot;
	char *identifier;
	char *command;
	char *what;
	bool dropped;

	if (!find_slot(conn, name, &slot, patience, error))
		return false;
	if (!slot.exists)
		return true;
	identifier = memory_checked(PQescapeIdentifier(conn, name, strlen(name)));
	command = memory_printf("DROP_REPLICATION_SLOT %s", identifier);
	what = memory_printf("could not drop replication slot \"%s\"", name);
	dropped = pg_session_command(conn, command, patience, what, error);
	PQfreemem(identifier);
	free(command);
	free(what);
	return dropped;
}

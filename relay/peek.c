/*
 * peek.c
 *	  Rows of pg_logical_slot_peek_binary_changes() to stdout, bytes as they
 *	  are.
 */
#include "peek.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "pg_session.h"

static const PgPatience patience = {15000, false};

/*
 * The function looks at its limit only between transactions, so a large one
 * comes as a whole; rows past --limit are not printed.
 */
static const char peek_sql[] = "SELECT data FROM pg_catalog.pg_logical_slot_peek_binary_changes($1, NULL, $2, "
							   "'format', 'json', 'config', $3)";

static int
fail(Logger *log, const Error *error)
{
	if (error->hint[0] != '\0')
		log_error(log, "%s; %s", error->message, error->hint);
	else
		log_error(log, "%s", error->message);
	return error_exit_status(error->kind);
}

static bool
slot_is_there(PGconn *conn, const char *slot_name, Error *error)
{
	PGresult *result = pg_session_query(conn, "SELECT FROM pg_catalog.pg_replication_slots WHERE slot_name = $1", 1,
										&slot_name, patience, "could not look for the slot", error);
	bool there = result != NULL && PQntuples(result) == 1;

	if (result != NULL && !there)
	{
		error_set(error, ERROR_FAILED, "replication slot \"%s\" does not exist", slot_name);
		error_hint(error,
				   "wal2kafka run creates it; so does SELECT pg_create_logical_replication_slot('%s', "
				   "'wal2debezium');",
				   slot_name);
	}
	PQclear(result);
	return there;
}

/* One row holds one record or several, each a line. */
static void
print_row(const char *data, size_t size, int64_t *left)
{
	while (size > 0 && *left > 0)
	{
		const char *end = memchr(data, '\n', size);
		size_t line = end != NULL ? (size_t) (end - data) : size;

		fwrite(data, 1, line, stdout);
		fputc('\n', stdout);
		(*left)--;
		line += end != NULL;
		data += line;
		size -= line;
	}
}

/* Ends with a row that is not one: the end, or an error. */
static bool
print_rows(PGconn *conn, int64_t limit, Error *error)
{
	const PgPatience for_ever = {0, false}; /* decoding up to the first record may take long */
	bool good = true;
	PGresult *result;

	for (;;)
	{
		if (!pg_session_wait_result(conn, for_ever, &result, "could not read the slot", error))
			return false;
		if (result == NULL)
			break;
		if (PQresultStatus(result) == PGRES_SINGLE_TUPLE)
			print_row(PQgetvalue(result, 0, 0), (size_t) PQgetlength(result, 0, 0), &limit);
		else if (PQresultStatus(result) != PGRES_TUPLES_OK && good)
			good = pg_session_fail(conn, result, "could not read the slot", error);
		PQclear(result);
	}
	if (!good || fflush(stdout) == 0)
		return good;
	return error_set(error, ERROR_FAILED, "could not write to stdout");
}

static bool
peek(PGconn *conn, const char *slot_name, const char *json, int64_t limit, Error *error)
{
	char *limit_text = memory_printf("%" PRId64, limit);
	const char *values[] = {slot_name, limit_text, json};
	int sent = PQsendQueryParams(conn, peek_sql, 3, NULL, values, NULL, NULL, 1); /* 1: results in binary */

	free(limit_text);
	if (!sent || !PQsetSingleRowMode(conn))
		return pg_session_fail(conn, NULL, "could not read the slot", error);
	return print_rows(conn, limit, error);
}

int
peek_command(const Config *config, const CommandLine *command, Logger *log)
{
	const char *slot_name = config_text(config, OPT_SLOT_NAME);
	Error error = {.kind = ERROR_NONE};
	PGconn *conn = pg_session_connect(config, false, patience, &error);
	char *json;
	bool done;

	if (conn == NULL)
		return fail(log, &error);
	json = config_plugin_json(config, NULL);
	done = slot_is_there(conn, slot_name, &error) && peek(conn, slot_name, json, command->limit, &error);
	free(json);
	PQfinish(conn);
	return done ? 0 : fail(log, &error);
}

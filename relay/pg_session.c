/*
 * pg_session.c
 *	  libpq without unbounded waiting.
 */
#include "pg_session.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "memory.h"
#include "signals.h"

#define SQLSTATE_SIZE 5

bool
lsn_parse(const char *text, uint64_t *lsn)
{
	unsigned int high;
	unsigned int low;
	int used = 0;

	if (text == NULL || sscanf(text, "%8X/%8X%n", &high, &low, &used) != 2 || text[used] != '\0')
		return false;
	*lsn = ((uint64_t) high << 32) | low;
	return true;
}

bool
pg_session_retryable(const char *sqlstate)
{
	static const char *const states[] = {"57P01", "57P02", "57P03", "57P04", "57P05", "55006", "53300"};

	if (strncmp(sqlstate, "08", 2) == 0)
		return true;
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(sqlstate, states[i]) == 0)
			return true;
	return false;
}

bool
pg_session_passes(const Error *error)
{
	static const char *const states[] = {"08",	  "28",	   "40",	"53",	 "57",	 "58",
										 "25P02", "25P03", "25P04", "55006", "55P03"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strncmp(error->sqlstate, states[i], strlen(states[i])) == 0)
			return true;
	return error->kind == ERROR_RETRY;
}

/* Removes trailing line ends; libpq's messages have them. */
static void
trim_end(char *text)
{
	size_t size = strlen(text);

	while (size > 0 && isspace((unsigned char) text[size - 1]))
		text[--size] = '\0';
}

/* Several lines of libpq as one line of ours. */
static void
flatten(char *text)
{
	trim_end(text);
	for (char *at = text; *at != '\0'; at++)
		if (*at == '\n' || *at == '\t')
			*at = ' ';
}

static void
add_known_hint(Error *error)
{
	if (strstr(error->message, "may not be used as an output plugin") != NULL)
		error_hint(error, "set output_plugin_libraries = 'pgoutput, test_decoding, wal2debezium' in postgresql.conf "
						  "and reload the server");
	else if (strstr(error->message, "could not access file \"wal2debezium\"") != NULL)
		error_hint(error, "install the plugin on the server: make install");
}

/* The plugin refuses options with these, and names the option. */
static bool
is_option_error(const char *sqlstate, const char *primary)
{
	static const char *const states[] = {"22023", "0A000", "42601"};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(sqlstate, states[i]) == 0)
			return strstr(primary, "option \"") != NULL || strstr(primary, "options \"") != NULL;
	return false;
}

bool
pg_session_fail(const PGconn *conn, const PGresult *result, const char *what, Error *error)
{
	const char *sqlstate = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *primary = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *detail = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
	const char *hint = result == NULL ? NULL : PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	ErrorKind kind = sqlstate == NULL || pg_session_retryable(sqlstate) ? ERROR_RETRY : ERROR_FAILED;

	if (primary == NULL)
	{
		char *text = memory_strdup(PQerrorMessage(conn));

		flatten(text);
		error_set(error, kind, "%s: %s", what, *text != '\0' ? text : "connection lost");
		free(text);
		return false;
	}
	if (sqlstate != NULL && is_option_error(sqlstate, primary))
		kind = ERROR_CONFIG;
	if (detail != NULL)
		error_set(error, kind, "%s: %s (%s)", what, primary, detail);
	else
		error_set(error, kind, "%s: %s", what, primary);
	if (hint != NULL)
		error_hint(error, "%s", hint);
	else
		add_known_hint(error);
	if (sqlstate != NULL)
		snprintf(error->sqlstate, sizeof(error->sqlstate), "%.5s", sqlstate);
	return false;
}

/* Waits until the socket is ready; false: deadline or stop, *error says which. */
static bool
wait_socket(int socket_fd, short events, int64_t deadline_ms, bool despite_stop, const char *what, Error *error)
{
	struct pollfd fds[2] = {{.fd = socket_fd, .events = events},
							{.fd = despite_stop ? -1 : signals_fd(), .events = POLLIN}};
	int64_t left = deadline_ms == 0 ? -1 : deadline_ms - clock_monotonic_ms();
	int ready;

	if (deadline_ms != 0 && left <= 0)
		return error_set(error, ERROR_RETRY, "%s: timeout expired", what);
	ready = poll(fds, 2, (int) (left > 1000000 ? 1000000 : left));
	if (ready < 0 && errno != EINTR)
		return error_set(error, ERROR_FAILED, "%s: poll failed: %s", what, strerror(errno));
	if (!despite_stop && signals_stop_requested())
		return error_set(error, ERROR_RETRY, "%s: interrupted by a signal", what);
	return true;
}

static int64_t
deadline_of(PgPatience patience)
{
	return patience.timeout_ms > 0 ? clock_monotonic_ms() + patience.timeout_ms : 0;
}

/*
 * libpq keeps no SQLSTATE of a refused connection, but with verbose errors it
 * stands in the message: "FATAL:  28P01: ...".  The severity is translated,
 * so look for the shape.
 */
static const char *
find_sqlstate(const char *text)
{
	for (const char *at = strstr(text, ":  "); at != NULL; at = strstr(at + 1, ":  "))
	{
		const char *code = at + 3;
		size_t size = strspn(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (size == SQLSTATE_SIZE && code[size] == ':' && code[size + 1] == ' ')
			return code;
	}
	return NULL;
}

/* The error of a connection that did not come about. */
static void
fail_connect(const PGconn *conn, Error *error)
{
	char *text = memory_strdup(PQerrorMessage(conn));
	char *code = (char *) find_sqlstate(text);
	ErrorKind kind = ERROR_RETRY;

	if (code != NULL)
	{
		char sqlstate[SQLSTATE_SIZE + 1] = "";
		char *line_end = strchr(code, '\n');

		memcpy(sqlstate, code, SQLSTATE_SIZE);
		if (!pg_session_retryable(sqlstate))
			kind = ERROR_FAILED;
		if (line_end != NULL)
			*line_end = '\0'; /* the server's source location follows */
		memmove(code, code + SQLSTATE_SIZE + 2, strlen(code + SQLSTATE_SIZE + 2) + 1);
	}
	else if (PQconnectionNeedsPassword(conn))
		kind = ERROR_FAILED;
	flatten(text);
	error_set(error, kind, "could not connect to PostgreSQL: %s", text);
	free(text);
}

static bool
finish_connecting(PGconn *conn, int64_t deadline_ms, bool despite_stop, Error *error)
{
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;

	while (status == PGRES_POLLING_READING || status == PGRES_POLLING_WRITING)
	{
		short events = status == PGRES_POLLING_READING ? POLLIN : POLLOUT;

		if (!wait_socket(PQsocket(conn), events, deadline_ms, despite_stop, "could not connect to PostgreSQL", error))
			return false;
		status = PQconnectPoll(conn);
	}
	if (status == PGRES_POLLING_OK)
		return true;
	fail_connect(conn, error);
	return false;
}

/* Takes the next statement of a list separated by ';', where ';;' stands for one; NULL at the end. The caller frees. */
static char *
next_statement(const char **list)
{
	size_t size = 0;
	char *statement;

	while (**list == ';' || isspace((unsigned char) **list))
		(*list)++;
	if (**list == '\0')
		return NULL;
	statement = bytes_alloc_zero(1, strlen(*list) + 1);
	while (**list != '\0')
	{
		if ((*list)[0] == ';' && (*list)[1] != ';')
			break;
		if ((*list)[0] == ';')
			(*list)++;
		statement[size++] = *(*list)++;
	}
	return statement;
}

static bool
run_initial_statements(PGconn *conn, const char *list, PgPatience patience, Error *error)
{
	bool done = true;
	char *statement;

	while (list != NULL && done && (statement = next_statement(&list)) != NULL)
	{
		done = pg_session_command(conn, statement, patience, "could not run database.initial.statements", error);
		free(statement);
	}
	return done;
}

PGconn *
pg_session_connect(const Config *config, bool replication, PgPatience patience, Error *error)
{
	const char *const *keywords;
	const char *const *values;
	const char *statements = replication ? NULL : config_text(config, OPT_DATABASE_INITIAL_STATEMENTS);
	bool connected;
	PGconn *conn;

	if (patience.timeout_ms == 0)
		patience.timeout_ms = (int) config_int(config, OPT_CONNECTION_VALIDATION_TIMEOUT_MS);
	config_conninfo(config, replication, &keywords, &values);
	conn = memory_checked(PQconnectStartParams(keywords, values, 1));
	PQsetErrorVerbosity(conn, PQERRORS_VERBOSE);
	if (PQstatus(conn) == CONNECTION_BAD)
	{
		fail_connect(conn, error);
		connected = false;
	}
	else
		connected = finish_connecting(conn, deadline_of(patience), patience.despite_stop, error);
	if (connected)
		PQsetErrorVerbosity(conn, PQERRORS_DEFAULT);
	if (connected && run_initial_statements(conn, statements, patience, error))
		return conn;
	PQfinish(conn);
	return NULL;
}

bool
pg_session_wait_result(PGconn *conn, PgPatience patience, PGresult **result, const char *what, Error *error)
{
	int64_t deadline_ms = deadline_of(patience);
	int unsent = PQflush(conn);

	while (unsent > 0 || PQisBusy(conn))
	{
		short events = unsent > 0 ? POLLIN | POLLOUT : POLLIN;

		if (!wait_socket(PQsocket(conn), events, deadline_ms, patience.despite_stop, what, error))
			return false;
		if (!PQconsumeInput(conn))
			return pg_session_fail(conn, NULL, what, error);
		unsent = PQflush(conn);
	}
	if (unsent < 0)
		return pg_session_fail(conn, NULL, what, error);
	*result = PQgetResult(conn);
	return true;
}

static bool
result_is_good(const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_COPY_BOTH ||
		   status == PGRES_EMPTY_QUERY;
}

/* The last result of what was sent, or the first that is not good; the rest is read and dropped. */
static PGresult *
collect_results(PGconn *conn, PgPatience patience, const char *what, Error *error)
{
	PGresult *kept = NULL;
	PGresult *next;

	for (;;)
	{
		if (!pg_session_wait_result(conn, patience, &next, what, error))
			break;
		if (next == NULL)
			return kept;
		if (kept != NULL && !result_is_good(kept))
		{
			PQclear(next);
			continue;
		}
		PQclear(kept);
		kept = next;
		if (PQresultStatus(kept) == PGRES_COPY_BOTH)
			return kept;
	}
	PQclear(kept);
	return NULL;
}

PGresult *
pg_session_query(PGconn *conn, const char *sql, int count, const char *const *values, PgPatience patience,
				 const char *what, Error *error)
{
	PGresult *result;
	int sent;

	error_set(error, ERROR_RETRY, "%s: no result", what);
	if (values == NULL)
		sent = PQsendQuery(conn, sql);
	else
		sent = PQsendQueryParams(conn, sql, count, NULL, values, NULL, NULL, 0);
	if (!sent)
	{
		pg_session_fail(conn, NULL, what, error);
		return NULL;
	}
	result = collect_results(conn, patience, what, error);
	if (result == NULL || result_is_good(result))
		return result;
	pg_session_fail(conn, result, what, error);
	PQclear(result);
	return NULL;
}

bool
pg_session_command(PGconn *conn, const char *sql, PgPatience patience, const char *what, Error *error)
{
	PGresult *result = pg_session_query(conn, sql, 0, NULL, patience, what, error);

	PQclear(result);
	return result != NULL;
}

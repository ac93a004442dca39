/*
 * pg_session.h
 *	  Connections to PostgreSQL whose waiting ends: by a deadline or by a stop
 *	  signal.  And what an error of PostgreSQL means for us.
 */
#ifndef PG_SESSION_H
#define PG_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "config.h"
#include "error.h"

/* LSNs as PostgreSQL writes them. */
#define LSN_FORMAT "%X/%X"
#define LSN_ARGS(lsn) (uint32_t)((lsn) >> 32), (uint32_t) (lsn)

/* "16/B374D848" to a number; false if it is not one. */
extern bool lsn_parse(const char *text, uint64_t *lsn);

/* How long to wait for an answer. */
typedef struct PgPatience
{
	int timeout_ms;	   /* 0: for ever */
	bool despite_stop; /* go on although a stop is requested: for tidying up */
} PgPatience;

/*
 * Opens a connection; with replication, a walsender of the database.  Runs
 * database.initial.statements on ordinary ones.  NULL and ERROR_RETRY if
 * another attempt may succeed, ERROR_FAILED if not.  A stop request ends it
 * with ERROR_RETRY.
 */
extern PGconn *pg_session_connect(const Config *config, bool replication, PgPatience patience, Error *error);

/*
 * Runs one statement; NULL and *error unless it succeeded.  The text of the
 * error begins with `what` ("could not create ...").  Values NULL, with count
 * 0: the simple protocol, the only one a walsender speaks.  Otherwise the text
 * is one statement only, or refused.  The caller clears the result.  After a
 * timeout or stop the connection is of no more use.
 */
extern PGresult *pg_session_query(PGconn *conn, const char *sql, int count, const char *const *values,
								  PgPatience patience, const char *what, Error *error);

/* The same for statements whose result is of no interest. */
extern bool pg_session_command(PGconn *conn, const char *sql, PgPatience patience, const char *what,
							   Error *error) MUST_CHECK;

/*
 * Waits for the next result of a query sent (NULL: no more).  False: deadline,
 * stop or lost connection.
 */
extern bool pg_session_wait_result(PGconn *conn, PgPatience patience, PGresult **result, const char *what,
								   Error *error) MUST_CHECK;

/*
 * Error of a result, or of the connection if the result is NULL: ERROR_RETRY
 * for connection-class SQLSTATEs (08xxx, 57P01-57P05, 55006, 53300) and lost
 * connections, ERROR_FAILED for all others; and the SQLSTATE.  Returns false.
 */
extern bool pg_session_fail(const PGconn *conn, const PGresult *result, const char *what, Error *error);

/* May an error of that SQLSTATE go away by itself? */
extern bool pg_session_retryable(const char *sqlstate);

/*
 * Wider than ERROR_RETRY: is it the state of server or session that a statement
 * failed for, and not the statement?  Classes 08, 28, 40, 53, 57, 58, and
 * locks and transactions that took too long.
 */
extern bool pg_session_passes(const Error *error);

#endif

/*
 * error.h
 *	  What went wrong, and what follows from it.
 *
 * Functions that can fail return bool (false: failed) and fill the Error they
 * were given.  Only main.c exits.
 */
#ifndef ERROR_H
#define ERROR_H

#include <stdbool.h>

typedef enum ErrorKind
{
	ERROR_NONE,
	ERROR_RETRY,   /* connection lost, broker away, slot in use: back off and start over */
	ERROR_FAILED,  /* exit status 1 */
	ERROR_CONFIG,  /* exit status 2: usage or configuration */
	ERROR_REFUSED, /* exit status 3: going on could lose or repeat data */
} ErrorKind;

typedef struct Error
{
	ErrorKind kind;
	char message[2048]; /* PostgreSQL's style: lower case, no full stop; always NUL-terminated */
	char hint[1024];	/* what to do, or "" */
	char sqlstate[6];	/* of PostgreSQL's, or "" */
} Error;

#define MUST_CHECK __attribute__((warn_unused_result))

/* Sets kind and message, clears the hint; returns false so that callers can return it. */
extern bool error_set(Error *error, ErrorKind kind, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Adds a hint to an error already set. */
extern void error_hint(Error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Exit status for that kind. */
extern int error_exit_status(ErrorKind kind);

#endif

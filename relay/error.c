/*
 * error.c
 *	  Filling and judging an Error.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>

bool
error_set(Error *error, ErrorKind kind, const char *format, ...)
{
	va_list args;

	error->kind = kind;
	error->hint[0] = '\0';
	error->sqlstate[0] = '\0';
	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	return false;
}

void
error_hint(Error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->hint, sizeof(error->hint), format, args);
	va_end(args);
}

int
error_exit_status(ErrorKind kind)
{
	switch (kind)
	{
		case ERROR_NONE:
			return 0;
		case ERROR_CONFIG:
			return 2;
		case ERROR_REFUSED:
			return 3;
		case ERROR_RETRY:
		case ERROR_FAILED:
			break;
	}
	return 1;
}

/*
 * check_report.h
 *	  Lines of `wal2kafka check`: OK, WARN or FAIL, and the exact fix.
 */
#ifndef CHECK_REPORT_H
#define CHECK_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "log.h"

typedef struct CheckReport
{
	FILE *out;
	const Logger *log; /* knows what must not be shown; may be NULL */
	int failures;
	int warnings;
} CheckReport;

extern void report_ok(CheckReport *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern void report_warning(CheckReport *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern void report_failure(CheckReport *report, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What to do about the line before; something to paste where that is possible. */
extern void report_fix(CheckReport *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif

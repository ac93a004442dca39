/*
 * check_report.c
 *	  Lines of `wal2kafka check`.
 */
#include "check_report.h"

#include <stdarg.h>
#include <stdlib.h>

static void
line(CheckReport *report, const char *verdict, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		return;
	log_mask(report->log, text);
	fprintf(report->out, "%-5s %s\n", verdict, text);
	fflush(report->out);
	free(text);
}

void
report_ok(CheckReport *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(report, "OK", format, args);
	va_end(args);
}

void
report_warning(CheckReport *report, const char *format, ...)
{
	va_list args;

	report->warnings++;
	va_start(args, format);
	line(report, "WARN", format, args);
	va_end(args);
}

void
report_failure(CheckReport *report, const char *format, ...)
{
	va_list args;

	report->failures++;
	va_start(args, format);
	line(report, "FAIL", format, args);
	va_end(args);
}

void
report_fix(CheckReport *report, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line(report, "  fix", format, args);
	va_end(args);
}

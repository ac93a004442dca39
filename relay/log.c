/*
 * log.c
 *	  One line per event, written with one write(2), so that lines of
 *	  librdkafka's threads and ours do not mix.
 */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <yajl/yajl_gen.h>

struct Logger
{
	LogFormat format;
	LogLevel level;
};

static const char *const level_names[] = {"debug", "info", "warning", "error"};

Logger *
log_new(LogFormat format, LogLevel level)
{
	Logger *log = malloc(sizeof(Logger));

	if (log == NULL)
		abort();
	log->format = format;
	log->level = level;
	return log;
}

void
log_free(Logger *log)
{
	free(log);
}

static void
write_all(const char *data, size_t size)
{
	while (size > 0)
	{
		ssize_t written = write(STDERR_FILENO, data, size);

		if (written <= 0)
			return; /* nobody is left to tell */
		data += written;
		size -= (size_t) written;
	}
}

/* UTC, milliseconds, ISO 8601. */
static void
format_time(char *buffer, size_t size)
{
	struct timespec now;
	struct tm parts;
	char seconds[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &parts);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &parts);
	snprintf(buffer, size, "%s.%03ldZ", seconds, now.tv_nsec / 1000000);
}

/* A line is a line, and terminals and JSON want no control characters; bytes that are not ASCII stay. */
static void
flatten(char *text)
{
	for (; *text != '\0'; text++)
		if ((unsigned char) *text < 0x20 || *text == 0x7F)
			*text = ' ';
}

static void
gen_text(yajl_gen gen, const char *text)
{
	if (yajl_gen_string(gen, (const unsigned char *) text, strlen(text)) != yajl_gen_status_ok)
		yajl_gen_string(gen, (const unsigned char *) "(not UTF-8)", strlen("(not UTF-8)"));
}

static void
write_json(const char *when, LogLevel level, const char *message)
{
	yajl_gen gen = yajl_gen_alloc(NULL);
	const unsigned char *text;
	size_t size;

	if (gen == NULL)
		abort();
	yajl_gen_config(gen, yajl_gen_validate_utf8, 1);
	yajl_gen_map_open(gen);
	gen_text(gen, "time");
	gen_text(gen, when);
	gen_text(gen, "level");
	gen_text(gen, level_names[level]);
	gen_text(gen, "message");
	gen_text(gen, message);
	yajl_gen_map_close(gen);
	yajl_gen_reset(gen, "\n"); /* ends the line */
	if (yajl_gen_get_buf(gen, &text, &size) == yajl_gen_status_ok)
		write_all((const char *) text, size);
	yajl_gen_free(gen);
}

static void
write_text(const char *when, LogLevel level, const char *message)
{
	char line[4096];
	int size = snprintf(line, sizeof(line), "%s %-7s %s\n", when, level_names[level], message);

	if (size >= (int) sizeof(line))
	{
		size = sizeof(line) - 1;
		line[size - 1] = '\n';
	}
	write_all(line, (size_t) size);
}

void
log_line(Logger *log, LogLevel level, const char *format, ...)
{
	char message[3584];
	char when[64];
	va_list args;

	if (level < (log != NULL ? log->level : LOG_INFO))
		return;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	flatten(message);
	format_time(when, sizeof(when));
	if (log != NULL && log->format == LOG_JSON)
		write_json(when, level, message);
	else
		write_text(when, level, message);
}

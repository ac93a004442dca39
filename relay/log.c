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

#include "bytes.h"

struct Logger
{
	LogFormat format;
	LogLevel level;
	char **hidden; /* longest first, so that none is masked in part */
	size_t hidden_count;
};

#define HIDDEN_SIZE_MIN 4
#define MASK "********"

static const char *const level_names[] = {"debug", "info", "warning", "error"};

Logger *
log_new(LogFormat format, LogLevel level)
{
	Logger *log = malloc(sizeof(Logger));

	if (log == NULL)
		abort();
	log->format = format;
	log->level = level;
	log->hidden = NULL;
	log->hidden_count = 0;
	return log;
}

void
log_free(Logger *log)
{
	for (size_t i = 0; log != NULL && i < log->hidden_count; i++)
		free(log->hidden[i]);
	if (log != NULL)
		free(log->hidden);
	free(log);
}

void
log_hide(Logger *log, const char *secret)
{
	size_t size = strlen(secret);
	size_t at = 0;

	if (log == NULL || size < HIDDEN_SIZE_MIN)
		return;
	for (; at < log->hidden_count && strlen(log->hidden[at]) >= size; at++)
		if (strcmp(log->hidden[at], secret) == 0)
			return;
	log->hidden = bytes_realloc(log->hidden, (log->hidden_count + 1) * sizeof(char *));
	memmove(log->hidden + at + 1, log->hidden + at, (log->hidden_count - at) * sizeof(char *));
	log->hidden[at] = bytes_copy_text(secret, size);
	log->hidden_count++;
}

static void
mask_one(char *text, const char *secret)
{
	size_t size = strlen(secret);
	size_t mask_size = size < strlen(MASK) ? size : strlen(MASK);

	while ((text = strstr(text, secret)) != NULL)
	{
		memcpy(text, MASK, mask_size);
		memmove(text + mask_size, text + size, strlen(text + size) + 1);
		text += mask_size;
	}
}

void
log_mask(const Logger *log, char *text)
{
	for (size_t i = 0; log != NULL && i < log->hidden_count; i++)
		mask_one(text, log->hidden[i]);
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
	log_mask(log, message);
	flatten(message);
	format_time(when, sizeof(when));
	if (log != NULL && log->format == LOG_JSON)
		write_json(when, level, message);
	else
		write_text(when, level, message);
}

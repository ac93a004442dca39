/*
 * log.h
 *	  Log lines to stderr, as text or as one JSON object a line.
 *
 * The level and format are set once at start; logging is usable before.
 */
#ifndef LOG_H
#define LOG_H

#include <stdbool.h>

typedef enum LogLevel
{
	LOG_DEBUG,
	LOG_INFO,
	LOG_WARNING,
	LOG_ERROR,
} LogLevel;

typedef enum LogFormat
{
	LOG_TEXT,
	LOG_JSON,
} LogFormat;

typedef struct Logger Logger;

/* The logger is passed to whoever logs; borrowed everywhere, freed by main. */
extern Logger *log_new(LogFormat format, LogLevel level);
extern void log_free(Logger *log);
/* Before other threads log: from here on that text is masked in every line. Texts below 4 bytes are left alone. */
extern void log_hide(Logger *log, const char *secret);
/* Masks them in a text that goes elsewhere than the log; it does not become longer. log may be NULL. */
extern void log_mask(const Logger *log, char *text);
extern void log_line(Logger *log, LogLevel level, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define log_debug(log, ...) log_line((log), LOG_DEBUG, __VA_ARGS__)
#define log_info(log, ...) log_line((log), LOG_INFO, __VA_ARGS__)
#define log_warning(log, ...) log_line((log), LOG_WARNING, __VA_ARGS__)
#define log_error(log, ...) log_line((log), LOG_ERROR, __VA_ARGS__)

#endif

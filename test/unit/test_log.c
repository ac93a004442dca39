/*
 * test_log.c
 *	  Log lines on stderr, and errors.
 */
#include <stdlib.h>
#include <unistd.h>

#include "../../relay/error.h"
#include "../../relay/log.h"
#include "unit.h"

static char text[8192]; /* what the last line was */
static int pipe_fds[2];

/* stderr goes into a pipe while a line is logged. */
static void
capture(Logger *log, LogLevel level, const char *message)
{
	int saved = dup(STDERR_FILENO);
	ssize_t size;

	dup2(pipe_fds[1], STDERR_FILENO);
	log_line(log, level, "%s", message);
	log_line(NULL, LOG_ERROR, "end");
	dup2(saved, STDERR_FILENO);
	close(saved);
	size = read(pipe_fds[0], text, sizeof(text) - 1);
	text[size > 0 ? size : 0] = '\0';
}

static void
test_text(void)
{
	Logger *log = log_new(LOG_TEXT, LOG_WARNING);
	char longest[6000];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	capture(log, LOG_INFO, "hidden");
	unit_ok(strstr(text, "hidden") == NULL, "below the level");
	capture(log, LOG_WARNING, "two\nlines\x1b[0m");
	unit_contains(text, "Z warning two lines [0m\n", "one line, without control characters");
	capture(log, LOG_ERROR, longest);
	unit_contains(text, "xxx\n", "a long line is cut, and ends");
	capture(NULL, LOG_DEBUG, "hidden");
	unit_ok(strstr(text, "hidden") == NULL, "without a logger, from info on");
	log_free(log);
	log_free(NULL);
}

static void
test_json(void)
{
	Logger *log = log_new(LOG_JSON, LOG_DEBUG);

	capture(log, LOG_DEBUG, "say \"x\"");
	unit_contains(text, "\"level\":\"debug\",\"message\":\"say \\\"x\\\"\"}\n", "an object a line");
	capture(log, LOG_ERROR, "\xff");
	unit_contains(text, "\"message\":\"(not UTF-8)\"}\n", "always valid JSON");
	log_free(log);
}

static void
test_error(void)
{
	Error error;

	unit_ok(!error_set(&error, ERROR_CONFIG, "bad \"%d\"", 1), "returns false");
	unit_is_str(error.message, "bad \"1\"", "message");
	unit_is_str(error.hint, "", "no hint");
	error_hint(&error, "use %d", 2);
	unit_is_str(error.hint, "use 2", "hint");
	unit_is_int(error_exit_status(ERROR_NONE), 0, "done");
	unit_is_int(error_exit_status(ERROR_RETRY), 1, "failed");
	unit_is_int(error_exit_status(ERROR_FAILED), 1, "failed");
	unit_is_int(error_exit_status(ERROR_CONFIG), 2, "configuration");
	unit_is_int(error_exit_status(ERROR_REFUSED), 3, "refused");
}

int
main(void)
{
	if (pipe(pipe_fds) != 0)
		return 1;
	test_text();
	test_json();
	test_error();
	return unit_done();
}

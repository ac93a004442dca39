/*
 * signals.c
 *	  SIGTERM and SIGINT to a flag and a readable file descriptor.
 */
#include "signals.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* A handler can reach nothing else: the one file-level state of the relay. */
static volatile sig_atomic_t stop_requested = 0;
static volatile sig_atomic_t stop_pipe_read = -1;
static volatile sig_atomic_t stop_pipe_write = -1;

static void
handle_stop(int signal_number)
{
	int saved_errno = errno;

	(void) signal_number;
	if (stop_requested)
		_exit(1);
	stop_requested = 1;
	if (write(stop_pipe_write, "", 1) < 0)
		_exit(1);
	errno = saved_errno;
}

bool
signals_install(Error *error)
{
	struct sigaction action;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
		return error_set(error, ERROR_FAILED, "could not create a pipe for signals: %s", strerror(errno));
	stop_pipe_read = fds[0];
	stop_pipe_write = fds[1];

	memset(&action, 0, sizeof(action));
	sigemptyset(&action.sa_mask);
	action.sa_handler = handle_stop;
	action.sa_flags = SA_RESTART;
	if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0)
		return error_set(error, ERROR_FAILED, "could not install signal handlers: %s", strerror(errno));
	action.sa_handler = SIG_IGN;
	/* a closed pipe and a file as large as it may be show where they are written to */
	if (sigaction(SIGPIPE, &action, NULL) != 0 || sigaction(SIGXFSZ, &action, NULL) != 0)
		return error_set(error, ERROR_FAILED, "could not ignore SIGPIPE and SIGXFSZ: %s", strerror(errno));
	return true;
}

bool
signals_stop_requested(void)
{
	return stop_requested != 0;
}

int
signals_fd(void)
{
	return stop_pipe_read;
}

void
signals_sleep_ms(int milliseconds)
{
	struct pollfd stop = {.fd = stop_pipe_read, .events = POLLIN};

	(void) poll(&stop, 1, milliseconds);
}

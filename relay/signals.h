/*
 * signals.h
 *	  SIGTERM and SIGINT ask for a clean stop; the second one leaves at once
 *	  with status 1.
 */
#ifndef SIGNALS_H
#define SIGNALS_H

#include <stdbool.h>

#include "error.h"

/* Installs the handlers and ignores SIGPIPE. Call once, before any thread exists. */
extern bool signals_install(Error *error) MUST_CHECK;

extern bool signals_stop_requested(void);

/* Becomes readable with the first stop signal and stays so: put it in every poll() that may last. */
extern int signals_fd(void);

/* Sleeps, at most until a stop is requested. */
extern void signals_sleep_ms(int milliseconds);

#endif

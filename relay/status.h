/*
 * status.h
 *	  wal2kafka status: the slot, how far it lags, what WAL it keeps.
 */
#ifndef STATUS_H
#define STATUS_H

#include "command_line.h"
#include "config.h"
#include "log.h"

/*
 * Prints to stdout, as text or JSON; with --watch every second until a stop
 * signal.  Exit status: 0; 1 if the slot or the server is not there.
 */
extern int status_command(const Config *config, const CommandLine *command, Logger *log);

#endif

/*
 * peek.h
 *	  wal2kafka peek: the next records as JSON lines on stdout; the slot does
 *	  not move.
 */
#ifndef PEEK_H
#define PEEK_H

#include "command_line.h"
#include "config.h"
#include "log.h"

/* Exit status: 0, also with nothing to show; 1 if the slot cannot be read. */
extern int peek_command(const Config *config, const CommandLine *command, Logger *log);

#endif

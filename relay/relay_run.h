/*
 * relay_run.h
 *	  `wal2kafka run`: start, stream, and start again whatever was lost.
 */
#ifndef RELAY_RUN_H
#define RELAY_RUN_H

#include "relay.h"

/*
 * Runs until SIGTERM, SIGINT or endpos: true.  False: an error that waiting
 * does not cure.
 */
extern bool relay_run(const RelaySettings *settings, Error *error) MUST_CHECK;

#endif

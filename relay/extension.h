/*
 * extension.h
 *	  The extension's SQL functions, without which there is no snapshot.
 */
#ifndef EXTENSION_H
#define EXTENSION_H

#include <libpq-fe.h>

#include "config.h"
#include "error.h"
#include "log.h"

/*
 * Sees that the extension is in the connection's database: tries CREATE
 * EXTENSION, and says who must run it if that is not allowed.
 */
extern bool extension_ensure(PGconn *conn, const Config *config, Logger *log, Error *error) MUST_CHECK;

#endif

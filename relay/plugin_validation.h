/*
 * plugin_validation.h
 *	  Options that only the plugin can judge (transforms, lists of patterns),
 *	  before anything is made with them.
 */
#ifndef PLUGIN_VALIDATION_H
#define PLUGIN_VALIDATION_H

#include <stdbool.h>

#include "config.h"
#include "error.h"
#include "pg_session.h"

/*
 * Asks the server by wal2debezium.validate().  False with ERROR_CONFIG: the
 * plugin refuses an option.  Where the extension or the right to use it is
 * missing, nothing is asked; the start of replication will tell.
 */
extern bool plugin_validate(const Config *config, PgPatience patience, Error *error) MUST_CHECK;

#endif

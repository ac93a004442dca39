/*
 * config_file.h
 *	  Reading connector.json and a Connect worker's .properties file.
 */
#ifndef CONFIG_FILE_H
#define CONFIG_FILE_H

#include <stddef.h>

#include "bytes.h"
#include "config.h"
#include "error.h"

/*
 * Sets everything a connector.json holds, in either of its shapes: the flat
 * map, or {"name": ..., "config": {...}} as Connect's REST interface takes
 * it.  Values may be strings, numbers and booleans.  ERROR_CONFIG: not
 * readable, not JSON, a key given twice, a value of another kind.  `path` is
 * borrowed as long as the config lives.
 */
extern bool config_file_read_json(Config *config, const char *path, Error *error) MUST_CHECK;

/*
 * Sets everything a worker's .properties file holds, with
 * CONFIG_SOURCE_WORKER.  Syntax as java.util.Properties, Latin-1 included.
 * ERROR_CONFIG: not readable, malformed escape, a key given twice.
 */
extern bool config_file_read_properties(Config *config, const char *path, Error *error) MUST_CHECK;

/* A whole file, at most 4 MB; the caller frees buffer->data also after a failure. ERROR_CONFIG. */
extern bool config_file_read(const char *path, Buffer *buffer, Error *error) MUST_CHECK;

/* The same on text in memory, for tests; `text` need not end with NUL. */
extern bool config_file_parse_json(Config *config, const char *text, size_t size, const char *source,
								   Error *error) MUST_CHECK;
extern bool config_file_parse_properties(Config *config, const char *text, size_t size, const char *path,
										 Error *error) MUST_CHECK;

#endif

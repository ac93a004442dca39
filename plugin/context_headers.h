/*-------------------------------------------------------------------------
 *
 * context_headers.h
 *	  The __debezium.context.* headers, the same on every record of a run
 *	  (DebeziumHeaders, EventDispatcher in Debezium; reference 1.9).
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONTEXT_HEADERS_H
#define CONTEXT_HEADERS_H

#include "postgres.h"

#include "dictionary.h"
#include "plugin_options.h"

/* As a dictionary entry, or NULL if they are off or the release has none. */
extern DictionaryEntry *context_headers(const PluginOptions *options, Dictionary *dictionary, const char *run_id);

#endif /* CONTEXT_HEADERS_H */

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
#include "record.h"

/* As a dictionary entry, or NULL if they are off or the release has none. */
extern DictionaryEntry *context_headers(const PluginOptions *options, Dictionary *dictionary, const char *run_id);

/* The same as headers of records with transforms, in the current context: List of RecordHeader *. */
extern List *context_header_list(const PluginOptions *options, const char *run_id);

#endif /* CONTEXT_HEADERS_H */

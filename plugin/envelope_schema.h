/*-------------------------------------------------------------------------
 *
 * envelope_schema.h
 *	  Schemas of whole keys and values: envelope, transaction block, logical
 *	  messages, transaction metadata (SchemaFactory in Debezium).
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENVELOPE_SCHEMA_H
#define ENVELOPE_SCHEMA_H

#include "postgres.h"

#include "connect_schema.h"
#include "dictionary.h"
#include "plugin_options.h"

/* Order of the members behind "source" changed twice (reference 1.3). */
#define RELEASE_TS_RESOLUTIONS 206 /* ts_us, ts_ns; event.block versioned envelope 2 */
#define RELEASE_TRANSACTION_BEFORE_OP 207
#define RELEASE_MESSAGE_TRANSACTION 300 /* messages have a transaction block */

/* The envelope around row (shared by before and after). */
extern ConnectSchema *envelope_schema(const PluginOptions *options, const char *name, const ConnectSchema *row);

extern ConnectSchema *message_key_schema(void);
extern ConnectSchema *message_value_schema(const PluginOptions *options);
extern ConnectSchema *transaction_key_schema(void);
extern ConnectSchema *transaction_value_schema(void);

/* {"schema":S,"payload": as a dictionary entry, or NULL if schema is NULL. */
extern DictionaryEntry *schema_entry(Dictionary *dictionary, const ConnectSchema *schema);

/* Writes {"schema":S,"payload": ; NULL: a value without schema. */
extern void schema_open(const ConnectSchema *schema, JsonWriter *writer);

#endif /* ENVELOPE_SCHEMA_H */

/*-------------------------------------------------------------------------
 *
 * key_columns.h
 *	  message.key.columns: keys chosen by the user (CustomKeyMapper in
 *	  Debezium).
 *
 *-------------------------------------------------------------------------
 */
#ifndef KEY_COLUMNS_H
#define KEY_COLUMNS_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "plugin_options.h"

/* Parses "table:column,column;...", all of them regular expressions; called when the options are complete. ERROR names the malformed part. */
extern void key_columns_parse(PluginOptions *options);

/*
 * Of the table's columns (char *, UTF-8), the indexes of those that the
 * option makes the key, in listed order; NIL: it does not concern the table.
 */
extern List *key_columns_choose(const PluginOptions *options, const char *schema, const char *table,
								const List *columns);

#endif /* KEY_COLUMNS_H */

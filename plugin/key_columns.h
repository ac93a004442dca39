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

/* Parses "regex:column,column;..."; called when the options are complete. ERROR names the malformed part. */
extern void key_columns_parse(PluginOptions *options);

/* Names (char *, UTF-8) of the key columns of the first part that matches schema.table; NIL: none does. */
extern List *key_columns_for_table(const PluginOptions *options, const char *schema, const char *table);

#endif /* KEY_COLUMNS_H */

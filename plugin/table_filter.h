/*-------------------------------------------------------------------------
 *
 * table_filter.h
 *	  Which tables, columns and messages are captured, by the include and
 *	  exclude lists (RelationalTableFilters, ColumnNameFilter and
 *	  LogicalDecodingMessageFilter in Debezium).
 *
 * Names are UTF-8.
 *
 *-------------------------------------------------------------------------
 */
#ifndef TABLE_FILTER_H
#define TABLE_FILTER_H

#include "postgres.h"

#include "plugin_options.h"

typedef struct TableFilter TableFilter;

/* Compiles the lists, in the options' context; ERROR on a bad pattern or name. */
extern TableFilter *table_filter_new(const PluginOptions *options);

/* NULL if the lists let the table through, else the reason in words.  That of signals is let through in any case. */
extern const char *filter_table_reason(const TableFilter *filter, const char *schema, const char *table);

/* Does signal.data.collection name it (RelationalTableFilters, CommonConnectorConfig.isSignalDataCollection)? */
extern bool filter_is_signal_table(const TableFilter *filter, const char *schema, const char *table);

extern bool filter_captures_column(const TableFilter *filter, const char *schema, const char *table,
								   const char *column);

extern bool filter_captures_message(const TableFilter *filter, const char *prefix);

#endif /* TABLE_FILTER_H */

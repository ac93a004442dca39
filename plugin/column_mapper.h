/*-------------------------------------------------------------------------
 *
 * column_mapper.h
 *	  column.truncate.to.N.chars, column.mask.with.N.chars, column.mask.hash,
 *	  column.propagate.source.type and datatype.propagate.source.type
 *	  (ColumnMappers in Debezium; reference 4.4 and 4.5).
 *
 * A column of a row, never of a key, has at most one mapping: the first that
 * matches in the order truncate, mask, propagate by column, propagate by type,
 * hash, hash.v2.  Among several of one family Debezium takes the one that
 * Java's hash order puts first; here it is the first by name.
 *
 * Values are changed by a codec put around the column's own, so the clear
 * value never reaches a record, and columns without a mapping cost nothing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef COLUMN_MAPPER_H
#define COLUMN_MAPPER_H

#include "postgres.h"

#include "plugin_options.h"
#include "source_type.h"
#include "value_encoder.h"

typedef struct ColumnMapper ColumnMapper;

/* Parses the options into options->column_mappers, NIL if there are none; called when the options are complete. */
extern void column_mappers_parse(PluginOptions *options);

/* The mapper of a column, names in UTF-8; NULL: none. */
extern ColumnMapper *column_mapper_find(const PluginOptions *options, const char *schema, const char *table,
										const char *column, const SourceType *source);

/* Adds the mapper's parameters to the column's field. */
extern void column_mapper_schema(const ColumnMapper *mapper, const char *column, const SourceType *source,
								 ConnectSchema *field);

/*
 * The codec that writes the column's values: one around codec, or codec itself
 * where the mapper leaves them as they are (*untouched is then set if the
 * mapper was meant to hide them).  In the current context.
 */
extern ValueCodec *column_mapper_codec(const ColumnMapper *mapper, const SourceType *source, ValueCodec *codec,
									   bool *untouched);

/* Does the mapper also replace NULL?  Its codec's filler is then what is shown. */
extern bool column_mapper_hides_null(const ColumnMapper *mapper);

/* Is this the first time that values of the column (any name of it) are found not to be hidden? */
extern bool column_mapper_report(ColumnMapper *mapper, const char *column);

#endif /* COLUMN_MAPPER_H */

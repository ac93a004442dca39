/*-------------------------------------------------------------------------
 *
 * row_value.h
 *	  Rows, keys and "source" as values of records with transforms.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROW_VALUE_H
#define ROW_VALUE_H

#include "postgres.h"

#include "connect_value.h"
#include "row_writer.h"
#include "source_block.h"

/*
 * The row (or key) that the plan describes, as a structure whose columns are
 * deferred, or null.  All arguments must live as long as the event.
 */
extern ConnectValue row_value(RowWriter *rows, const RelationSchema *schema, const RowPlan *row, const RowImage *image);

/* "source" of a change at that LSN, deferred; hole: its snapshot mark is filled in by the reader of the frames. */
extern ConnectValue source_value(const SourceBlock *source, const FixedText *source_table, const char *schema_name,
								 const char *table_name, XLogRecPtr lsn, bool hole);

#endif /* ROW_VALUE_H */

/*-------------------------------------------------------------------------
 *
 * row_writer.h
 *	  A row as JSON: the loop over column plans, and what stands for values
 *	  that are null, missing, unchanged in TOAST, or cannot be converted.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ROW_WRITER_H
#define ROW_WRITER_H

#include "postgres.h"

#include "frame_batch.h"
#include "json_writer.h"
#include "plugin_options.h"
#include "relation_schema.h"

/* A row taken apart. */
typedef struct RowImage
{
	Datum *values;
	bool *nulls;
	bool partial;				  /* only the columns of the replica identity are there */
	bool detoast;				  /* read from the table: TOAST pointers can be followed */
	const struct RowImage *toast; /* where unchanged TOAST values may be found; NULL: nowhere */
} RowImage;

/* Where records are refused. */
typedef struct RowWriter
{
	const PluginOptions *options;
	FrameBatch *batch;
} RowWriter;

/*
 * Writes the row (or key) that the plan describes.  Within a record: a value
 * that cannot be converted may have the record refused.
 */
extern void row_write(RowWriter *rows, const RelationSchema *schema, const RowPlan *row, const RowImage *image,
					  JsonWriter *writer);

/* One column with its prefix. */
extern void row_write_column(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, const RowImage *image,
							 JsonWriter *writer);

/* The column's value without its prefix. */
extern void row_write_value(RowWriter *rows, const RelationSchema *schema, ColumnPlan *column, const RowImage *image,
							JsonWriter *writer);

/*
 * Is the key of the image the one that all records of its row have?  Not if
 * part of it is made up, or all of it is the same in all rows.
 */
extern bool row_key_is_known(const RelationSchema *schema, const RowImage *image);

/* How a column's value comes about. */
typedef enum ColumnState
{
	COLUMN_VALUE,	  /* the image has it, or the old one where it is in TOAST */
	COLUMN_NULL,	  /* it is null, and may be */
	COLUMN_CONSTANT,  /* a filler, a placeholder, a mask */
	COLUMN_UNWRITABLE /* none of these */
} ColumnState;

/* Sets *value of COLUMN_VALUE, *text (as it is written) of the next two. */
extern ColumnState row_column_state(const ColumnPlan *column, const RowImage *image, Datum *value,
									const FixedText **text);

#endif /* ROW_WRITER_H */

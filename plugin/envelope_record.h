/*-------------------------------------------------------------------------
 *
 * envelope_record.h
 *	  Changes and logical messages as records on their way through
 *	  transforms: the same envelope that envelope.c writes straight away.
 *
 *-------------------------------------------------------------------------
 */
#ifndef ENVELOPE_RECORD_H
#define ENVELOPE_RECORD_H

#include "postgres.h"
#include "utils/rel.h"

#include "plugin_options.h"
#include "relation_schema.h"
#include "row_writer.h"
#include "txn_state.h"

/* One record: key is written already as text, or key_image holds it; before and after may be NULL. */
typedef struct Change
{
	char op;
	XLogRecPtr lsn;
	Relation rel;
	const JsonWriter *key;	   /* rendered key, or NULL: render key_image */
	const RowImage *key_image; /* NULL: no key at all */
	const RowImage *before;
	const RowImage *after;
	const char *header;			  /* name of a header that holds a key; NULL: none */
	const JsonWriter *header_key; /* that key as its converter writes it */
	const RowImage *header_image; /* the row that it is of */
	const char *refusal;		  /* why a key rendered before the record cannot be written, or NULL */
} Change;

typedef struct EnvelopeRecords EnvelopeRecords;

/* Lives in context. */
extern EnvelopeRecords *envelope_records_new(MemoryContext context, const PluginOptions *options, TxnState *txn,
											 RowWriter *row_writer);

/* loose: the rows need schema->loose_value_struct. */
extern void envelope_record_send(EnvelopeRecords *records, RelationSchema *schema, const Change *change, bool loose);

extern void envelope_record_tombstone(EnvelopeRecords *records, RelationSchema *schema, const Change *change);

/* Arguments as envelope_message() has them. */
extern void envelope_record_message(EnvelopeRecords *records, const char *prefix, const char *content, Size size,
									XLogRecPtr lsn);

/* The clock that ts_ms, ts_us and ts_ns are read from, in ns since 1970. */
extern int64 processing_time_ns(void);

#endif /* ENVELOPE_RECORD_H */

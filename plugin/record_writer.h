/*-------------------------------------------------------------------------
 *
 * record_writer.h
 *	  Records with transforms, or of other converters than JsonConverter:
 *	  through the chain, through key, value and header converters, into the
 *	  frame.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RECORD_WRITER_H
#define RECORD_WRITER_H

#include "postgres.h"

#include "frame_batch.h"
#include "plugin_options.h"
#include "record.h"

typedef struct RecordWriter RecordWriter;

/* Lives in context; NULL if the options ask for nothing that it does.  ERROR on options of transforms that are wrong. */
extern RecordWriter *record_writer_new(MemoryContext context, const PluginOptions *options, FrameBatch *batch,
									   const char *run_id);

/* What a record is before the transforms; what stands besides it in the frame. */
typedef struct RecordFacts
{
	DictionaryEntry *relation; /* NULL: none */
	XLogRecPtr lsn;
	bool context_headers; /* the record has them, if the options do */
	bool key_unknown;	  /* as RecordParts has it */
	bool snapshot_holes;  /* its source may have a mark that the reader fills in */
} RecordFacts;

/* Sends the record through it all.  May write nothing: a transform dropped it. */
extern void record_writer_send(RecordWriter *writer, ConnectRecord *record, const RecordFacts *facts);

#endif /* RECORD_WRITER_H */

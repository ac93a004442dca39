/*-------------------------------------------------------------------------
 *
 * source_block.h
 *	  The "source" member of every record (AbstractSourceInfoStructMaker and
 *	  PostgresSourceInfoStructMaker in Debezium), in the layout of
 *	  debezium.version.
 *
 * Rendered once per transaction except for the LSN and the table, so that a
 * row costs a few memcpy.
 *
 *-------------------------------------------------------------------------
 */
#ifndef SOURCE_BLOCK_H
#define SOURCE_BLOCK_H

#include "postgres.h"
#include "access/xlogdefs.h"

#include "connect_schema.h"
#include "connect_value.h"
#include "plugin_options.h"

typedef struct SourceBlock SourceBlock;

/* What stands in the source of a transaction's records. */
typedef struct SourceInfo
{
	int64 time_us;			/* commit time, microseconds since 1970 */
	uint64 txid;			/* 0: null */
	XLogRecPtr last_commit; /* first element of sequence; 0: null */
	const char *origin;		/* UTF-8; NULL: null */
	XLogRecPtr origin_lsn;	/* used if origin is set */
	bool snapshot;			/* with format=frames the mark is a hole of the caller's, else true */
	bool incremental;		/* with snapshot and format=frames: that mark is known, sequence a hole, the LSN null */
} SourceInfo;

extern SourceBlock *source_block_new(MemoryContext context, const PluginOptions *options);

/* A transaction, message or snapshot begins. */
extern void source_block_set(SourceBlock *source, const SourceInfo *info);

/* What was set. */
extern const SourceInfo *source_block_info(const SourceBlock *source);

/*
 * Writes {...}, the value of "source". table is `"schema","table":"name"`, from
 * source_table().  Returns where in the writer a snapshot mark belongs (only
 * meaningful with info.snapshot).
 */
extern Size source_block_write(const SourceBlock *source, JsonWriter *writer, const char *table, Size table_size,
							   XLogRecPtr lsn);

/* The same with a hole to leave at *hole_at, of the kind that is returned; 0: none (without info.snapshot). */
extern uint8 source_block_write_hole(const SourceBlock *source, JsonWriter *writer, const char *table, Size table_size,
									 XLogRecPtr lsn, Size *hole_at);

/* The same as values, one for each field of source_schema(); schema and table must live as long as the event. */
extern void source_block_values(const SourceBlock *source, const char *schema, const char *table, XLogRecPtr lsn,
								ConnectValue *items);

/* Text of source.sequence for an event at that LSN, as it stands in a JSON string, without the quotes around it. */
extern void source_sequence_write(const SourceBlock *source, JsonWriter *writer, XLogRecPtr lsn);

/* The table's part of source, in the current context. */
extern char *source_table(const char *schema, const char *table, Size *size);

/* Schema of the source field. */
extern ConnectSchema *source_schema(const PluginOptions *options);

#endif /* SOURCE_BLOCK_H */

/*-------------------------------------------------------------------------
 *
 * frame_batch.h
 *	  Collects records into frames (frame_format.h) and hands these on; the
 *	  only caller of OutputPluginWrite.  With format=json each record becomes
 *	  a line of its own instead.
 *
 * Order of calls:
 *	  batch_transaction() (batch_record_begin() ... batch_record_end())*
 *	  batch_commit()
 *
 *-------------------------------------------------------------------------
 */
#ifndef FRAME_BATCH_H
#define FRAME_BATCH_H

#include "postgres.h"
#include "access/xlogdefs.h"
#include "replication/logical.h"

#include "connect_schema.h"
#include "dictionary.h"
#include "json_writer.h"
#include "plugin_options.h"

/* Whose records follow. */
typedef struct BatchTransaction
{
	uint8 flags; /* FRAME_SNAPSHOT or 0 */
	TransactionId xid;
	XLogRecPtr commit_lsn;
	XLogRecPtr end_lsn;
	int64 commit_time; /* microseconds since 1970 */
	bool is_message;   /* a non-transactional message */
} BatchTransaction;

/* What a record consists of besides key and value; NULL entries: none. */
typedef struct RecordParts
{
	DictionaryEntry *topic;
	DictionaryEntry *relation;
	DictionaryEntry *key_schema;
	const ConnectSchema *key_text; /* the key is written as JSON and becomes Java's text of such a value */
	DictionaryEntry *value_schema;
	DictionaryEntry *headers;
	const char *own_headers; /* in wire form, count first; NULL: none */
	Size own_headers_size;
	uint8 flags; /* RECORD_* except RECORD_LAST */
	XLogRecPtr lsn;
	bool routed;		 /* the next three are set, else nothing is known of them */
	int32 partition;	 /* -1: the producer's partitioner decides */
	int64 timestamp;	 /* ms since 1970, -1: not set */
	uint64 key_hash;	 /* of the key before transforms; 0: that of the key, which is written as JSON */
	bool key_unknown;	 /* the key is not one that other records of the row have: it gets no hash */
	int holes;			 /* how many batch_hole() calls follow */
	const char *refusal; /* why a key rendered before cannot be written, so that the record is refused; NULL: it can */
} RecordParts;

typedef struct FrameBatch FrameBatch;

/* Takes a finished frame or line. */
typedef void (*BatchOutput)(void *arg, const char *bytes, Size size, bool last);

/* Lives in context; output is called with arg. config_hash and run_id go into HELLO. */
extern FrameBatch *batch_new(MemoryContext context, const PluginOptions *options, const char *run_id,
							 BatchOutput output, void *arg);

extern Dictionary *batch_dictionary(FrameBatch *batch);

/* A transaction begins; nothing is written before its first entry. */
extern void batch_transaction(FrameBatch *batch, const BatchTransaction *transaction);

/*
 * Opens a record and returns the writer for its key.  batch_record_value()
 * ends the key and begins the value, batch_record_end() ends the record.  A
 * record that outgrew max.record.bytes, or that batch_record_refuse() was
 * called for, becomes REFUSED (format=json: ERROR).
 */
extern JsonWriter *batch_record_begin(FrameBatch *batch, const RecordParts *parts);
extern void batch_record_value(FrameBatch *batch);
/* A hole at that offset of the writer; holes come in ascending order. */
extern void batch_hole(FrameBatch *batch, uint8 kind, Size offset);
/* Adds RECORD_* flags to the record that is being built. */
extern void batch_record_flag(FrameBatch *batch, uint8 flags);
extern void batch_record_refuse(FrameBatch *batch, uint8 reason, const char *detail);
/* Why what was rendered outside of a record cannot be written, and forgets it; NULL: it can be. */
extern const char *batch_take_refusal(FrameBatch *batch);
extern bool batch_has_refusal(const FrameBatch *batch);
extern void batch_record_end(FrameBatch *batch);

/* A MARK's parts, as UTF-8; of the caller's. */
typedef struct BatchMark
{
	XLogRecPtr lsn;
	const char *channel;
	const char *sequence; /* text of source.sequence as it stands in a JSON string */
	Size sequence_size;
	const char *data;
	Size data_size;
} BatchMark;

/* Bytes of data: anybody may write what becomes a mark, and the relay stores it (INCREMENTAL_SIGNAL_MAX). */
#define BATCH_MARK_LIMIT (64 * 1024)

/* With format=json it is left out; data above the limit, too, with a WARNING. */
extern void batch_mark(FrameBatch *batch, const BatchMark *mark);

/* SNAPSHOT_CHUNK */
extern void batch_chunk(FrameBatch *batch, DictionaryEntry *relation, uint32 next_block, uint64 rows);

/* The transaction (or message) is complete: its last frame goes out. */
extern void batch_commit(FrameBatch *batch);

/* Bytes of the frame being built; 0: none is. */
extern Size batch_pending(const FrameBatch *batch);

/* Sends what there is, if anything. */
extern void batch_flush(FrameBatch *batch);

/* Hash of a key's JSON as RECORD has it: never 0. */
extern uint64 batch_key_hash(const char *bytes, Size size);

/* Appends one header in wire form: string name, i32 length, bytes; a value that is NULL has length -1. */
extern void header_append(StringInfo headers, const char *name, const char *value, Size size);

#endif /* FRAME_BATCH_H */

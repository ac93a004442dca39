/*
 * frame_reader.h
 *	  Frames of the plugin (plugin/frame_format.h) to entries with borrowed
 *	  pointers.
 *
 * Input is not trusted: every length is checked before it is used, ids must be
 * known, limits hold.  One reader belongs to one stream, since ids do.
 * The reader keeps copies of dictionary entries, nothing else.
 */
#ifndef FRAME_READER_H
#define FRAME_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../plugin/frame_format.h"
#include "error.h"

typedef struct Bytes
{
	const char *data;
	size_t size;
} Bytes;

typedef struct FrameHeader
{
	uint8_t flags;
	uint32_t xid;
	uint64_t commit_lsn;
	uint64_t end_lsn;
	int64_t commit_time_us; /* since 1970 */
	uint64_t first_index;
} FrameHeader;

typedef struct FrameTopic
{
	char *name; /* NUL-terminated too */
	size_t size;
	void *sink_topic; /* the sink's own handle, made on first use */
} FrameTopic;

typedef struct FrameHeaderField
{
	const char *name; /* not NUL-terminated */
	size_t name_size;
	const char *value; /* NULL: null */
	size_t value_size;
} FrameHeaderField;

typedef struct FrameHeaderset
{
	FrameHeaderField *fields;
	size_t count;
	void *sink_headers; /* the sink's own form, made on first use */
} FrameHeaderset;

typedef struct FrameRelation
{
	uint32_t oid;
	char *schema_name;
	char *table_name;
} FrameRelation;

typedef struct FrameHole
{
	uint32_t offset;
	uint8_t kind;
} FrameHole;

typedef struct FrameRecord
{
	uint8_t flags;	/* RECORD_* */
	uint64_t index; /* in its transaction or snapshot, from the frame's first_index on */
	uint64_t source_lsn;
	uint64_t key_hash;
	int64_t timestamp_ms;		   /* -1: not set */
	int32_t partition;			   /* -1: not set */
	FrameTopic *topic;			   /* borrowed from the reader */
	FrameHeaderset *headerset;	   /* NULL: none */
	const FrameRelation *relation; /* NULL: none */
	Bytes key_schema;			   /* size 0: none; else key is key_schema + key + "}" */
	Bytes value_schema;			   /* likewise */
	Bytes key;
	Bytes value;
	size_t own_header_count;
	FrameHeaderField own_headers[FRAME_MAX_HEADERS];
	size_t hole_count;
	FrameHole holes[FRAME_MAX_HOLES];
} FrameRecord;

typedef struct FrameEntry
{
	uint8_t kind; /* ENTRY_RECORD, BEGIN, COMMIT, MESSAGE, MARK, SNAPSHOT_CHUNK, REFUSED or HELLO */
	FrameRecord record;
	struct
	{
		uint32_t timeline;
		uint64_t system_identifier;
		uint64_t config_hash;
		uint16_t server_major;
		Bytes plugin_version;
		Bytes run_id;
	} hello;
	struct
	{
		uint64_t lsn;
		Bytes channel;	/* "source", "message" */
		Bytes sequence; /* for SinkRecord.sequence of a record that goes out here */
		Bytes data;		/* whatever somebody wrote: not trusted */
	} mark;
	struct
	{
		const FrameRelation *relation;
		uint32_t next_block; /* FRAME_NO_BLOCK: done */
		uint64_t rows;
	} chunk;
	struct
	{
		FrameTopic *topic;
		const FrameRelation *relation; /* NULL: none */
		uint64_t index;
		uint64_t source_lsn;
		uint64_t size;
		uint8_t reason;
		Bytes key;
		Bytes detail;
	} refused;
} FrameEntry;

/* How the sink lets go of what it hung on dictionary entries. */
typedef struct FrameReaderCallbacks
{
	void (*topic_forgotten)(void *arg, FrameTopic *topic);
	void (*headerset_forgotten)(void *arg, FrameHeaderset *headerset);
	void *arg;
} FrameReaderCallbacks;

typedef struct FrameReader FrameReader;

/* callbacks may be NULL; they are called for what is left in frame_reader_free, too. */
extern FrameReader *frame_reader_new(const FrameReaderCallbacks *callbacks);
extern void frame_reader_free(FrameReader *reader);

/*
 * Starts on a frame; the bytes are borrowed until the next call.  False: not
 * a frame of a version this reader knows (ERROR_FAILED).
 */
extern bool frame_reader_begin(FrameReader *reader, const char *data, size_t size, FrameHeader *header,
							   Error *error) MUST_CHECK;

typedef enum FrameStep
{
	FRAME_STEP_ENTRY, /* *entry is filled */
	FRAME_STEP_END,	  /* the frame is read */
	FRAME_STEP_ERROR, /* malformed; *error says where */
} FrameStep;

/* The next entry that is not a dictionary entry (those are kept inside).  Pointers are valid until the next frame. */
extern FrameStep frame_reader_next(FrameReader *reader, FrameEntry *entry, Error *error) MUST_CHECK;

/* Does a frame hold records?  One that is malformed says no: whoever reads it will say so. */
extern bool frame_has_records(const char *data, size_t size);

#endif

/*
 * frame_reader.c
 *	  Reads frames: each entry through a cursor that cannot pass its end.
 */
#include "frame_reader.h"

#include <stdio.h>
#include <stdlib.h>

#include "frame_cursor.h"
#include "frame_dictionary.h"

#define FRAME_SIZE_LIMIT (1024u * 1024 * 1024)

/* What may come next; BEGIN opens, COMMIT or MESSAGE or the end of a stream close. */
typedef enum StreamState
{
	STREAM_START, /* HELLO has not been seen */
	STREAM_BETWEEN,
	STREAM_IN_TRANSACTION,
} StreamState;

struct FrameReader
{
	FrameDictionary dictionary;
	StreamState state;
	const char *frame;
	Cursor cursor;
	FrameHeader header;
	uint64_t next_index;
	bool ended; /* COMMIT or MESSAGE was read in this frame */
};

FrameReader *
frame_reader_new(const FrameReaderCallbacks *callbacks)
{
	FrameReader *reader = bytes_alloc_zero(1, sizeof(FrameReader));

	frame_dictionary_init(&reader->dictionary, callbacks);
	return reader;
}

void
frame_reader_free(FrameReader *reader)
{
	if (reader == NULL)
		return;
	frame_dictionary_destroy(&reader->dictionary);
	free(reader);
}

/* ---- errors ---- */

static FrameStep
malformed(const FrameReader *reader, const char *why, Error *error)
{
	error_set(error, ERROR_FAILED, "malformed frame from the server at byte %zu: %s",
			  (size_t) (reader->cursor.at - reader->frame), why);
	error_hint(error, "Plugin and relay must come from the same release.");
	return FRAME_STEP_ERROR;
}

/* ---- dictionary entries ---- */

/*
 * count times (string name, i32 length, bytes).  With fields NULL only checks
 * the layout.
 */
static void
take_headers(Cursor *cursor, FrameHeaderField *fields, size_t count)
{
	for (size_t i = 0; i < count && !cursor->failed; i++)
	{
		Bytes name = take_blob(cursor);
		int32_t size = (int32_t) take_u32(cursor);
		Bytes value = {NULL, 0};

		if (size < -1)
			cursor->failed = true;
		else if (size >= 0)
			value = take_bytes(cursor, (size_t) size);
		if (fields)
			fields[i] = (FrameHeaderField){name.data, name.size, value.data, value.size};
	}
}

static const char *
define_topic(FrameReader *reader, Cursor body, uint32_t id)
{
	const char *start = body.at;
	Bytes name = take_blob(&body);
	DictionaryEntry *entry;
	const char *why;

	/* librdkafka and the brokers take it as a C string */
	if (!is_complete(&body) || name.size == 0 || memchr(name.data, 0, name.size))
		return "bad topic";
	entry = frame_dictionary_define(&reader->dictionary, ENTRY_TOPIC, id, start, (size_t) (body.end - start), &why);
	if (entry == NULL)
		return why;
	entry->as.topic.name = bytes_copy_text(name.data, name.size);
	entry->as.topic.size = name.size;
	return NULL;
}

static const char *
define_schema(FrameReader *reader, Cursor body, uint32_t id)
{
	const char *start = body.at;
	Bytes schema = take_blob(&body);
	DictionaryEntry *entry;
	const char *why;

	if (!is_complete(&body) || schema.size == 0)
		return "bad schema";
	entry = frame_dictionary_define(&reader->dictionary, ENTRY_SCHEMA, id, start, (size_t) (body.end - start), &why);
	if (entry == NULL)
		return why;
	entry->as.schema = (Bytes){entry->body + 4, schema.size};
	return NULL;
}

static const char *
define_headerset(FrameReader *reader, Cursor body, uint32_t id)
{
	const char *start = body.at;
	size_t size = (size_t) (body.end - start);
	size_t count = take_u16(&body);
	DictionaryEntry *entry;
	Cursor copy;
	const char *why;

	if (count > FRAME_MAX_HEADERS)
		return "too many headers";
	take_headers(&body, NULL, count);
	if (!is_complete(&body))
		return "bad header set";
	entry = frame_dictionary_define(&reader->dictionary, ENTRY_HEADERSET, id, start, size, &why);
	if (entry == NULL)
		return why;
	copy = (Cursor){entry->body + 2, entry->body + size, false};
	entry->as.headerset.fields = bytes_alloc(count * sizeof(FrameHeaderField));
	entry->as.headerset.count = count;
	take_headers(&copy, entry->as.headerset.fields, count);
	return NULL;
}

static const char *
define_relation(FrameReader *reader, Cursor body, uint32_t id)
{
	const char *start = body.at;
	uint32_t oid = take_u32(&body);
	Bytes schema_name = take_blob(&body);
	Bytes table_name = take_blob(&body);
	DictionaryEntry *entry;
	const char *why;

	if (!is_complete(&body))
		return "bad relation";
	entry = frame_dictionary_define(&reader->dictionary, ENTRY_RELATION, id, start, (size_t) (body.end - start), &why);
	if (entry == NULL)
		return why;
	entry->as.relation.oid = oid;
	entry->as.relation.schema_name = bytes_copy_text(schema_name.data, schema_name.size);
	entry->as.relation.table_name = bytes_copy_text(table_name.data, table_name.size);
	return NULL;
}

static const char *
forget(FrameReader *reader, Cursor body)
{
	uint8_t kind = take_u8(&body);
	uint32_t id;

	take_zeros(&body, 3);
	id = take_u32(&body);
	if (!is_complete(&body))
		return "bad forget";
	return frame_dictionary_forget(&reader->dictionary, kind, id) ? NULL : "forgetting an id that is not defined";
}

static bool
is_dictionary_kind(uint8_t kind)
{
	return kind >= ENTRY_TOPIC && kind <= ENTRY_FORGET;
}

/* NULL, or what is wrong. */
static const char *
read_dictionary_entry(FrameReader *reader, uint8_t kind, Cursor body)
{
	uint32_t id;

	if (body.end - body.at > FRAME_DICTIONARY_LIMIT)
		return "dictionary entry too large";
	if (kind == ENTRY_FORGET)
		return forget(reader, body);
	id = take_u32(&body);
	if (body.failed)
		return "entry too short";
	switch (kind)
	{
		case ENTRY_TOPIC:
			return define_topic(reader, body, id);
		case ENTRY_SCHEMA:
			return define_schema(reader, body, id);
		case ENTRY_HEADERSET:
			return define_headerset(reader, body, id);
		default:
			return define_relation(reader, body, id);
	}
}

/* ---- references ---- */

/* Id zero is NULL if it is allowed; an id not defined marks the cursor failed. */
static DictionaryEntry *
refer(const FrameReader *reader, Cursor *cursor, uint8_t kind, uint32_t id, bool may_be_none)
{
	DictionaryEntry *entry;

	if (id == 0 && may_be_none)
		return NULL;
	entry = frame_dictionary_find(&reader->dictionary, kind, id);
	if (entry == NULL)
		cursor->failed = true;
	return entry;
}

static FrameTopic *
refer_topic(const FrameReader *reader, Cursor *cursor, uint32_t id)
{
	DictionaryEntry *entry = refer(reader, cursor, ENTRY_TOPIC, id, false);

	return entry ? &entry->as.topic : NULL;
}

static const FrameRelation *
refer_relation(const FrameReader *reader, Cursor *cursor, uint32_t id, bool may_be_none)
{
	DictionaryEntry *entry = refer(reader, cursor, ENTRY_RELATION, id, may_be_none);

	return entry ? &entry->as.relation : NULL;
}

static Bytes
refer_schema(const FrameReader *reader, Cursor *cursor, uint32_t id)
{
	DictionaryEntry *entry = refer(reader, cursor, ENTRY_SCHEMA, id, true);

	return entry ? entry->as.schema : (Bytes){NULL, 0};
}

static FrameHeaderset *
refer_headerset(const FrameReader *reader, Cursor *cursor, uint32_t id)
{
	DictionaryEntry *entry = refer(reader, cursor, ENTRY_HEADERSET, id, true);

	return entry ? &entry->as.headerset : NULL;
}

/* ---- entries ---- */

static void
take_holes(Cursor *cursor, FrameRecord *record, size_t count, uint32_t value_size)
{
	uint32_t previous = 0;

	record->hole_count = count;
	for (size_t i = 0; i < count && !cursor->failed; i++)
	{
		FrameHole hole = {0};

		hole.offset = take_u32(cursor);
		hole.kind = take_u8(cursor);
		take_zeros(cursor, 3);
		if (hole.offset < previous || hole.offset > value_size || hole.kind < HOLE_SNAPSHOT_MARK ||
			hole.kind > HOLE_PROCESSING_NS)
			cursor->failed = true;
		previous = hole.offset;
		record->holes[i] = hole;
	}
}

static void
take_own_headers(Cursor *cursor, FrameRecord *record, uint32_t size)
{
	Cursor headers = {cursor->at, cursor->at, false};

	record->own_header_count = 0;
	if (size == 0 || take(cursor, size) == NULL)
		return;
	headers.end = cursor->at;
	record->own_header_count = take_u16(&headers);
	if (record->own_header_count <= FRAME_MAX_HEADERS)
		take_headers(&headers, record->own_headers, record->own_header_count);
	if (record->own_header_count > FRAME_MAX_HEADERS || !is_complete(&headers))
		cursor->failed = true;
}

/* In the order of the layout in frame_format.h. */
static const char *
read_record(FrameReader *reader, uint8_t flags, Cursor *body, FrameRecord *record)
{
	const uint8_t known = RECORD_NULL_KEY | RECORD_NULL_VALUE | RECORD_LAST | RECORD_HEADERS_AFTER | RECORD_KEY_OPAQUE |
						  RECORD_VALUE_OPAQUE;
	uint32_t key_size;
	uint32_t value_size;
	uint32_t headers_size;
	size_t hole_count;

	record->flags = flags;
	record->index = reader->next_index++;
	record->topic = refer_topic(reader, body, take_u32(body));
	record->relation = refer_relation(reader, body, take_u32(body), true);
	record->key_schema = refer_schema(reader, body, take_u32(body));
	record->value_schema = refer_schema(reader, body, take_u32(body));
	record->headerset = refer_headerset(reader, body, take_u32(body));
	record->partition = (int32_t) take_u32(body);
	record->source_lsn = take_u64(body);
	record->key_hash = take_u64(body);
	record->timestamp_ms = (int64_t) take_u64(body);
	key_size = take_u32(body);
	value_size = take_u32(body);
	headers_size = take_u32(body);
	hole_count = take_u16(body);
	take_zeros(body, 2);
	if (hole_count > FRAME_MAX_HOLES)
		return "too many holes";
	take_holes(body, record, hole_count, value_size);
	take_own_headers(body, record, headers_size);
	record->key = take_bytes(body, key_size);
	record->value = take_bytes(body, value_size);
	if ((flags & ~known) || record->partition < -1 || record->timestamp_ms < -1)
		return "bad record";
	if ((flags & RECORD_NULL_KEY) && (key_size > 0 || record->key_schema.size > 0))
		return "null key with bytes";
	if ((flags & RECORD_NULL_VALUE) && (value_size > 0 || record->value_schema.size > 0 || hole_count > 0))
		return "null value with bytes";
	return NULL;
}

static const char *
read_hello(FrameReader *reader, Cursor *body, FrameEntry *entry)
{
	if (reader->state != STREAM_START)
		return "second hello";
	entry->hello.server_major = take_u16(body);
	take_zeros(body, 2);
	entry->hello.timeline = take_u32(body);
	entry->hello.system_identifier = take_u64(body);
	entry->hello.config_hash = take_u64(body);
	entry->hello.plugin_version = take_blob(body);
	entry->hello.run_id = take_blob(body);
	reader->state = STREAM_BETWEEN;
	return NULL;
}

static const char *
read_refused(FrameReader *reader, Cursor *body, FrameEntry *entry)
{
	entry->refused.index = reader->next_index++;
	entry->refused.topic = refer_topic(reader, body, take_u32(body));
	entry->refused.relation = refer_relation(reader, body, take_u32(body), true);
	entry->refused.source_lsn = take_u64(body);
	entry->refused.size = take_u64(body);
	entry->refused.reason = take_u8(body);
	take_zeros(body, 3);
	entry->refused.key = take_blob(body);
	entry->refused.detail = take_blob(body);
	if (entry->refused.reason != REFUSED_TOO_LARGE && entry->refused.reason != REFUSED_NOT_CONVERTIBLE)
		return "bad reason of refusal";
	return NULL;
}

static bool
is_snapshot(const FrameReader *reader)
{
	return (reader->header.flags & FRAME_SNAPSHOT) != 0;
}

/* A non-transactional message; a large one may have its MESSAGE entry in a second frame. */
static bool
is_message(const FrameReader *reader)
{
	return reader->header.xid == 0 && !is_snapshot(reader);
}

static const char *
read_begin(FrameReader *reader)
{
	if (reader->state != STREAM_BETWEEN || is_snapshot(reader) || is_message(reader))
		return "begin inside a transaction";
	reader->state = STREAM_IN_TRANSACTION;
	return NULL;
}

static const char *
read_end(FrameReader *reader, uint8_t kind)
{
	bool expected = kind == ENTRY_COMMIT ? reader->state == STREAM_IN_TRANSACTION : is_message(reader);

	if (!expected || !(reader->header.flags & FRAME_ENDS_TRANSACTION))
		return "end of a transaction that was not begun";
	reader->ended = true;
	reader->state = STREAM_BETWEEN;
	return NULL;
}

static const char *
read_chunk(FrameReader *reader, Cursor *body, FrameEntry *entry)
{
	if (!is_snapshot(reader))
		return "snapshot progress outside a snapshot";
	entry->chunk.relation = refer_relation(reader, body, take_u32(body), false);
	entry->chunk.next_block = take_u32(body);
	entry->chunk.rows = take_u64(body);
	return NULL;
}

static void
read_mark(Cursor *body, FrameEntry *entry)
{
	entry->mark.lsn = take_u64(body);
	entry->mark.channel = take_blob(body);
	entry->mark.sequence = take_blob(body);
	entry->mark.data = take_blob(body);
}

/* May this entry stand here? */
static const char *
check_place(const FrameReader *reader, uint8_t kind)
{
	bool belongs_to_unit = kind == ENTRY_RECORD || kind == ENTRY_REFUSED || kind == ENTRY_MARK;

	if (reader->ended)
		return "entry behind the end of its transaction";
	if (reader->state == STREAM_START && kind != ENTRY_HELLO)
		return "stream does not begin with hello";
	if (belongs_to_unit && reader->state != STREAM_IN_TRANSACTION && !is_snapshot(reader) && !is_message(reader))
		return "record outside a transaction";
	return NULL;
}

static const char *
read_entry(FrameReader *reader, uint8_t flags, Cursor *body, FrameEntry *entry)
{
	switch (entry->kind)
	{
		case ENTRY_HELLO:
			return read_hello(reader, body, entry);
		case ENTRY_BEGIN:
			return read_begin(reader);
		case ENTRY_RECORD:
			return read_record(reader, flags, body, &entry->record);
		case ENTRY_COMMIT:
		case ENTRY_MESSAGE:
			return read_end(reader, entry->kind);
		case ENTRY_MARK:
			read_mark(body, entry);
			return NULL;
		case ENTRY_SNAPSHOT_CHUNK:
			return read_chunk(reader, body, entry);
		case ENTRY_REFUSED:
			return read_refused(reader, body, entry);
		default:
			return "entry of unrecognized kind";
	}
}

/* ---- frames ---- */

static bool
bad_frame(const char *why, Error *error)
{
	error_set(error, ERROR_FAILED, "malformed frame from the server: %s", why);
	error_hint(error, "Plugin and relay must come from the same release.");
	return false;
}

bool
frame_reader_begin(FrameReader *reader, const char *data, size_t size, FrameHeader *header, Error *error)
{
	const uint8_t known = FRAME_ENDS_TRANSACTION | FRAME_SNAPSHOT;

	frame_dictionary_sweep(&reader->dictionary);
	reader->frame = data;
	reader->cursor = (Cursor){data, data, false};
	if (size < FRAME_HEADER_SIZE || data[0] != FRAME_MAGIC)
		return bad_frame("no frame header", error);
	if (data[1] != FRAME_FORMAT_VERSION)
	{
		error_set(error, ERROR_FAILED, "plugin sends frame format %u, this relay reads %u",
				  (unsigned int) (uint8_t) data[1], FRAME_FORMAT_VERSION);
		error_hint(error, "Install plugin and relay of the same release.");
		return false;
	}
	if (size > FRAME_SIZE_LIMIT)
		return bad_frame("larger than 1 GB", error);
	if (((uint8_t) data[2] & ~known) || data[3] != 0)
		return bad_frame("unrecognized flags", error);
	header->flags = (uint8_t) data[2];
	header->xid = bytes_get_u32(data + 4);
	header->commit_lsn = bytes_get_u64(data + 8);
	header->end_lsn = bytes_get_u64(data + 16);
	header->commit_time_us = (int64_t) bytes_get_u64(data + 24);
	header->first_index = bytes_get_u64(data + 32);
	reader->header = *header;
	reader->next_index = header->first_index;
	reader->ended = false;
	reader->cursor = (Cursor){data + FRAME_HEADER_SIZE, data + size, false};
	return true;
}

/* The frame has no more entries: did it keep what its flags say? */
static FrameStep
finish_frame(FrameReader *reader, Error *error)
{
	if ((reader->header.flags & FRAME_ENDS_TRANSACTION) && !reader->ended)
		return malformed(reader, "frame ends before its transaction", error);
	return FRAME_STEP_END;
}

FrameStep
frame_reader_next(FrameReader *reader, FrameEntry *entry, Error *error)
{
	Cursor *cursor = &reader->cursor;

	while (cursor->at < cursor->end)
	{
		uint8_t kind = take_u8(cursor);
		uint8_t flags = take_u8(cursor);
		Cursor body = {NULL, NULL, false};
		const char *why;

		take_zeros(cursor, 2);
		body.at = take_blob(cursor).data;
		body.end = cursor->at;
		if (cursor->failed)
			return malformed(reader, "entry longer than its frame", error);
		if (kind != ENTRY_RECORD && flags != 0)
			return malformed(reader, "unrecognized flags", error);
		why = check_place(reader, kind);
		if (why == NULL && is_dictionary_kind(kind))
		{
			why = read_dictionary_entry(reader, kind, body);
			if (why == NULL)
				continue;
		}
		if (why)
			return malformed(reader, why, error);
		entry->kind = kind;
		why = read_entry(reader, flags, &body, entry);
		if (why == NULL && !is_complete(&body))
			why = "bad entry, or an id that is not defined";
		return why ? malformed(reader, why, error) : FRAME_STEP_ENTRY;
	}
	return finish_frame(reader, error);
}

bool
frame_has_records(const char *data, size_t size)
{
	Cursor cursor = {data, data + size, false};

	(void) take(&cursor, FRAME_HEADER_SIZE);
	while (!cursor.failed && cursor.at < cursor.end)
	{
		uint8_t kind = take_u8(&cursor);

		(void) take(&cursor, 3);
		(void) take_blob(&cursor);
		if (kind == ENTRY_RECORD && !cursor.failed)
			return true;
	}
	return false;
}

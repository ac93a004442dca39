/*-------------------------------------------------------------------------
 *
 * frame_batch.c
 *	  See frame_batch.h.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/xlog.h"
#include "common/hashfn.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"

#include "connect_text.h"
#include "frame_batch.h"
#include "frame_entry.h"
#include "frame_format.h"
#include "json_line.h"
#include "pg_compat.h"

struct FrameBatch
{
	const PluginOptions *options;
	const char *run_id;
	BatchOutput output;
	void *arg;
	Dictionary *dictionary;
	JsonWriter writer; /* the frame being built */
	JsonWriter line;   /* format=json */

	uint64 frame_number;
	bool hello_sent;
	bool frame_open;
	bool begun; /* BEGIN written for this transaction */
	BatchTransaction transaction;
	uint64 next_index;
	XLogRecPtr skip_commit; /* internal.skip.events */
	uint64 skip_count;

	/* the record being built */
	RecordParts parts;
	Size record_start; /* offset of its entry header */
	Size holes_start;
	Size key_start;
	Size value_start;
	bool has_key; /* the whole key is written, and is not null */
	int holes;
	uint8 refused; /* REFUSED_* or 0 */
	const char *refused_detail;
	Size last_record; /* offset of the last complete record's entry header, 0: none */
};

static void
parse_skip_events(FrameBatch *batch, const char *text)
{
	int end = 0;

	if (text == NULL)
		return;
	if (sscanf(text, UINT64_FORMAT ":" UINT64_FORMAT "%n", &batch->skip_commit, &batch->skip_count, &end) != 2 ||
		text[end] != '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid value \"%s\" for option \"%s\"", text, "internal.skip.events"),
						errhint("Allowed: %s.", option_definitions[OPT_SKIP_EVENTS].allowed)));
}

FrameBatch *
batch_new(MemoryContext context, const PluginOptions *options, const char *run_id, BatchOutput output, void *arg)
{
	FrameBatch *batch = MemoryContextAllocZero(context, sizeof(FrameBatch));

	batch->options = options;
	batch->run_id = run_id;
	batch->output = output;
	batch->arg = arg;
	batch->dictionary = dictionary_new(context);
	json_writer_init(&batch->writer, context, 2 * FRAME_TARGET_SIZE);
	json_writer_init(&batch->line, context, 1024);
	parse_skip_events(batch, option_text(options, SKIP_EVENTS));
	return batch;
}

Dictionary *
batch_dictionary(FrameBatch *batch)
{
	return batch->dictionary;
}

void
batch_transaction(FrameBatch *batch, const BatchTransaction *transaction)
{
	Assert(!batch->frame_open);
	batch->transaction = *transaction;
	batch->next_index = 0;
	batch->begun = (transaction->flags & FRAME_SNAPSHOT) != 0 || transaction->is_message;
}

static bool
is_json(const FrameBatch *batch)
{
	return option_number(batch->options, FORMAT) == FORMAT_JSON;
}

static void
write_hello(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	Size start = entry_open(writer, ENTRY_HELLO);
	char *at = json_reserve(writer, 4);

	put_u16(at, PG_VERSION_NUM / 10000);
	put_u16(at + 2, 0);
	writer->len += 4;
	append_u32(writer, compat_timeline());
	append_u64(writer, GetSystemIdentifier());
	append_u64(writer, batch->options->hash);
	append_string(writer, WAL2DEBEZIUM_VERSION, strlen(WAL2DEBEZIUM_VERSION));
	append_string(writer, batch->run_id, strlen(batch->run_id));
	entry_close(writer, start);
	batch->hello_sent = true;
}

static void
write_frame_header(FrameBatch *batch)
{
	const BatchTransaction *transaction = &batch->transaction;
	char *at = json_reserve(&batch->writer, FRAME_HEADER_SIZE);

	at[0] = FRAME_MAGIC;
	at[1] = FRAME_FORMAT_VERSION;
	at[2] = (char) transaction->flags;
	at[3] = 0;
	put_u32(at + 4, transaction->xid);
	put_u64(at + 8, transaction->commit_lsn);
	put_u64(at + 16, transaction->end_lsn);
	put_u64(at + 24, (uint64) transaction->commit_time);
	put_u64(at + 32, batch->next_index);
	batch->writer.len += FRAME_HEADER_SIZE;
}

static void
forget_surplus(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	uint8 kind;
	uint32 id;

	while (dictionary_evict(batch->dictionary, batch->frame_number, &kind, &id))
	{
		Size start = entry_open(writer, ENTRY_FORGET);

		append_u32(writer, kind);
		append_u32(writer, id);
		entry_close(writer, start);
	}
}

/* Opens a frame if none is, and writes BEGIN where it belongs. */
static void
open_frame(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;

	json_mark(writer, 0);
	if (!batch->frame_open)
	{
		batch->frame_open = true;
		batch->frame_number++;
		write_frame_header(batch);
		if (!batch->hello_sent)
			write_hello(batch);
	}
	forget_surplus(batch);
	if (!batch->begun)
	{
		entry_close(writer, entry_open(writer, ENTRY_BEGIN));
		batch->begun = true;
	}
}

static uint32
announce_entry(FrameBatch *batch, DictionaryEntry *entry)
{
	if (dictionary_use(batch->dictionary, entry, batch->frame_number))
	{
		Size start = entry_open(&batch->writer, entry->kind);

		append_u32(&batch->writer, entry->id);
		json_raw(&batch->writer, entry->bytes, entry->size);
		entry_close(&batch->writer, start);
	}
	return entry->id;
}

/* The id of a dictionary entry, announced in this stream. */
static inline uint32
use_entry(FrameBatch *batch, DictionaryEntry *entry)
{
	if (entry == NULL)
		return 0;
	if (likely(entry->last_used == batch->frame_number && entry->id != 0))
		return entry->id;
	return announce_entry(batch, entry);
}

/* What of max.record.bytes is left for key and value. */
static Size
record_limit(FrameBatch *batch, const RecordParts *parts)
{
	Size limit = option_number(batch->options, MAX_RECORD_BYTES);
	Size taken = parts->own_headers_size + (parts->headers ? parts->headers->size : 0) +
				 (parts->key_schema ? parts->key_schema->size : 0) +
				 (parts->value_schema ? parts->value_schema->size : 0);

	return limit > taken ? limit - taken : 1;
}

/* Before an entry and not behind one, so that the last record is still at hand when the commit marks it. */
static void
cut_frame(FrameBatch *batch)
{
	if (batch->frame_open && batch->writer.len >= FRAME_TARGET_SIZE)
		batch_flush(batch);
}

JsonWriter *
batch_record_begin(FrameBatch *batch, const RecordParts *parts)
{
	JsonWriter *writer = &batch->writer;
	uint32 ids[5];
	char *fixed;

	cut_frame(batch);
	open_frame(batch);
	ids[0] = use_entry(batch, parts->topic);
	ids[1] = use_entry(batch, parts->relation);
	ids[2] = use_entry(batch, parts->key_schema);
	ids[3] = use_entry(batch, parts->value_schema);
	ids[4] = use_entry(batch, parts->headers);
	batch->parts = *parts;
	batch->refused = parts->refusal ? REFUSED_NOT_CONVERTIBLE : 0;
	batch->refused_detail = parts->refusal;
	batch->holes = 0;
	batch->record_start = entry_open(writer, ENTRY_RECORD);
	writer->data[batch->record_start + 1] = (char) parts->flags;
	fixed = json_reserve(writer, FRAME_RECORD_FIXED_SIZE);
	memset(fixed, 0, FRAME_RECORD_FIXED_SIZE);
	for (int i = 0; i < 5; i++)
		put_u32(fixed + 4 * i, ids[i]);
	put_u32(fixed + 20, (uint32) (parts->routed ? parts->partition : -1));
	put_u64(fixed + 24, parts->lsn);
	put_u64(fixed + 40, (uint64) (parts->routed ? parts->timestamp : -1));
	put_u32(fixed + 56, parts->own_headers_size);
	put_u16(fixed + 60, parts->holes);
	writer->len += FRAME_RECORD_FIXED_SIZE;
	batch->holes_start = writer->len;
	if (parts->holes > 0)
	{
		memset(json_reserve(writer, parts->holes * FRAME_HOLE_SIZE), 0, parts->holes * FRAME_HOLE_SIZE);
		writer->len += parts->holes * FRAME_HOLE_SIZE;
	}
	if (parts->own_headers_size > 0)
		json_raw(writer, parts->own_headers, parts->own_headers_size);
	batch->key_start = batch->value_start = writer->len;
	batch->has_key = false;
	json_mark(writer, record_limit(batch, parts));
	return writer;
}

/* Of the key as JSON: Java's text of a structure may be that of another one, too. */
static void
write_key_hash(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	const RecordParts *parts = &batch->parts;
	uint64 hash = parts->key_hash;

	if (writer->overflowed || parts->key_unknown)
		return;
	if (hash == 0 && !(parts->flags & RECORD_NULL_KEY))
		hash = batch_key_hash(writer->data + batch->key_start, writer->len - batch->key_start);
	put_u64(writer->data + batch->record_start + FRAME_ENTRY_HEADER_SIZE + 32, hash);
}

/* What StringConverter makes of the key. */
static void
key_to_text(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	JsonWriter *text = &batch->line;

	if (batch->parts.key_text == NULL || (batch->parts.flags & RECORD_NULL_KEY) || writer->overflowed || batch->refused)
		return;
	text->len = 0;
	json_mark(text, 0);
	connect_text(batch->parts.key_text, writer->data + batch->key_start, writer->len - batch->key_start, text);
	writer->len = batch->key_start;
	json_raw(writer, text->data, text->len);
	batch_record_flag(batch, RECORD_KEY_OPAQUE);
}

void
batch_record_value(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;

	write_key_hash(batch);
	key_to_text(batch);
	/* whoever deals with a refused record wants to know which */
	batch->has_key = !writer->overflowed && !(batch->parts.flags & RECORD_NULL_KEY);
	json_keep(writer);
	batch->value_start = writer->len;
}

uint64
batch_key_hash(const char *bytes, Size size)
{
	return hash_bytes_extended((const unsigned char *) bytes, (int) size, 0) | 1;
}

void
batch_record_flag(FrameBatch *batch, uint8 flags)
{
	batch->parts.flags |= flags;
	if (!batch->writer.overflowed)
		batch->writer.data[batch->record_start + 1] = (char) batch->parts.flags;
}

void
batch_hole(FrameBatch *batch, uint8 kind, Size offset)
{
	char *at = batch->writer.data + batch->holes_start + batch->holes * FRAME_HOLE_SIZE;

	Assert(batch->holes < batch->parts.holes);
	if (batch->writer.overflowed)
		return;
	put_u32(at, offset - batch->value_start);
	at[4] = (char) kind;
	batch->holes++;
}

void
batch_record_refuse(FrameBatch *batch, uint8 reason, const char *detail)
{
	if (batch->refused == 0)
	{
		batch->refused = reason;
		batch->refused_detail = detail;
	}
}

bool
batch_has_refusal(const FrameBatch *batch)
{
	return batch->refused != 0;
}

const char *
batch_take_refusal(FrameBatch *batch)
{
	const char *detail = batch->refused ? batch->refused_detail : NULL;

	batch->refused = 0;
	return detail;
}

static void
refuse_json(FrameBatch *batch)
{
	DictionaryEntry *topic = batch->parts.topic;

	ereport(ERROR,
			(errcode(batch->refused == REFUSED_TOO_LARGE ? ERRCODE_PROGRAM_LIMIT_EXCEEDED : ERRCODE_DATA_EXCEPTION),
			 errmsg("a record for topic \"%.*s\" cannot be written: %s", (int) (topic->size - 4), topic->bytes + 4,
					batch->refused_detail),
			 errdetail("The change's LSN is %X/%X.", LSN_FORMAT_ARGS(batch->parts.lsn))));
}

/* Puts REFUSED in the place of the record. */
static void
write_refused(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	Size key_size = batch->has_key ? batch->value_start - batch->key_start : 0;
	char *key = key_size > 0 ? palloc(key_size) : NULL;
	Size start;

	if (is_json(batch))
		refuse_json(batch);
	if (key_size > 0)
		memcpy(key, writer->data + batch->key_start, key_size);
	json_mark(writer, 0);
	writer->len = batch->record_start;
	start = entry_open(writer, ENTRY_REFUSED);
	append_u32(writer, batch->parts.topic->id);
	append_u32(writer, batch->parts.relation ? batch->parts.relation->id : 0);
	append_u64(writer, batch->parts.lsn);
	append_u64(writer, 0);
	append_u32(writer, batch->refused);
	append_string(writer, key, key_size);
	append_string(writer, batch->refused_detail, strlen(batch->refused_detail));
	entry_close(writer, start);
}

/* One huge record must not hold its memory for the rest of the session. */
static void
shrink(JsonWriter *writer)
{
	if (writer->allocated <= 32 * FRAME_TARGET_SIZE)
		return;
	pfree(writer->data);
	json_writer_init(writer, writer->context, 2 * FRAME_TARGET_SIZE);
}

static void
write_line(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	JsonLine record = {
		.topic = batch->parts.topic,
		.key_schema = batch->parts.key_schema,
		.value_schema = batch->parts.value_schema,
		.headers = batch->parts.headers,
		.own_headers = batch->parts.own_headers,
		.own_headers_size = batch->parts.own_headers_size,
		.flags = batch->parts.flags,
		.partition = batch->parts.routed ? batch->parts.partition : -1,
		.timestamp = batch->parts.routed ? batch->parts.timestamp : -1,
		.key = writer->data + batch->key_start,
		.key_size = batch->value_start - batch->key_start,
		.value = writer->data + batch->value_start,
		.value_size = writer->len - batch->value_start,
	};

	batch->line.len = 0;
	shrink(&batch->line);
	json_mark(&batch->line, 0);
	json_line_write(&batch->line, &record);
	batch->output(batch->arg, batch->line.data, batch->line.len, true);
}

/* Is this record delivered already (internal.skip.events)? */
static bool
skip_record(FrameBatch *batch)
{
	return batch->skip_count > 0 && batch->transaction.commit_lsn == batch->skip_commit &&
		   batch->next_index < batch->skip_count;
}

void
batch_record_end(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;
	char *fixed = writer->data + batch->record_start + FRAME_ENTRY_HEADER_SIZE;

	if (skip_record(batch))
	{
		batch->refused = 0;
		json_mark(writer, 0);
		writer->len = batch->record_start;
		batch->next_index++;
		if (writer->data[0] == FRAME_MAGIC)
			put_u64(writer->data + 32, batch->next_index);
		return;
	}
	if (writer->overflowed)
		batch_record_refuse(batch, REFUSED_TOO_LARGE,
							psprintf("it is larger than max.record.bytes (" INT64_FORMAT " bytes)",
									 option_number(batch->options, MAX_RECORD_BYTES)));
	batch->next_index++;
	if (batch->refused)
	{
		write_refused(batch);
		batch->refused = 0;
		return;
	}
	put_u32(fixed + 48, batch->value_start - batch->key_start);
	put_u32(fixed + 52, writer->len - batch->value_start);
	entry_close(writer, batch->record_start);
	batch->last_record = batch->record_start;
	if (is_json(batch))
	{
		write_line(batch);
		writer->len = batch->record_start;
	}
}

void
batch_mark(FrameBatch *batch, const BatchMark *mark)
{
	JsonWriter *writer = &batch->writer;
	Size start;

	if (is_json(batch))
		return;
	if (mark->data_size > BATCH_MARK_LIMIT)
	{
		ereport(WARNING, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						  errmsg("a signal at LSN %X/%X is left out: it has %zu bytes, more than %d",
								 LSN_FORMAT_ARGS(mark->lsn), mark->data_size, BATCH_MARK_LIMIT)));
		return;
	}
	cut_frame(batch);
	open_frame(batch);
	start = entry_open(writer, ENTRY_MARK);
	append_u64(writer, mark->lsn);
	append_string(writer, mark->channel, strlen(mark->channel));
	append_string(writer, mark->sequence, mark->sequence_size);
	append_string(writer, mark->data, mark->data_size);
	entry_close(writer, start);
}

void
batch_chunk(FrameBatch *batch, DictionaryEntry *relation, uint32 next_block, uint64 rows)
{
	JsonWriter *writer = &batch->writer;
	uint32 id;
	Size start;

	if (is_json(batch))
		return;
	open_frame(batch);
	id = use_entry(batch, relation);
	start = entry_open(writer, ENTRY_SNAPSHOT_CHUNK);
	append_u32(writer, id);
	append_u32(writer, next_block);
	append_u64(writer, rows);
	entry_close(writer, start);
}

void
batch_commit(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;

	if (!is_json(batch))
	{
		bool message = batch->transaction.is_message;

		open_frame(batch);
		entry_close(writer, entry_open(writer, message ? ENTRY_MESSAGE : ENTRY_COMMIT));
		writer->data[2] |= FRAME_ENDS_TRANSACTION;
		if (batch->last_record > 0)
			writer->data[batch->last_record + 1] |= RECORD_LAST;
	}
	batch_flush(batch);
}

Size
batch_pending(const FrameBatch *batch)
{
	return batch->frame_open ? batch->writer.len : 0;
}

void
batch_flush(FrameBatch *batch)
{
	JsonWriter *writer = &batch->writer;

	if (batch->frame_open && !is_json(batch))
		batch->output(batch->arg, writer->data, writer->len, (writer->data[2] & FRAME_ENDS_TRANSACTION) != 0);
	writer->len = 0;
	batch->frame_open = false;
	batch->last_record = 0;
	shrink(writer);
}

void
header_append(StringInfo headers, const char *name, const char *value, Size size)
{
	char length[4];

	put_u32(length, strlen(name));
	appendBinaryStringInfo(headers, length, 4);
	appendStringInfoString(headers, name);
	put_u32(length, value ? (uint32) size : (uint32) -1);
	appendBinaryStringInfo(headers, length, 4);
	if (value)
		appendBinaryStringInfo(headers, value, size);
}

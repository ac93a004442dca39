/*
 * test_frame_reader.c
 *	  Whole frames come out as they went in; broken ones are refused at every
 *	  byte.
 */
#include "unit.h"

#include <stdlib.h>

#include "frame_builder.h"

typedef struct Forgotten
{
	int topics;
	int headersets;
} Forgotten;

static void
count_topic(void *arg, FrameTopic *topic)
{
	(void) topic;
	((Forgotten *) arg)->topics++;
}

static void
count_headerset(void *arg, FrameHeaderset *headerset)
{
	(void) headerset;
	((Forgotten *) arg)->headersets++;
}

/* HELLO and a dictionary with one of each, in a transaction's first frame that is left open. */
static void
build_opening(FrameBuilder *builder, uint8_t flags)
{
	static const char *const headers[] = {"h1", "v1", "h2", NULL, NULL};

	build_start(builder, flags, 700, 0x100, 0x140);
	build_hello(builder);
	build_topic(builder, 1, "app.public.user");
	build_schema(builder, 2, "{\"schema\":1,\"payload\":");
	build_headerset(builder, 3, headers);
	build_relation(builder, 4, 16400, "public", "user");
	if (!(flags & FRAME_SNAPSHOT))
		build_empty(builder, ENTRY_BEGIN);
}

/* Reads a whole frame; the last step, with the last entry in *entry and the number of entries in *count. */
static FrameStep
read_all(FrameReader *reader, const FrameBuilder *builder, FrameEntry *entry, int *count, Error *error)
{
	FrameHeader header;
	FrameStep step;

	*count = 0;
	if (!frame_reader_begin(reader, builder->frame.data, builder->frame.size, &header, error))
		return FRAME_STEP_ERROR;
	while ((step = frame_reader_next(reader, entry, error)) == FRAME_STEP_ENTRY)
		++*count;
	return step;
}

static void
expect_error(const FrameBuilder *builder, const char *text, const char *name)
{
	FrameReader *reader = frame_reader_new(NULL);
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	Error error = {0};
	int count;
	FrameStep step = read_all(reader, builder, entry, &count, &error);

	unit_ok(step == FRAME_STEP_ERROR && error.kind == ERROR_FAILED, "refused: %s", name);
	unit_contains(error.message, text, "reason: %s", name);
	free(entry);
	frame_reader_free(reader);
}

static void
check_record(const FrameRecord *record)
{
	unit_is_str(record->topic->name, "app.public.user", "topic");
	unit_is_uint(record->topic->size, 15, "topic size");
	unit_is_str(record->relation->table_name, "user", "table");
	unit_is_str(record->relation->schema_name, "public", "schema");
	unit_is_uint(record->relation->oid, 16400, "oid");
	unit_ok(record->value_schema.size == 22 && memcmp(record->value_schema.data, "{\"schema\":1,", 12) == 0,
			"value schema");
	unit_is_uint(record->key_schema.size, 0, "no key schema");
	unit_is_uint(record->headerset->count, 2, "header set");
	unit_ok(record->headerset->fields[1].value == NULL, "null header");
	unit_ok(memcmp(record->headerset->fields[0].value, "v1", 2) == 0, "header value");
	unit_ok(record->key.size == 8 && memcmp(record->key.data, "{\"id\":1}", 8) == 0, "key");
	unit_ok(record->value.size == 7 && memcmp(record->value.data, "{\"a\":2}", 7) == 0, "value");
	unit_is_int(record->partition, -1, "partition");
	unit_is_int(record->timestamp_ms, -1, "timestamp");
	unit_is_uint(record->source_lsn, 0x16B3748, "source LSN");
	unit_is_uint(record->key_hash, 42, "key hash");
	unit_is_uint(record->own_header_count, 1, "own header");
	unit_ok(memcmp(record->own_headers[0].name, "own", 3) == 0, "own header's name");
	unit_is_uint(record->hole_count, 2, "holes");
	unit_is_uint(record->holes[1].offset, 7, "hole at the end");
	unit_is_uint(record->holes[1].kind, HOLE_PROCESSING_NS, "kind of hole");
}

static void
build_whole_record(FrameBuilder *builder)
{
	static const FrameHole holes[] = {{0, HOLE_SNAPSHOT_MARK}, {7, HOLE_PROCESSING_NS}};
	static const char own[] = "\1\0\3\0\0\0own\1\0\0\0v";
	BuiltRecord record = {.flags = RECORD_LAST,
						  .topic = 1,
						  .relation = 4,
						  .value_schema = 2,
						  .headerset = 3,
						  .partition = -1,
						  .timestamp_ms = -1,
						  .key = "{\"id\":1}",
						  .value = "{\"a\":2}",
						  .own_headers = own,
						  .own_headers_size = sizeof(own) - 1,
						  .holes = holes,
						  .hole_count = 2};

	build_record(builder, &record);
}

static void
test_transaction(void)
{
	FrameBuilder builder = {0};
	FrameReader *reader = frame_reader_new(NULL);
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	FrameHeader header;
	Error error = {0};

	build_opening(&builder, FRAME_ENDS_TRANSACTION);
	build_whole_record(&builder);
	build_empty(&builder, ENTRY_COMMIT);
	unit_ok(frame_reader_begin(reader, builder.frame.data, builder.frame.size, &header, &error), "frame begins");
	unit_is_uint(header.xid, 700, "xid");
	unit_is_uint(header.commit_lsn, 0x100, "commit LSN");
	unit_is_uint(header.end_lsn, 0x140, "end LSN");
	unit_is_int(header.commit_time_us, 1700000000000000, "commit time");
	unit_ok(frame_reader_next(reader, entry, &error) == FRAME_STEP_ENTRY && entry->kind == ENTRY_HELLO, "hello");
	unit_is_uint(entry->hello.server_major, 15, "major");
	unit_is_uint(entry->hello.timeline, 3, "timeline");
	unit_is_uint(entry->hello.config_hash, 0xABCDEF, "config hash");
	unit_ok(entry->hello.run_id.size == 3, "run id");
	unit_ok(frame_reader_next(reader, entry, &error) == FRAME_STEP_ENTRY && entry->kind == ENTRY_BEGIN, "begin");
	unit_ok(frame_reader_next(reader, entry, &error) == FRAME_STEP_ENTRY && entry->kind == ENTRY_RECORD, "record");
	check_record(&entry->record);
	unit_ok(frame_reader_next(reader, entry, &error) == FRAME_STEP_ENTRY && entry->kind == ENTRY_COMMIT, "commit");
	unit_ok(frame_reader_next(reader, entry, &error) == FRAME_STEP_END, "end");
	unit_ok(frame_has_records(builder.frame.data, builder.frame.size), "a frame with records");
	buffer_free(&builder.frame);
	free(entry);
	frame_reader_free(reader);
}

static void
test_other_entries(void)
{
	FrameBuilder builder = {0};
	FrameReader *reader = frame_reader_new(NULL);
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	Error error = {0};
	int count;

	build_opening(&builder, FRAME_SNAPSHOT);
	build_open(&builder, ENTRY_SNAPSHOT_CHUNK, 0);
	build_number(&builder, 4, 4);
	build_number(&builder, FRAME_NO_BLOCK, 4);
	build_number(&builder, 77, 8);
	build_close(&builder);
	unit_ok(read_all(reader, &builder, entry, &count, &error) == FRAME_STEP_END && count == 2, "snapshot frame");
	unit_ok(entry->kind == ENTRY_SNAPSHOT_CHUNK && entry->chunk.next_block == FRAME_NO_BLOCK, "chunk");
	unit_is_uint(entry->chunk.rows, 77, "rows");
	unit_ok(!frame_has_records(builder.frame.data, builder.frame.size), "a frame without records");

	build_start(&builder, FRAME_ENDS_TRANSACTION, 0, 0x200, 0x240);
	build_mark(&builder, 0x200, "message", "[1,2]", "data");
	build_empty(&builder, ENTRY_MESSAGE);
	unit_ok(read_all(reader, &builder, entry, &count, &error) == FRAME_STEP_END && count == 2, "message frame");
	unit_ok(entry->mark.lsn == 0x200, "LSN of a mark");
	unit_ok(entry->mark.channel.size == 7 && memcmp(entry->mark.channel.data, "message", 7) == 0, "its channel");
	unit_ok(entry->mark.sequence.size == 5 && memcmp(entry->mark.sequence.data, "[1,2]", 5) == 0, "its sequence");
	unit_ok(entry->mark.data.size == 4 && memcmp(entry->mark.data.data, "data", 4) == 0, "its data");

	build_start(&builder, 0, 701, 0x300, 0x340);
	build_empty(&builder, ENTRY_BEGIN);
	build_open(&builder, ENTRY_REFUSED, 0);
	build_number(&builder, 1, 4);
	build_number(&builder, 0, 4);
	build_number(&builder, 0x301, 8);
	build_number(&builder, 5000000, 8);
	build_number(&builder, REFUSED_TOO_LARGE, 4);
	build_text(&builder, "{}");
	build_text(&builder, "too large");
	build_close(&builder);
	unit_ok(read_all(reader, &builder, entry, &count, &error) == FRAME_STEP_END && count == 2, "open transaction");
	unit_ok(entry->refused.relation == NULL && entry->refused.size == 5000000 && entry->refused.index == 0, "refused");
	buffer_free(&builder.frame);
	free(entry);
	frame_reader_free(reader);
}

static void
test_forget(void)
{
	Forgotten forgotten = {0, 0};
	FrameReaderCallbacks callbacks = {count_topic, count_headerset, &forgotten};
	FrameReader *reader = frame_reader_new(&callbacks);
	FrameBuilder builder = {0};
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	BuiltRecord record = {.topic = 1, .partition = 2, .timestamp_ms = 5, .key = "", .value = ""};
	Error error = {0};
	int count;

	build_opening(&builder, 0);
	build_record(&builder, &record);
	build_forget(&builder, ENTRY_TOPIC, 1);
	build_topic(&builder, 1, "again");
	build_forget(&builder, ENTRY_SCHEMA, 2);
	build_forget(&builder, ENTRY_RELATION, 4);
	for (uint32_t id = 100; id < 1000; id++)
		build_topic(&builder, id, "many");
	build_topic(&builder, 100 + (1 << 20), "same bucket");
	build_forget(&builder, ENTRY_TOPIC, 100);
	for (uint32_t id = 1000; id-- > 950;)
		build_forget(&builder, ENTRY_TOPIC, id);
	build_record(&builder, &record);
	unit_ok(read_all(reader, &builder, entry, &count, &error) == FRAME_STEP_END && count == 4,
			"ids are given again: %s", error.message);
	unit_is_str(entry->record.topic->name, "again", "the new topic");
	unit_is_int(forgotten.topics, 0, "borrowed until the next frame");
	build_start(&builder, 0, 700, 0x100, 0x140);
	unit_ok(read_all(reader, &builder, entry, &count, &error) == FRAME_STEP_END, "empty frame");
	unit_is_int(forgotten.topics, 52, "let go");
	frame_reader_free(reader);
	unit_is_int(forgotten.topics, 903, "the rest let go at the end");
	unit_is_int(forgotten.headersets, 1, "header sets, too");
	frame_reader_free(NULL);
	buffer_free(&builder.frame);
	free(entry);
}

/* No prefix of a frame is a frame, nor does any cut-off entry pass. */
static void
test_truncated(void)
{
	FrameBuilder builder = {0};
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	int passed = 0;

	build_opening(&builder, FRAME_ENDS_TRANSACTION);
	build_whole_record(&builder);
	build_empty(&builder, ENTRY_COMMIT);
	for (size_t size = 0; size < builder.frame.size; size++)
	{
		FrameBuilder cut = {.frame = {malloc(size), size, size}};
		FrameReader *reader = frame_reader_new(NULL);
		Error error = {0};
		int count;

		memcpy(cut.frame.data, builder.frame.data, size);
		passed += read_all(reader, &cut, entry, &count, &error) != FRAME_STEP_ERROR;
		(void) frame_has_records(cut.frame.data, size); /* reads no byte outside, either */
		frame_reader_free(reader);
		free(cut.frame.data);
	}
	unit_is_int(passed, 0, "no truncated frame passes");
	buffer_free(&builder.frame);
	free(entry);
}

/* Whatever one byte becomes, the reader reads no byte outside (the sanitizer watches). */
static void
test_flipped(void)
{
	FrameBuilder builder = {0};
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	size_t tried = 0;

	build_opening(&builder, FRAME_ENDS_TRANSACTION);
	build_whole_record(&builder);
	build_empty(&builder, ENTRY_COMMIT);
	for (size_t at = 0; at < builder.frame.size; at++)
	{
		static const unsigned char masks[] = {0x01, 0x80, 0xFF};

		for (size_t i = 0; i < sizeof(masks); i++)
		{
			FrameReader *reader = frame_reader_new(NULL);
			Error error = {0};
			int count;

			builder.frame.data[at] = (char) (builder.frame.data[at] ^ masks[i]);
			(void) read_all(reader, &builder, entry, &count, &error);
			builder.frame.data[at] = (char) (builder.frame.data[at] ^ masks[i]);
			frame_reader_free(reader);
			tried++;
		}
	}
	unit_ok(tried > 0, "%zu flipped frames read", tried);
	buffer_free(&builder.frame);
	free(entry);
}

/* The size alone is judged, so no gigabyte is needed. */
static void
expect_too_large(void)
{
	FrameBuilder builder = {0};
	FrameReader *reader = frame_reader_new(NULL);
	FrameHeader header;
	Error error = {0};

	build_start(&builder, 0, 1, 1, 1);
	unit_ok(!frame_reader_begin(reader, builder.frame.data, (size_t) 1 << 31, &header, &error), "larger than 1 GB");
	frame_reader_free(reader);
	buffer_free(&builder.frame);
}

static void
test_bad_frames(void)
{
	FrameBuilder builder = {0};

	build_start(&builder, 0, 1, 1, 1);
	builder.frame.data[0] = 'X';
	expect_error(&builder, "no frame header", "magic");
	build_start(&builder, 0, 1, 1, 1);
	builder.frame.data[1] = 9;
	expect_error(&builder, "plugin sends frame format 9", "version");
	build_start(&builder, 0x80, 1, 1, 1);
	expect_error(&builder, "unrecognized flags", "frame flags");
	expect_too_large();
	build_start(&builder, 0, 1, 1, 1);
	build_empty(&builder, ENTRY_BEGIN);
	expect_error(&builder, "does not begin with hello", "no hello");
	build_opening(&builder, 0);
	build_hello(&builder);
	expect_error(&builder, "second hello", "second hello");
	build_opening(&builder, 0);
	build_empty(&builder, ENTRY_BEGIN);
	expect_error(&builder, "begin inside", "second begin");
	build_opening(&builder, FRAME_ENDS_TRANSACTION);
	expect_error(&builder, "ends before its transaction", "missing commit");
	build_opening(&builder, 0);
	build_empty(&builder, ENTRY_COMMIT);
	expect_error(&builder, "not begun", "commit without flag");
	build_opening(&builder, FRAME_ENDS_TRANSACTION);
	build_empty(&builder, ENTRY_COMMIT);
	build_empty(&builder, ENTRY_BEGIN);
	expect_error(&builder, "behind the end", "entry behind commit");
	build_opening(&builder, 0);
	build_empty(&builder, 99);
	expect_error(&builder, "unrecognized kind", "kind of entry");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_COMMIT, 1);
	build_close(&builder);
	expect_error(&builder, "unrecognized flags", "entry flags");
	build_start(&builder, 0, 5, 1, 1);
	build_hello(&builder);
	build_topic(&builder, 1, "t");
	build_record(&builder, &(BuiltRecord){.topic = 1});
	expect_error(&builder, "outside a transaction", "record without begin");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_SNAPSHOT_CHUNK, 0);
	build_close(&builder);
	expect_error(&builder, "outside a snapshot", "chunk in a transaction");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_REFUSED, 0);
	build_number(&builder, 1, 4);
	build_number(&builder, 0, 28);
	build_text(&builder, "");
	build_close(&builder);
	expect_error(&builder, "bad reason", "reason of refusal");
	buffer_free(&builder.frame);
}

static void
test_bad_dictionary(void)
{
	FrameBuilder builder = {0};
	char *large = malloc(FRAME_DICTIONARY_LIMIT);

	build_opening(&builder, 0);
	build_topic(&builder, 1, "twice");
	expect_error(&builder, "id given twice", "topic twice");
	build_opening(&builder, 0);
	build_topic(&builder, 0, "zero");
	expect_error(&builder, "zero as id", "id zero");
	build_opening(&builder, 0);
	build_topic(&builder, 9, "");
	expect_error(&builder, "bad topic", "empty topic");
	build_opening(&builder, 0);
	build_schema(&builder, 9, "");
	expect_error(&builder, "bad schema", "empty schema");
	build_opening(&builder, 0);
	build_schema(&builder, 2, "{");
	expect_error(&builder, "id given twice", "schema twice");
	build_opening(&builder, 0);
	build_headerset(&builder, 3, (const char *const[]){NULL});
	expect_error(&builder, "id given twice", "header set twice");
	build_opening(&builder, 0);
	build_relation(&builder, 4, 1, "a", "b");
	expect_error(&builder, "id given twice", "relation twice");
	build_opening(&builder, 0);
	build_forget(&builder, ENTRY_TOPIC, 55);
	expect_error(&builder, "not defined", "forgetting nothing");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_FORGET, 0);
	build_close(&builder);
	expect_error(&builder, "bad forget", "short forget");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_TOPIC, 0);
	build_close(&builder);
	expect_error(&builder, "entry too short", "entry without id");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_HEADERSET, 0);
	build_number(&builder, 9, 4);
	build_number(&builder, FRAME_MAX_HEADERS + 1, 2);
	build_close(&builder);
	expect_error(&builder, "too many headers", "number of headers");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_HEADERSET, 0);
	build_number(&builder, 9, 4);
	build_number(&builder, 1, 2);
	build_text(&builder, "name");
	build_number(&builder, (uint32_t) -2, 4);
	build_close(&builder);
	expect_error(&builder, "bad header set", "negative length");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_RELATION, 0);
	build_number(&builder, 9, 4);
	build_close(&builder);
	expect_error(&builder, "bad relation", "short relation");
	memset(large, 'x', FRAME_DICTIONARY_LIMIT);
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_SCHEMA, 0);
	build_number(&builder, 9, 4);
	build_bytes(&builder, large, FRAME_DICTIONARY_LIMIT - 8);
	build_close(&builder);
	expect_error(&builder, "larger than its limit", "dictionary limit");
	build_opening(&builder, 0);
	build_open(&builder, ENTRY_SCHEMA, 0);
	build_number(&builder, 9, 4);
	build_bytes(&builder, large, FRAME_DICTIONARY_LIMIT);
	build_close(&builder);
	expect_error(&builder, "dictionary entry too large", "entry limit");
	free(large);
	buffer_free(&builder.frame);
}

static void
expect_bad_record(const BuiltRecord *record, const char *text, const char *name)
{
	FrameBuilder builder = {0};

	build_opening(&builder, 0);
	build_record(&builder, record);
	expect_error(&builder, text, name);
	buffer_free(&builder.frame);
}

static void
test_bad_records(void)
{
	static const FrameHole backwards[] = {{2, 1}, {1, 1}};
	static const FrameHole beyond[] = {{3, 1}};
	static const FrameHole unknown[] = {{0, 77}};
	static FrameHole many[FRAME_MAX_HOLES + 1];
	static const char too_many[] = "\1\1";

	expect_bad_record(&(BuiltRecord){.topic = 9}, "not defined", "topic");
	expect_bad_record(&(BuiltRecord){.topic = 0}, "not defined", "no topic");
	expect_bad_record(&(BuiltRecord){.topic = 1, .relation = 9}, "not defined", "relation");
	expect_bad_record(&(BuiltRecord){.topic = 1, .key_schema = 9}, "not defined", "key schema");
	expect_bad_record(&(BuiltRecord){.topic = 1, .headerset = 9}, "not defined", "header set");
	expect_bad_record(&(BuiltRecord){.topic = 1, .partition = -2}, "bad record", "partition");
	expect_bad_record(&(BuiltRecord){.topic = 1, .timestamp_ms = -2}, "bad record", "timestamp");
	expect_bad_record(&(BuiltRecord){.topic = 1, .flags = 0x80}, "bad record", "flags");
	expect_bad_record(&(BuiltRecord){.topic = 1, .flags = RECORD_NULL_KEY, .key = "k"}, "null key", "null key");
	expect_bad_record(&(BuiltRecord){.topic = 1, .flags = RECORD_NULL_VALUE, .value = "v"}, "null value", "null value");
	expect_bad_record(&(BuiltRecord){.topic = 1, .value = "ab", .holes = backwards, .hole_count = 2}, "bad entry",
					  "holes backwards");
	expect_bad_record(&(BuiltRecord){.topic = 1, .value = "ab", .holes = beyond, .hole_count = 1}, "bad entry",
					  "hole beyond the value");
	expect_bad_record(&(BuiltRecord){.topic = 1, .value = "ab", .holes = unknown, .hole_count = 1}, "bad entry",
					  "kind of hole");
	expect_bad_record(&(BuiltRecord){.topic = 1, .holes = many, .hole_count = FRAME_MAX_HOLES + 1}, "too many holes",
					  "number of holes");
	expect_bad_record(&(BuiltRecord){.topic = 1, .own_headers = too_many, .own_headers_size = 2}, "bad entry",
					  "number of own headers");
}

int
main(void)
{
	test_transaction();
	test_other_entries();
	test_forget();
	test_truncated();
	test_flipped();
	test_bad_frames();
	test_bad_dictionary();
	test_bad_records();
	return unit_done();
}

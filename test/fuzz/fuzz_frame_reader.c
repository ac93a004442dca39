/*
 * fuzz_frame_reader.c
 *	  Any bytes as a stream of frames: the reader must refuse or read them,
 *	  never touch what is not its own.
 *
 * The input is cut in frames: u32 length, bytes.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "frame_builder.h"
#include "fuzz.h"
#include "json_line.h"

/* Reads each byte that an entry lends, as sinks do. */
static void
use_entry(const FrameEntry *entry, Buffer *line)
{
	SinkRecord sink_record = {.record = &entry->record, .snapshot_mark = "true", .sequence = "[]", .ticket = 1};

	line->size = 0;
	if (entry->kind == ENTRY_RECORD)
		json_line_append(line, &sink_record);
	else if (entry->kind == ENTRY_MARK)
	{
		buffer_append(line, entry->mark.channel.data, entry->mark.channel.size);
		buffer_append(line, entry->mark.sequence.data, entry->mark.sequence.size);
		buffer_append(line, entry->mark.data.data, entry->mark.data.size);
	}
	else if (entry->kind == ENTRY_REFUSED)
		buffer_append(line, entry->refused.detail.data, entry->refused.detail.size);
	else if (entry->kind == ENTRY_HELLO)
		buffer_append(line, entry->hello.run_id.data, entry->hello.run_id.size);
}

static bool
read_frame(FrameReader *reader, const char *data, size_t size, FrameEntry *entry, Buffer *line)
{
	FrameHeader header;
	Error error = {0};
	FrameStep step;

	if (!frame_reader_begin(reader, data, size, &header, &error))
		return false;
	while ((step = frame_reader_next(reader, entry, &error)) == FRAME_STEP_ENTRY)
		use_entry(entry, line);
	return step == FRAME_STEP_END;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	FrameReader *reader = frame_reader_new(NULL);
	FrameEntry *entry = malloc(sizeof(FrameEntry));
	Buffer line = {0};
	bool good = true;

	while (good && size >= 4)
	{
		size_t frame_size = bytes_get_u32((const char *) data);
		char *frame;

		data += 4;
		size -= 4;
		if (frame_size > size)
			frame_size = size;
		/* a copy of its own, so that the sanitizer sees reads behind its end */
		frame = bytes_alloc(frame_size);
		memcpy(frame, data, frame_size);
		good = read_frame(reader, frame, frame_size, entry, &line);
		data += frame_size;
		size -= frame_size;
		free(frame);
	}
	buffer_free(&line);
	free(entry);
	frame_reader_free(reader);
	return 0;
}

static void
add_frame(Buffer *stream, const FrameBuilder *builder)
{
	uint32_t size = (uint32_t) builder->frame.size;

	buffer_append(stream, &size, sizeof(size));
	buffer_append(stream, builder->frame.data, builder->frame.size);
}

size_t
fuzz_seed(size_t index, uint8_t *data, size_t room)
{
	static const char *const headers[] = {"h", "v", "h", NULL, NULL};
	static const FrameHole holes[] = {{0, HOLE_SNAPSHOT_MARK}, {1, HOLE_SEQUENCE}, {2, HOLE_PROCESSING_US}};
	FrameBuilder builder = {0};
	Buffer stream = {0};
	size_t size;

	if (index > 0)
		return 0;
	build_start(&builder, FRAME_ENDS_TRANSACTION, 7, 0x100, 0x140);
	build_hello(&builder);
	build_topic(&builder, 1, "topic");
	build_schema(&builder, 2, "{");
	build_headerset(&builder, 3, headers);
	build_relation(&builder, 4, 16400, "s", "t");
	build_empty(&builder, ENTRY_BEGIN);
	build_record(&builder, &(BuiltRecord){.topic = 1,
										  .relation = 4,
										  .key_schema = 2,
										  .value_schema = 2,
										  .headerset = 3,
										  .key = "1",
										  .value = "23",
										  .own_headers = "\1\0\1\0\0\0o\1\0\0\0v",
										  .own_headers_size = 12,
										  .holes = holes,
										  .hole_count = 3});
	build_mark(&builder, 0x101, "source", "[]", "{}");
	build_empty(&builder, ENTRY_COMMIT);
	add_frame(&stream, &builder);
	build_start(&builder, 0, 8, 0x200, 0x240);
	build_forget(&builder, ENTRY_SCHEMA, 2);
	build_empty(&builder, ENTRY_BEGIN);
	build_record(&builder, &(BuiltRecord){.topic = 1, .flags = RECORD_NULL_VALUE, .key = "null"});
	add_frame(&stream, &builder);
	size = stream.size < room ? stream.size : room;
	memcpy(data, stream.data, size);
	buffer_free(&stream);
	buffer_free(&builder.frame);
	return size;
}

/*
 * frame_builder.h
 *	  Frames for tests, written as plugin/frame_format.h says, or wrong on
 *	  purpose.
 */
#ifndef FRAME_BUILDER_H
#define FRAME_BUILDER_H

#include "bytes.h"
#include "frame_reader.h"

typedef struct FrameBuilder
{
	Buffer frame;
	size_t entry; /* where the open entry's body begins */
} FrameBuilder;

/* A record's parts; zero is a plain record without key and value bytes. */
typedef struct BuiltRecord
{
	uint8_t flags;
	uint32_t topic;
	uint32_t relation;
	uint32_t key_schema;
	uint32_t value_schema;
	uint32_t headerset;
	int32_t partition;
	int64_t timestamp_ms;
	const char *key;
	const char *value;
	const char *own_headers; /* bytes, with own_headers_size */
	size_t own_headers_size;
	const FrameHole *holes;
	size_t hole_count;
} BuiltRecord;

__attribute__((unused)) static void
build_number(FrameBuilder *builder, uint64_t number, size_t size)
{
	for (size_t i = 0; i < size; i++)
	{
		char byte = (char) (i < 8 ? number >> (8 * i) : 0);

		buffer_append(&builder->frame, &byte, 1);
	}
}

__attribute__((unused)) static void
build_bytes(FrameBuilder *builder, const char *bytes, size_t size)
{
	build_number(builder, size, 4);
	buffer_append(&builder->frame, bytes, size);
}

__attribute__((unused)) static void
build_text(FrameBuilder *builder, const char *text)
{
	build_bytes(builder, text, strlen(text));
}

__attribute__((unused)) static void
build_start(FrameBuilder *builder, uint8_t flags, uint32_t xid, uint64_t commit_lsn, uint64_t end_lsn)
{
	builder->frame.size = 0;
	build_number(builder, FRAME_MAGIC, 1);
	build_number(builder, FRAME_FORMAT_VERSION, 1);
	build_number(builder, flags, 1);
	build_number(builder, 0, 1);
	build_number(builder, xid, 4);
	build_number(builder, commit_lsn, 8);
	build_number(builder, end_lsn, 8);
	build_number(builder, 1700000000000000, 8);
	build_number(builder, 0, 8);
}

__attribute__((unused)) static void
build_open(FrameBuilder *builder, uint8_t kind, uint8_t flags)
{
	build_number(builder, kind, 1);
	build_number(builder, flags, 1);
	build_number(builder, 0, 6);
	builder->entry = builder->frame.size;
}

__attribute__((unused)) static void
build_close(FrameBuilder *builder)
{
	size_t end = builder->frame.size;

	builder->frame.size = builder->entry - 4;
	build_number(builder, end - builder->entry, 4);
	builder->frame.size = end;
}

__attribute__((unused)) static void
build_empty(FrameBuilder *builder, uint8_t kind)
{
	build_open(builder, kind, 0);
	build_close(builder);
}

__attribute__((unused)) static void
build_hello(FrameBuilder *builder)
{
	build_open(builder, ENTRY_HELLO, 0);
	build_number(builder, 15, 2);
	build_number(builder, 0, 2);
	build_number(builder, 3, 4);
	build_number(builder, UINT64_C(7300000000000000001), 8);
	build_number(builder, UINT64_C(0xABCDEF), 8);
	build_text(builder, "1.0");
	build_text(builder, "run");
	build_close(builder);
}

__attribute__((unused)) static void
build_topic(FrameBuilder *builder, uint32_t id, const char *name)
{
	build_open(builder, ENTRY_TOPIC, 0);
	build_number(builder, id, 4);
	build_text(builder, name);
	build_close(builder);
}

__attribute__((unused)) static void
build_schema(FrameBuilder *builder, uint32_t id, const char *text)
{
	build_open(builder, ENTRY_SCHEMA, 0);
	build_number(builder, id, 4);
	build_text(builder, text);
	build_close(builder);
}

__attribute__((unused)) static void
build_relation(FrameBuilder *builder, uint32_t id, uint32_t oid, const char *schema_name, const char *table_name)
{
	build_open(builder, ENTRY_RELATION, 0);
	build_number(builder, id, 4);
	build_number(builder, oid, 4);
	build_text(builder, schema_name);
	build_text(builder, table_name);
	build_close(builder);
}

/* One header; value NULL is a null. */
__attribute__((unused)) static void
build_header(FrameBuilder *builder, const char *name, const char *value)
{
	build_text(builder, name);
	if (value)
		build_text(builder, value);
	else
		build_number(builder, UINT32_MAX, 4);
}

/* Pairs of name and value, ended by NULL. */
__attribute__((unused)) static void
build_headerset(FrameBuilder *builder, uint32_t id, const char *const *pairs)
{
	size_t count = 0;

	while (pairs[2 * count])
		count++;
	build_open(builder, ENTRY_HEADERSET, 0);
	build_number(builder, id, 4);
	build_number(builder, count, 2);
	for (size_t i = 0; i < count; i++)
		build_header(builder, pairs[2 * i], pairs[2 * i + 1]);
	build_close(builder);
}

__attribute__((unused)) static void
build_forget(FrameBuilder *builder, uint8_t kind, uint32_t id)
{
	build_open(builder, ENTRY_FORGET, 0);
	build_number(builder, kind, 4);
	build_number(builder, id, 4);
	build_close(builder);
}

__attribute__((unused)) static void
build_mark(FrameBuilder *builder, uint64_t lsn, const char *channel, const char *sequence, const char *data)
{
	build_open(builder, ENTRY_MARK, 0);
	build_number(builder, lsn, 8);
	build_text(builder, channel);
	build_text(builder, sequence);
	build_text(builder, data);
	build_close(builder);
}

__attribute__((unused)) static void
build_record(FrameBuilder *builder, const BuiltRecord *record)
{
	size_t key_size = record->key ? strlen(record->key) : 0;
	size_t value_size = record->value ? strlen(record->value) : 0;

	build_open(builder, ENTRY_RECORD, record->flags);
	build_number(builder, record->topic, 4);
	build_number(builder, record->relation, 4);
	build_number(builder, record->key_schema, 4);
	build_number(builder, record->value_schema, 4);
	build_number(builder, record->headerset, 4);
	build_number(builder, (uint32_t) record->partition, 4);
	build_number(builder, 0x16B3748, 8);
	build_number(builder, 42, 8);
	build_number(builder, (uint64_t) record->timestamp_ms, 8);
	build_number(builder, key_size, 4);
	build_number(builder, value_size, 4);
	build_number(builder, record->own_headers_size, 4);
	build_number(builder, record->hole_count, 2);
	build_number(builder, 0, 2);
	for (size_t i = 0; i < record->hole_count; i++)
	{
		build_number(builder, record->holes[i].offset, 4);
		build_number(builder, record->holes[i].kind, 4);
	}
	buffer_append(&builder->frame, record->own_headers, record->own_headers_size);
	buffer_append(&builder->frame, record->key, key_size);
	buffer_append(&builder->frame, record->value, value_size);
	build_close(builder);
}

#endif

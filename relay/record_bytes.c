/*
 * record_bytes.c
 *	  Keys and values put together from their parts.
 */
#include "record_bytes.h"

#include <time.h>

/* One reading fills all clock holes of a record, so that ms, us and ns agree. */
static int64_t
wall_clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

static void
fill_hole(Buffer *buffer, uint8_t kind, const SinkRecord *sink_record, int64_t *now_ns)
{
	const char *text = kind == HOLE_SNAPSHOT_MARK ? sink_record->snapshot_mark : sink_record->sequence;

	if (kind == HOLE_SNAPSHOT_MARK || kind == HOLE_SEQUENCE)
	{
		if (text)
			buffer_append_text(buffer, text);
		return;
	}
	if (*now_ns == 0)
		*now_ns = wall_clock_ns();
	buffer_append_integer(buffer, kind == HOLE_PROCESSING_MS   ? *now_ns / 1000000
								  : kind == HOLE_PROCESSING_US ? *now_ns / 1000
															   : *now_ns);
}

void
record_append_value(Buffer *buffer, const SinkRecord *sink_record)
{
	const FrameRecord *record = sink_record->record;
	size_t done = 0;
	int64_t now_ns = 0;

	buffer_reserve(buffer, record->value_schema.size + record->value.size + 1 + record->hole_count * 24);
	buffer_append(buffer, record->value_schema.data, record->value_schema.size);
	for (size_t i = 0; i < record->hole_count; i++)
	{
		size_t offset = record->holes[i].offset;

		buffer_append(buffer, record->value.data + done, offset - done);
		fill_hole(buffer, record->holes[i].kind, sink_record, &now_ns);
		done = offset;
	}
	buffer_append(buffer, record->value.data + done, record->value.size - done);
	if (record->value_schema.size > 0)
		buffer_append(buffer, "}", 1);
}

void
record_append_key(Buffer *buffer, const FrameRecord *record)
{
	buffer_append(buffer, record->key_schema.data, record->key_schema.size);
	buffer_append(buffer, record->key.data, record->key.size);
	if (record->key_schema.size > 0)
		buffer_append(buffer, "}", 1);
}

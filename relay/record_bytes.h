/*
 * record_bytes.h
 *	  Key and value of a record put together: schema prefix, bytes with their
 *	  holes filled, closing brace.
 */
#ifndef RECORD_BYTES_H
#define RECORD_BYTES_H

#include "bytes.h"
#include "sink.h"

/* Does the value need putting together, or are record->value's bytes all of it? */
static inline bool
record_value_is_plain(const FrameRecord *record)
{
	return record->hole_count == 0 && record->value_schema.size == 0;
}

/* Appends the whole value; not for a null one. */
extern void record_append_value(Buffer *buffer, const SinkRecord *sink_record);
/* Appends the whole key; not for a null one. */
extern void record_append_key(Buffer *buffer, const FrameRecord *record);

#endif

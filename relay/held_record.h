/*
 * held_record.h
 *	  A record copied with all it points to, so that it outlives its frame and
 *	  its reader.
 */
#ifndef HELD_RECORD_H
#define HELD_RECORD_H

#include "bytes.h"
#include "frame_reader.h"
#include "sink.h"

typedef struct HeldRecord
{
	FrameRecord record; /* valid until the next held_record_copy */
	FrameTopic topic;
	FrameHeaderset headerset;
	FrameRelation relation;
	FrameHeaderField *fields; /* of the headerset */
	size_t field_room;
	Buffer bytes; /* everything that record points to */
} HeldRecord;

/* Copies; what the sink hung on an earlier copy must have been released. */
extern void held_record_copy(HeldRecord *held, const FrameRecord *record);
/* The sink lets go of what it hung on the copy's topic and headers. */
extern void held_record_release(HeldRecord *held, Sink *sink);
/* Frees the memory, after held_record_release. */
extern void held_record_free(HeldRecord *held);

#endif

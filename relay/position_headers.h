/*
 * position_headers.h
 *	  Headers that say where a record comes from, so that one which comes again
 *	  is recognised: the commit LSN of its transaction and its place in it.
 *
 * Both are decimal numbers, and grow from record to record of a slot in the
 * order of the pair.  The plugin gives the same record the same place each
 * time it is decoded under the same options.
 */
#ifndef POSITION_HEADERS_H
#define POSITION_HEADERS_H

#include "frame_reader.h"

#define POSITION_HEADER_COMMIT_LSN "__wal2debezium.commit.lsn"
#define POSITION_HEADER_INDEX "__wal2debezium.index"

/* A record with them; its pointers are those of the original, and into this. */
typedef struct PositionedRecord
{
	FrameRecord record;
	char commit_lsn[24];
	char index[24];
} PositionedRecord;

/* Fills *positioned. Without room for two more headers the record goes as it is. */
extern void position_headers_add(PositionedRecord *positioned, const FrameRecord *record, uint64_t commit_lsn);

#endif

/*
 * position_headers.c
 *	  See position_headers.h.
 */
#include "position_headers.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
add(FrameRecord *record, const char *name, const char *value)
{
	record->own_headers[record->own_header_count++] = (FrameHeaderField){name, strlen(name), value, strlen(value)};
}

void
position_headers_add(PositionedRecord *positioned, const FrameRecord *record, uint64_t commit_lsn)
{
	positioned->record = *record;
	if (record->own_header_count + 2 > FRAME_MAX_HEADERS)
		return;
	snprintf(positioned->commit_lsn, sizeof(positioned->commit_lsn), "%" PRIu64, commit_lsn);
	snprintf(positioned->index, sizeof(positioned->index), "%" PRIu64, record->index);
	add(&positioned->record, POSITION_HEADER_COMMIT_LSN, positioned->commit_lsn);
	add(&positioned->record, POSITION_HEADER_INDEX, positioned->index);
}

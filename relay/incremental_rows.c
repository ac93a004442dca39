/*
 * incremental_rows.c
 *	  Frame by frame; where it stopped for a full sink it goes on.
 */
#include "incremental_rows.h"

#include <stdlib.h>

#include "bytes.h"

struct IncrementalRows
{
	Relay *relay;
	PGresult *frames;
	FrameReader *reader;
	FrameEntry *entry;
	int next;  /* frame */
	bool open; /* a frame is at work */
	bool entry_pending;
	uint64_t sent;
	uint64_t dropped;
	bool blind;
};

IncrementalRows *
incremental_rows_new(Relay *relay, PGresult *frames)
{
	FrameReaderCallbacks callbacks = relay_reader_callbacks(relay);
	IncrementalRows *rows = bytes_alloc_zero(1, sizeof(IncrementalRows));

	rows->relay = relay;
	rows->frames = frames;
	rows->reader = frame_reader_new(&callbacks);
	rows->entry = bytes_alloc_zero(1, sizeof(FrameEntry));
	return rows;
}

void
incremental_rows_free(IncrementalRows *rows)
{
	if (rows == NULL)
		return;
	frame_reader_free(rows->reader);
	free(rows->entry);
	PQclear(rows->frames);
	free(rows);
}

static SinkResult
send_record(IncrementalRows *rows, const IncrementalWindow *window, const char *sequence, uint64_t ticket, Error *error)
{
	const FrameRecord *record = &rows->entry->record;
	const SinkRecord sink_record = {.record = record, .sequence = sequence, .ticket = ticket, .read_again = true};
	uint32_t relation = record->relation != NULL ? record->relation->oid : 0;
	SinkResult result;

	if (!incremental_window_allows(window, relation, record->key_hash))
	{
		rows->blind |= incremental_window_is_blind_for(window, relation);
		rows->dropped++;
		return SINK_OK;
	}
	result = relay_sink_put(rows->relay, &sink_record, error);
	if (result == SINK_OK)
	{
		rows->sent++;
		rows->relay->values.snapshot_rows++;
	}
	return result;
}

static SinkResult
send_entry(IncrementalRows *rows, const IncrementalWindow *window, const char *sequence, uint64_t ticket, Error *error)
{
	switch (rows->entry->kind)
	{
		case ENTRY_RECORD:
			return send_record(rows, window, sequence, ticket, error);
		case ENTRY_REFUSED:
			return relay_refused(rows->relay, rows->entry, ticket, error);
		default:
			return SINK_OK;
	}
}

/* The next entry is in rows->entry; *end: there is none. */
static bool
next_entry(IncrementalRows *rows, bool *end, Error *error)
{
	FrameHeader header;

	for (;;)
	{
		if (!rows->open)
		{
			*end = rows->next >= PQntuples(rows->frames);
			if (*end)
				return true;
			if (!frame_reader_begin(rows->reader, PQgetvalue(rows->frames, rows->next, 0),
									(size_t) PQgetlength(rows->frames, rows->next, 0), &header, error))
				return false;
			rows->next++;
			rows->open = true;
		}
		switch (frame_reader_next(rows->reader, rows->entry, error))
		{
			case FRAME_STEP_ENTRY:
				return true;
			case FRAME_STEP_END:
				rows->open = false;
				break;
			case FRAME_STEP_ERROR:
				return false;
		}
	}
}

SinkResult
incremental_rows_send(IncrementalRows *rows, const IncrementalWindow *window, const char *sequence, uint64_t ticket,
					  Error *error)
{
	bool end = false;

	for (;;)
	{
		SinkResult result;

		if (!rows->entry_pending && !next_entry(rows, &end, error))
			return SINK_ERROR;
		if (end)
			return SINK_OK;
		result = send_entry(rows, window, sequence, ticket, error);
		rows->entry_pending = result == SINK_FULL;
		if (result != SINK_OK)
			return result;
	}
}

uint64_t
incremental_rows_sent(const IncrementalRows *rows)
{
	return rows->sent;
}

bool
incremental_rows_are_blind(const IncrementalRows *rows)
{
	return rows->blind;
}

uint64_t
incremental_rows_dropped(const IncrementalRows *rows)
{
	return rows->dropped;
}

/*
 * snapshot_reader.c
 *	  Holding back, marking and sending of snapshot records.
 */
#include "snapshot_reader.h"

#include <stdlib.h>

#include "bytes.h"
#include "clock.h"
#include "signals.h"

#define WAIT_MS 200
#define PUBLISH_PAUSE_MS 200
/* Records between two looks at the sink's reports. */
#define RECORDS_PER_POLL 1000
#define SINK_PATIENCE_MS 10000

struct SnapshotReader
{
	Relay *relay;
	SnapshotReleased released;
	void *arg;
	uint64_t ticket;
	bool begun;				/* some record was sent */
	TableMarks *last;		/* the ended table whose last record waits; NULL: none */
	FrameEntry *entries[2]; /* the waiting record is in one while the other is read */

	uint64_t since_poll;
	int64_t published_ms;
	int64_t stuck_since_ms; /* 0: the sink takes records */
	bool stuck_logged;
};

SnapshotReader *
snapshot_reader_new(Relay *relay, bool begun, SnapshotReleased released, void *arg)
{
	SnapshotReader *reader = bytes_alloc_zero(1, sizeof(SnapshotReader));

	reader->relay = relay;
	reader->begun = begun;
	reader->released = released;
	reader->arg = arg;
	reader->entries[0] = bytes_alloc_zero(1, sizeof(FrameEntry));
	reader->entries[1] = bytes_alloc_zero(1, sizeof(FrameEntry));
	return reader;
}

void
snapshot_reader_free(SnapshotReader *reader)
{
	if (reader == NULL)
		return;
	free(reader->entries[0]);
	free(reader->entries[1]);
	free(reader);
}

void
snapshot_reader_drop_table(SnapshotReader *reader, TableMarks *table)
{
	held_record_release(&table->held, reader->relay->sink);
	held_record_free(&table->held);
	table->waiting = NULL;
}

void
snapshot_reader_unit(SnapshotReader *reader, uint64_t ticket)
{
	reader->ticket = ticket;
}

/* Says once that the sink is away, and once that it is back. */
static void
watch_sink(SnapshotReader *reader, int64_t now_ms)
{
	Relay *relay = reader->relay;
	bool idle = lsn_tracker_outstanding(relay->tracker) == 0;

	if (relay->delivered || idle || reader->stuck_since_ms == 0)
	{
		if (reader->stuck_logged)
			log_info(relay->log, "%s is available again", relay->settings.sink_name);
		reader->stuck_logged = false;
		reader->stuck_since_ms = now_ms;
	}
	else if (!reader->stuck_logged && now_ms - reader->stuck_since_ms > SINK_PATIENCE_MS)
	{
		Error error;

		relay_sink_stuck(relay, &error);
		log_warning(relay->log, "%s is not available, the snapshot waits: %s", relay->settings.sink_name,
					error.message);
		reader->stuck_logged = true;
	}
}

bool
snapshot_reader_serve(SnapshotReader *reader, Error *error)
{
	Relay *relay = reader->relay;
	int64_t now_ms = clock_monotonic_ms();

	relay->delivered = false;
	reader->since_poll = 0;
	if (!relay_sink_poll(relay, 0, error))
		return false;
	watch_sink(reader, now_ms);
	if (now_ms - reader->published_ms >= PUBLISH_PAUSE_MS)
	{
		reader->published_ms = now_ms;
		relay_publish(relay, now_ms);
	}
	if (signals_stop_requested())
		return error_set(error, ERROR_RETRY, "snapshot interrupted by a signal");
	return true;
}

bool
snapshot_reader_wait(SnapshotReader *reader, const int *fds, int count, Error *error)
{
	relay_wait_readable(reader->relay, fds, count, WAIT_MS);
	return snapshot_reader_serve(reader, error);
}

/* Precedence: last > first > last_in_data_collection > first_in_data_collection > true. */
static const char *
mark_of(const SnapshotReader *reader, const TableMarks *table, bool last)
{
	if (last)
		return "last";
	if (!reader->begun)
		return "first";
	if (table->ended)
		return "last_in_data_collection";
	if (!table->begun)
		return "first_in_data_collection";
	return "true";
}

static bool
send_waiting(SnapshotReader *reader, TableMarks *table, bool last, Error *error)
{
	Relay *relay = reader->relay;
	SinkRecord record = {.record = table->waiting, .ticket = reader->ticket, .read_again = true};
	SinkResult result;

	if (table->waiting == NULL)
		return true;
	record.snapshot_mark = mark_of(reader, table, last);
	while ((result = relay_sink_put(relay, &record, error)) == SINK_FULL)
		if (!snapshot_reader_wait(reader, NULL, 0, error))
			return false;
	if (result != SINK_OK)
		return false;
	if (table->waiting == &table->held.record)
	{
		held_record_release(&table->held, relay->sink);
		reader->released(reader->arg, table);
	}
	table->waiting = NULL;
	table->begun = true;
	reader->begun = true;
	return ++reader->since_poll < RECORDS_PER_POLL || snapshot_reader_serve(reader, error);
}

/* The last record of a table that ended before: something follows, so it is not the last of all. */
static bool
send_last(SnapshotReader *reader, Error *error)
{
	TableMarks *table = reader->last;

	reader->last = NULL;
	return table == NULL || send_waiting(reader, table, false, error);
}

static bool
take_record(SnapshotReader *reader, TableMarks *table, const FrameRecord *record, Error *error)
{
	if (!send_last(reader, error) || !send_waiting(reader, table, false, error))
		return false;
	table->waiting = record;
	table->rows++;
	reader->relay->values.snapshot_rows++;
	return true;
}

static bool
take_refused(SnapshotReader *reader, const FrameEntry *entry, Error *error)
{
	SinkResult result;

	while ((result = relay_refused(reader->relay, entry, reader->ticket, error)) == SINK_FULL)
		if (!snapshot_reader_wait(reader, NULL, 0, error))
			return false;
	return result == SINK_OK;
}

/* Takes the entries of a frame begun; at the end the waiting record is in one of reader->entries. */
static bool
take_entries(SnapshotReader *reader, TableMarks *table, FrameReader *frames, SnapshotChunk *chunk, Error *error)
{
	int at = 0;

	for (;;)
	{
		FrameEntry *entry = reader->entries[at];

		switch (frame_reader_next(frames, entry, error))
		{
			case FRAME_STEP_END:
				return true;
			case FRAME_STEP_ERROR:
				return false;
			case FRAME_STEP_ENTRY:
				break;
		}
		if (entry->kind == ENTRY_REFUSED && !take_refused(reader, entry, error))
			return false;
		if (entry->kind == ENTRY_SNAPSHOT_CHUNK)
			*chunk = (SnapshotChunk){true, entry->chunk.next_block == FRAME_NO_BLOCK, entry->chunk.next_block};
		if (entry->kind != ENTRY_RECORD)
			continue;
		if (!take_record(reader, table, &entry->record, error))
			return false;
		at = 1 - at;
	}
}

bool
snapshot_reader_frame(SnapshotReader *reader, TableMarks *table, FrameReader *frames, const char *data, size_t size,
					  SnapshotChunk *chunk, Error *error)
{
	FrameHeader header;

	memset(chunk, 0, sizeof(*chunk));
	reader->relay->values.bytes += size;
	if (!frame_reader_begin(frames, data, size, &header, error) || !take_entries(reader, table, frames, chunk, error))
		return false;
	if (table->waiting != NULL && table->waiting != &table->held.record)
	{
		held_record_copy(&table->held, table->waiting);
		table->waiting = &table->held.record;
	}
	return relay_sink_commit(reader->relay, error);
}

bool
snapshot_reader_release(SnapshotReader *reader, TableMarks *table, Error *error)
{
	return table == reader->last ? send_last(reader, error) : send_waiting(reader, table, false, error);
}

bool
snapshot_reader_end_table(SnapshotReader *reader, TableMarks *table, Error *error)
{
	table->ended = true;
	if (table->waiting == NULL)
		return true;
	if (!send_last(reader, error))
		return false;
	reader->last = table;
	return true;
}

bool
snapshot_reader_finish(SnapshotReader *reader, Error *error)
{
	return (reader->last == NULL || send_waiting(reader, reader->last, true, error)) &&
		   relay_sink_commit(reader->relay, error);
}

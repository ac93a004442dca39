/*
 * snapshot_reader.c
 *	  Holding back, marking and sending of snapshot records.
 */
#include "snapshot_reader.h"

#include <stdlib.h>

#include "bytes.h"
#include "clock.h"
#include "held_record.h"
#include "signals.h"

#define WAIT_MS 200
#define PUBLISH_PAUSE_MS 200
/* Records between two looks at the sink's reports. */
#define RECORDS_PER_POLL 1000
#define SINK_PATIENCE_MS 10000

struct SnapshotReader
{
	Relay *relay;
	uint64_t ticket;
	FrameReader *frames; /* of the table at work; NULL: none */

	const FrameRecord *waiting; /* the record held back; NULL: none */
	bool waiting_first;			/* of the whole snapshot */
	bool waiting_first_in_table;
	bool waiting_last_in_table;
	bool any_record;		/* there was one */
	bool any_in_table;		/* in the table at work */
	FrameEntry *entries[2]; /* the waiting record is in one while the other is read */
	HeldRecord held;		/* where it is between frames */

	uint64_t since_poll;
	int64_t published_ms;
	int64_t stuck_since_ms; /* 0: the sink takes records */
	bool stuck_logged;
};

SnapshotReader *
snapshot_reader_new(Relay *relay, uint64_t ticket)
{
	SnapshotReader *reader = bytes_alloc_zero(1, sizeof(SnapshotReader));

	reader->relay = relay;
	reader->ticket = ticket;
	reader->entries[0] = bytes_alloc_zero(1, sizeof(FrameEntry));
	reader->entries[1] = bytes_alloc_zero(1, sizeof(FrameEntry));
	return reader;
}

void
snapshot_reader_free(SnapshotReader *reader)
{
	snapshot_reader_end_table(reader);
	held_record_release(&reader->held, reader->relay->sink);
	held_record_free(&reader->held);
	free(reader->entries[0]);
	free(reader->entries[1]);
	free(reader);
}

void
snapshot_reader_begin_table(SnapshotReader *reader)
{
	FrameReaderCallbacks callbacks = relay_reader_callbacks(reader->relay);

	reader->frames = frame_reader_new(&callbacks);
	reader->any_in_table = false;
}

void
snapshot_reader_end_table(SnapshotReader *reader)
{
	if (reader->frames == NULL)
		return;
	frame_reader_free(reader->frames);
	reader->frames = NULL;
	if (reader->any_in_table)
		reader->waiting_last_in_table = true;
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
		const char *why = NULL;

		if (relay->sink->methods->available(relay->sink, &why) || why == NULL)
			why = "nothing was delivered for 10 seconds";
		log_warning(relay->log, "%s is not available, the snapshot waits: %s", relay->settings.sink_name, why);
		reader->stuck_logged = true;
	}
}

static bool
serve_sink(SnapshotReader *reader, Error *error)
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
snapshot_reader_wait(SnapshotReader *reader, int fd, short events, Error *error)
{
	relay_wait(reader->relay, fd, events, WAIT_MS);
	return serve_sink(reader, error);
}

/* Precedence: last > first > last_in_data_collection > first_in_data_collection > true. */
static const char *
mark_of(const SnapshotReader *reader, bool last)
{
	if (last)
		return "last";
	if (reader->waiting_first)
		return "first";
	if (reader->waiting_last_in_table)
		return "last_in_data_collection";
	if (reader->waiting_first_in_table)
		return "first_in_data_collection";
	return "true";
}

static bool
send_waiting(SnapshotReader *reader, bool last, Error *error)
{
	Relay *relay = reader->relay;
	SinkRecord record = {
		.record = reader->waiting,
		.snapshot_mark = mark_of(reader, last),
		.ticket = reader->ticket,
	};
	SinkResult result;

	if (reader->waiting == NULL)
		return true;
	while ((result = relay_sink_put(relay, &record, error)) == SINK_FULL)
		if (!snapshot_reader_wait(reader, -1, 0, error))
			return false;
	if (result != SINK_OK)
		return false;
	if (reader->waiting == &reader->held.record)
		held_record_release(&reader->held, relay->sink);
	reader->waiting = NULL;
	return ++reader->since_poll < RECORDS_PER_POLL || serve_sink(reader, error);
}

static bool
take_record(SnapshotReader *reader, const FrameRecord *record, Error *error)
{
	if (!send_waiting(reader, false, error))
		return false;
	reader->waiting = record;
	reader->waiting_first = !reader->any_record;
	reader->waiting_first_in_table = !reader->any_in_table;
	reader->waiting_last_in_table = false;
	reader->any_record = true;
	reader->any_in_table = true;
	reader->relay->values.snapshot_rows++;
	return true;
}

/* Takes the entries of a frame begun; at the end the waiting record is in one of reader->entries. */
static bool
take_entries(SnapshotReader *reader, Error *error)
{
	int at = 0;

	for (;;)
	{
		FrameEntry *entry = reader->entries[at];

		switch (frame_reader_next(reader->frames, entry, error))
		{
			case FRAME_STEP_END:
				return true;
			case FRAME_STEP_ERROR:
				return false;
			case FRAME_STEP_ENTRY:
				break;
		}
		if (entry->kind == ENTRY_REFUSED && !relay_refused(reader->relay, entry, error))
			return false;
		if (entry->kind != ENTRY_RECORD)
			continue;
		if (!take_record(reader, &entry->record, error))
			return false;
		at = 1 - at;
	}
}

bool
snapshot_reader_frame(SnapshotReader *reader, const char *data, size_t size, Error *error)
{
	FrameHeader header;

	reader->relay->values.bytes += size;
	if (!frame_reader_begin(reader->frames, data, size, &header, error) || !take_entries(reader, error))
		return false;
	if (reader->waiting != NULL && reader->waiting != &reader->held.record)
	{
		held_record_copy(&reader->held, reader->waiting);
		reader->waiting = &reader->held.record;
	}
	return relay_sink_commit(reader->relay, error);
}

bool
snapshot_reader_finish(SnapshotReader *reader, Error *error)
{
	return send_waiting(reader, true, error) && relay_sink_commit(reader->relay, error);
}

/*
 * relay_start_snapshot.c
 *	  Snapshots between start and stream: the initial one, and those that a
 *	  signal asks for.
 */
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "incremental_snapshot.h"
#include "pg_session.h"
#include "relay_start_internal.h"
#include "signals.h"
#include "snapshot_coordinator.h"
#include "snapshot_targets.h"

#define CLEANUP_CONNECT_MS 5000
#define FLUSH_SLICE_MS 1500

void
start_find_cut(Start *start)
{
	Relay *relay = start->relay;
	const char *json = relay->snapshot_state;
	CutSnapshot *state;

	if (!relay->progress_known || relay->progress.snapshot != SNAPSHOT_PLANNED)
		return;
	if (json == NULL && relay->progress_topic != NULL)
		json = progress_stored_snapshot(relay->progress_topic);
	state = json != NULL ? snapshot_state_parse(json, strlen(json)) : NULL;
	if (state == NULL)
		return;
	start->cut_begun = state->begun;
	if (state->options_hash != snapshot_options_hash(relay->config))
		log_warning(relay->log, "options have changed since the snapshot was cut, it cannot go on");
	else if (state->timeline == start->server.timeline && state->stream_lsn <= start->server.wal_end)
	{
		start->cut = state;
		return;
	}
	snapshot_state_free(state);
}

/* Where no progress is kept nobody could tell that the snapshot is incomplete, so its slot must go. */
static void
drop_unfinished_slot(Start *start)
{
	const PgPatience patience = {.timeout_ms = CLEANUP_CONNECT_MS, .despite_stop = true};
	Relay *relay = start->relay;
	Error error;

	if (relay->progress_topic != NULL || !start_makes_slot(start))
		return;
	free(relay->snapshot_state);
	relay->snapshot_state = NULL;
	if (replication_slot_drop(start->conn, relay->slot_name, &error))
		return;
	PQfinish(start->conn);
	start->conn = pg_session_connect(relay->config, true, patience, &error);
	if (start->conn != NULL && replication_slot_drop(start->conn, relay->slot_name, &error))
		return;
	log_warning(relay->log,
				"the snapshot was not finished and its replication slot could not be dropped: %s (run "
				"SELECT pg_drop_replication_slot('%s') before the next start)",
				error.message, relay->slot_name);
}

/* False. Exactly once: what had to fit into one transaction (a table that cannot be cut) will take too long again. */
static bool
check_snapshot_time(const Relay *relay, Error *error)
{
	int64_t took_ms = clock_monotonic_ms() - relay->commit.began_ms;

	if (!relay->commit.open || relay->settings.snapshot_timeout_ms == 0 ||
		took_ms < relay->settings.snapshot_timeout_ms)
		return false;
	error_set(error, ERROR_FAILED, "a part of the snapshot took longer than a Kafka transaction may: %d ms",
			  relay->settings.snapshot_timeout_ms);
	error_hint(error, "Raise producer.override.transaction.timeout.ms, and transaction.max.timeout.ms of the brokers; "
					  "or take the snapshot with exactly.once.support=requested and go on with required.");
	return false;
}

/* Where the stream begins after the snapshot that is about to be taken; 0: there is none. */
static uint64_t
stream_after(const Start *start, const CreatedSlot *created)
{
	if (start->plan.action == RESUME_SNAPSHOT_ONLY)
		return 0;
	return start->plan.skip_to_snapshot ? created->consistent_lsn : start->plan.start_lsn;
}

bool
start_take_snapshot(Start *start, const CreatedSlot *created, Error *error)
{
	Relay *relay = start->relay;
	uint64_t snapshot_lsn = created->consistent_lsn;
	const SnapshotRequest request = {
		.exported_name = created->snapshot_name[0] != '\0' ? created->snapshot_name : NULL,
		.stream_lsn = stream_after(start, created),
		.timeline = start->server.timeline,
		.keep = start->plan.action != RESUME_SNAPSHOT_ONLY,
		.resumed = start->plan.resume_snapshot ? start->cut : NULL,
	};

	relay->commit = (RelayCommit){.began_ms = clock_monotonic_ms()};
	if (!snapshot_run(relay, &request, &snapshot_lsn, error))
	{
		drop_unfinished_slot(start);
		return check_snapshot_time(relay, error);
	}
	free(relay->snapshot_state);
	relay->snapshot_state = NULL;
	if (start->plan.skip_to_snapshot || start->plan.action == RESUME_SNAPSHOT_ONLY)
		start->plan.start_lsn = snapshot_lsn;
	memset(&relay->progress, 0, sizeof(relay->progress));
	relay->progress.snapshot = SNAPSHOT_DONE;
	relay->progress.snapshot_lsn = snapshot_lsn;
	relay->progress.end_lsn = start->plan.start_lsn;
	relay->progress.timeline = start->server.timeline;
	relay->snapshot_taken = true;
	if (!start_write_progress(relay, error))
		return check_snapshot_time(relay, error);
	if (relay->settings.exactly_once && !start_make_sink(start, false, error))
		return false;
	if (start->plan.action == RESUME_SNAPSHOT_ONLY)
		return true;
	heartbeat_force(relay->heartbeat);
	signals_sleep_ms((int) config_int(relay->config, OPT_STREAMING_DELAY_MS));
	return true;
}

/* Until nothing is on its way that reports to the tracker of the snapshot. */
static bool
flush_all(Relay *relay, Error *error)
{
	while (!relay_sink_flush(relay, FLUSH_SLICE_MS, error))
		if (error->kind != ERROR_RETRY || relay->sink_broken || signals_stop_requested())
			return false;
	return true;
}

/* The signal is done with, whatever came of it; progress is that of the stream again. */
static bool
store_blocking_done(Start *start, const Progress *stored, Error *error)
{
	Relay *relay = start->relay;

	incremental_blocking_done(relay->incremental);
	relay->progress = *stored;
	return incremental_store(relay->incremental, error) && start_write_progress(relay, error) &&
		   flush_all(relay, error) && (!relay->settings.exactly_once || start_make_sink(start, false, error));
}

/* Exactly once none of its rows will ever be seen; else those that were sent are. */
static bool
give_blocking_up(Start *start, const Progress *stored, Error *error)
{
	Relay *relay = start->relay;

	log_warning(relay->log, "the blocking snapshot is given up, streaming goes on: %s", error->message);
	if (relay->settings.exactly_once && !start_make_sink(start, false, error))
		return false;
	relay->sink_broken = false;
	return store_blocking_done(start, stored, error);
}

/* Would it fail again and again, so that nothing is ever streamed? */
static bool
is_hopeless(const Relay *relay, bool unreadable, Error *error)
{
	if (signals_stop_requested())
		return false;
	(void) check_snapshot_time(relay, error); /* ERROR_FAILED then */
	return error->kind != ERROR_RETRY && (unreadable || relay->sink_broken);
}

bool
start_take_blocking(Start *start, Error *error)
{
	Relay *relay = start->relay;
	const Progress stored = relay->progress;
	bool unreadable = false;
	const SnapshotRequest request = {.timeline = start->server.timeline,
									 .chosen = incremental_blocking(relay->incremental),
									 .unreadable = &unreadable};
	uint64_t snapshot_lsn = 0;

	if (request.chosen == NULL || start->plan.action != RESUME_STREAM)
		return true;
	if (relay->settings.exactly_once && !start_make_sink(start, true, error))
		return false;
	relay->commit = (RelayCommit){.began_ms = clock_monotonic_ms()};
	if (!snapshot_prepare(relay, error))
		unreadable = true;
	else if (snapshot_run(relay, &request, &snapshot_lsn, error))
		return store_blocking_done(start, &stored, error);
	return is_hopeless(relay, unreadable, error) && give_blocking_up(start, &stored, error);
}

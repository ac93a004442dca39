/*
 * relay_commit.c
 *	  Exactly once: transactions of the sink that end with the progress they
 *	  make.
 */
#include "relay_commit.h"

#include <inttypes.h>

#include "clock.h"
#include "commit_policy.h"
#include "incremental_snapshot.h"
#include "relay_limit.h"

/* A transaction that is long to write is long to read, too: a third is left for the end to come about. */
#define SPLIT_DIVISOR 3
#define WAIT_MS 100

void
relay_commit_begin(Relay *relay, int64_t now_ms)
{
	relay->commit = (RelayCommit){.stored_ms = now_ms, .dry_since_ms = -1};
	lsn_tracker_require_stored(relay->tracker);
}

/* What will be delivered once all that was put is. */
static Progress
next_progress(const Relay *relay, const CommitPoint *point)
{
	Progress next = relay->progress;
	uint64_t last_commit_end_lsn = lsn_tracker_last_commit_end(relay->tracker);
	uint64_t commit_lsn;
	uint64_t end_lsn = lsn_tracker_closed_end(relay->tracker, &commit_lsn);

	if (resume_ends_partial(&relay->progress, end_lsn, commit_lsn))
		next.partial.commit_lsn = next.partial.count = 0;
	if (end_lsn > next.end_lsn)
	{
		next.end_lsn = end_lsn;
		next.commit_lsn = commit_lsn;
	}
	if (last_commit_end_lsn != 0)
	{
		next.last_commit_end_lsn = last_commit_end_lsn;
		next.commit_time_us = relay->values.last_commit_time_us;
		next.xid = relay->last_xid;
	}
	if (point->in_unit && point->unit_count > 0 &&
		(next.partial.commit_lsn != point->unit_commit_lsn || next.partial.count < point->unit_count))
	{
		next.partial.commit_lsn = point->unit_commit_lsn;
		next.partial.count = point->unit_count;
	}
	return next;
}

static void
note_stored(Relay *relay, int64_t now_ms)
{
	/* HELLO may have come since */
	relay->commit.progress.config_hash = relay->progress.config_hash;
	relay->commit.progress.timeline = relay->progress.timeline;
	relay->progress = relay->commit.progress;
	relay->commit.ending = false;
	relay->commit.stored_ms = now_ms;
	lsn_tracker_stored(relay->tracker, relay->progress.end_lsn);
}

static bool
begin_end(Relay *relay, const CommitPoint *point, Error *error)
{
	Progress next = next_progress(relay, point);

	switch (progress_end(relay->progress_topic, relay->sink, &next, error))
	{
		case SINK_OK:
			relay->commit.progress = next;
			relay->commit.ending = true;
			relay->commit.open = false;
			return true;
		case SINK_FULL:
			return true;
		default:
			relay->sink_broken |= error->kind == ERROR_RETRY;
			return false;
	}
}

static CommitSituation
situation_of(Relay *relay, const CommitPoint *point, int64_t now_ms)
{
	RelayCommit *commit = &relay->commit;
	bool open = relay->sink->methods->transaction(relay->sink) == SINK_TRANSACTION_OPEN;
	uint64_t commit_lsn;

	if (open && !commit->open)
	{
		commit->began_ms = now_ms;
		commit->records_before = commit->records_seen;
	}
	commit->open = open;
	commit->records_seen = relay->values.records;
	if (!point->dry)
		commit->dry_since_ms = -1;
	else if (commit->dry_since_ms < 0)
		commit->dry_since_ms = now_ms;
	return (CommitSituation){
		.open = open,
		.age_ms = now_ms - commit->began_ms,
		.records = commit->records_seen - commit->records_before,
		.in_unit = point->in_unit,
		.dry_ms = point->dry ? now_ms - commit->dry_since_ms : -1,
		.last = point->last,
		.asked = point->asked,
		.unstored = lsn_tracker_closed_end(relay->tracker, &commit_lsn) - relay->progress.end_lsn,
		.stored_age_ms = now_ms - commit->stored_ms,
		.split_ms = relay->settings.transaction_timeout_ms / SPLIT_DIVISOR,
	};
}

bool
relay_commit_step(Relay *relay, const CommitPoint *point, int64_t now_ms, Error *error)
{
	CommitSituation situation;

	if (relay->sink->methods->transaction(relay->sink) == SINK_TRANSACTION_ENDING)
		return true;
	if (relay->commit.ending)
		note_stored(relay, now_ms);
	situation = situation_of(relay, point, now_ms);
	return commit_policy(&situation) == COMMIT_NOT_YET || begin_end(relay, point, error);
}

static bool
all_stored(const Relay *relay)
{
	uint64_t commit_lsn;

	return relay->sink->methods->transaction(relay->sink) == SINK_TRANSACTION_NONE && !relay->commit.ending &&
		   lsn_tracker_closed_end(relay->tracker, &commit_lsn) <= relay->progress.end_lsn;
}

bool
relay_commit_all(Relay *relay, const CommitPoint *point, int timeout_ms, Error *error)
{
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	CommitPoint last = *point;

	last.last = true;
	for (;;)
	{
		int64_t left_ms = end_ms - clock_monotonic_ms();

		if (!relay_commit_step(relay, &last, clock_monotonic_ms(), error))
			return false;
		if (all_stored(relay))
			return true;
		if (left_ms <= 0)
			return error_set(error, ERROR_RETRY, "could not end the transaction in %d ms", timeout_ms);
		if (!relay_sink_poll(relay, left_ms < WAIT_MS ? (int) left_ms : WAIT_MS, error))
			return false;
	}
}

bool
relay_store_all(Relay *relay, const CommitPoint *point, int timeout_ms, Error *error)
{
	if (point->in_unit || relay->sink_broken || incremental_in_window(relay->incremental))
		return true;
	if (relay_commit_all(relay, point, timeout_ms, error))
		return true;
	log_warning(relay->log, "stopping with a transaction not known to be committed, the next start will see: %s",
				error->message);
	return false;
}

bool
relay_deliver_all(Relay *relay, int timeout_ms, Error *error)
{
	bool flushed = relay_sink_flush(relay, timeout_ms, error);
	Error late;

	if (!flushed)
		log_warning(relay->log, "stopping with %" PRIu64 " records not delivered, they will be sent again: %s",
					lsn_tracker_outstanding(relay->tracker), error->message);
	else
		incremental_settle(relay->incremental);
	relay_note_cut(relay);
	if (flushed)
		relay_limit_settle(relay, clock_monotonic_ms());
	if (flushed && relay->progress_topic != NULL &&
		!progress_write_now(relay->progress_topic, relay->sink, &relay->progress, timeout_ms, relay_report, relay,
							&late))
		log_warning(relay->log, "could not write progress: %s", late.message);
	return flushed;
}

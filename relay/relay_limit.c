/*
 * relay_limit.c
 *	  See relay_limit.h.
 */
#include "relay_limit.h"

#include <stdio.h>

void
relay_limit_begin(Relay *relay, uint64_t confirmed_lsn)
{
	bool enforced = relay->progress_topic != NULL && !relay->settings.exactly_once && !relay->never_confirm;

	slot_limit_begin(&relay->limit, enforced, confirmed_lsn);
	relay->limit_streams++;
	relay->limits_dropped = false;
	snprintf(relay->limit_name, sizeof(relay->limit_name), "%s-%u", relay->run_id, relay->limit_streams);
	relay->progress.slot_limited = enforced || (relay->settings.exactly_once && !relay->never_confirm);
}

static bool
announce(Relay *relay, uint64_t limit_lsn, int64_t now_ms, Error *error)
{
	SlotLimit limit = relay->limit;
	uint64_t ticket = slot_limit_put(&limit, limit_lsn, now_ms);
	bool reported = false;

	switch (
		progress_put_limit(relay->progress_topic, relay->sink, relay->limit_name, limit_lsn, ticket, &reported, error))
	{
		case SINK_OK:
			relay->limit = limit;
			if (!reported)
				slot_limit_reported(&relay->limit, ticket);
			return relay_sink_commit(relay, error);
		case SINK_FULL:
			slot_limit_not_put(&relay->limit, limit_lsn);
			return true;
		default:
			relay->sink_broken |= error->kind == ERROR_RETRY;
			return false;
	}
}

/* Those of other streams, once ours is known. */
static bool
drop_others(Relay *relay, Error *error)
{
	if (relay->limits_dropped || !relay->limit.announced || relay->limit.pending != 0)
		return true;
	switch (progress_drop_limits(relay->progress_topic, relay->sink, relay->limit_name, error))
	{
		case SINK_OK:
			relay->limits_dropped = true;
			return true;
		case SINK_FULL:
			return true;
		default:
			relay->sink_broken |= error->kind == ERROR_RETRY;
			return false;
	}
}

bool
relay_limit_step(Relay *relay, int64_t now_ms, Error *error)
{
	uint64_t limit_lsn;

	if (!relay->limit.enforced)
		return true;
	limit_lsn = slot_limit_next(&relay->limit, lsn_tracker_confirmable(relay->tracker), now_ms);
	if (limit_lsn != 0)
		return announce(relay, limit_lsn, now_ms, error);
	return drop_others(relay, error);
}

void
relay_limit_settle(Relay *relay, int64_t now_ms)
{
	Error error;

	if (relay->limit.enforced && relay->limit.pending == 0 &&
		!announce(relay, lsn_tracker_confirmable(relay->tracker), now_ms, &error))
		log_debug(relay->log, "could not store how far the slot is confirmed: %s", error.message);
}

uint64_t
relay_limit_confirmable(const Relay *relay)
{
	return relay->never_confirm ? 0 : slot_limit_allows(&relay->limit, lsn_tracker_confirmable(relay->tracker));
}

bool
relay_limit_waits(const Relay *relay)
{
	return relay->limit.enforced && lsn_tracker_confirmable(relay->tracker) > relay->limit.durable;
}

uint64_t
relay_limit_known(const Relay *relay)
{
	const Progress *progress = &relay->progress;
	uint64_t limit_lsn;

	if (!relay->progress_known || relay->progress_topic == NULL)
		return 0;
	if (!relay->settings.exactly_once && (!progress->slot_limited || relay->never_confirm || relay->progress_hidden))
		return 0;
	limit_lsn = progress_slot_limit(relay->progress_topic);
	return limit_lsn > progress->end_lsn ? limit_lsn : progress->end_lsn;
}

/*
 * relay_start.c
 *	  Connect, look at slot and progress, decide, create and snapshot if due,
 *	  start streaming.
 */
#include "relay_start.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "incremental_snapshot.h"
#include "memory.h"
#include "pg_session.h"
#include "relay_limit.h"
#include "relay_signals.h"
#include "plugin_validation.h"
#include "relay_start_internal.h"
#include "replica_identity.h"
#include "replication_slot.h"
#include "resume_mode.h"
#include "server_history.h"
#include "signals.h"
#include "snapshot_coordinator.h"
#include "snapshot_targets.h"

#define STATUS_INTERVAL_MAX_MS 10000
/* A write of progress looks at signals that often. */
#define PROGRESS_SLICE_MS 1500
#define CLEANUP_CONNECT_MS 5000
/* The brokers end what the last relay had open before they let us begin. */
#define FENCE_MS 10000
#define TAKEOVER_MS 5000
#define TAKEOVER_STEP_MS 20
#define SNAPSHOT_SLOT_PREFIX "wal2kafka_snapshot_"

static bool
wants_takeover(const Relay *relay)
{
	return relay->settings.takeover && !relay->took_over;
}

/* --takeover: whoever reads from the slot loses it. */
static bool
end_user(Start *start, Error *error)
{
	Relay *relay = start->relay;
	int64_t end_ms = clock_monotonic_ms() + TAKEOVER_MS;
	char sql[80];

	log_warning(relay->log, "taking replication slot \"%s\" over from PID %d", relay->slot_name,
				start->slot.active_pid);
	snprintf(sql, sizeof(sql), "SELECT pg_catalog.pg_terminate_backend(%d)", start->slot.active_pid);
	if (!pg_session_command(start->conn, sql, (PgPatience){0}, "could not take the slot over", error))
		return false;
	while (start->slot.active_pid != 0 && clock_monotonic_ms() < end_ms && !signals_stop_requested())
	{
		signals_sleep_ms(TAKEOVER_STEP_MS);
		if (!replication_slot_find(start->conn, relay->slot_name, &start->slot, error))
			return false;
	}
	return start->slot.active_pid == 0;
}

/* A snapshot alone needs no slot; exactly once it writes under the same name, though. */
static bool
needs_lock(const Relay *relay)
{
	return relay->settings.exactly_once || (resume_snapshot_mode(relay->config) != RESUME_SNAPSHOT_INITIAL_ONLY &&
											resume_snapshot_mode(relay->config) != RESUME_SNAPSHOT_ALWAYS_ONLY);
}

static bool
lock(Start *start, Error *error)
{
	bool locked = true;

	if (needs_lock(start->relay) && !replication_slot_lock(start->conn, start->relay->slot_name, &locked, error))
		return false;
	return locked ||
		   error_set(error, ERROR_RETRY, "replication slot \"%s\" is in use by another relay", start->relay->slot_name);
}

/* Server and slot as they are now; not while somebody else uses the slot. */
static bool
look(Start *start, Error *error)
{
	Relay *relay = start->relay;

	if (!server_identify(start->conn, &start->server, error) ||
		!replication_slot_find(start->conn, relay->slot_name, &start->slot, error))
		return false;
	if (relay->settings.endpos_now && relay->endpos_lsn == 0)
		relay->endpos_lsn = start->server.wal_end;
	if (!start->slot.exists || resume_snapshot_mode(relay->config) == RESUME_SNAPSHOT_INITIAL_ONLY ||
		resume_snapshot_mode(relay->config) == RESUME_SNAPSHOT_ALWAYS_ONLY)
		return true;
	if (!replication_slot_check(&start->slot, relay->slot_name, start->server.database, error))
		return false;
	return start->slot.active_pid == 0 || (wants_takeover(relay) && end_user(start, error)) ||
		   error_set(error, ERROR_RETRY, "replication slot \"%s\" is in use by PID %d", relay->slot_name,
					 start->slot.active_pid);
}

static bool
connect_and_look(Start *start, Error *error)
{
	const PgPatience patience = {0};

	start->conn = pg_session_connect(start->relay->config, true, patience, error);
	return start->conn != NULL && look(start, error) && lock(start, error);
}

bool
start_make_sink(Start *start, bool for_snapshot, Error *error)
{
	Relay *relay = start->relay;
	char *name = memory_printf("wal2kafka-%s-%s-%s-%" PRIu64, config_text(relay->config, OPT_TOPIC_PREFIX),
							   relay->slot_name, start->server.database, start->server.system_identifier);
	const SinkIdentity identity = {.name = name, .for_snapshot = for_snapshot};

	if (relay->sink != NULL)
		relay->sink->methods->free(relay->sink);
	notifications_sink_lost(relay->notifications, false);
	relay->sink = relay->settings.make_sink(relay->settings.make_sink_arg, &identity, error);
	free(name);
	return relay->sink != NULL && relay->sink->methods->fence(relay->sink, FENCE_MS, error);
}

static bool
fence(Start *start, Error *error)
{
	return !start->relay->settings.exactly_once || start_make_sink(start, false, error);
}

static void
forget_progress(Relay *relay)
{
	progress_free(relay->progress_topic);
	relay->progress_topic = NULL;
	relay->progress_known = false;
}

/*
 * What earlier runs delivered: once a process, since then relay->progress
 * knows better, unless others_were_at_work(); exactly once it never does.
 */
static bool
read_progress(Start *start, int timeout_ms, Error *error)
{
	Relay *relay = start->relay;
	const ProgressReading how = {.timeout_ms = timeout_ms,
								 .to_high_watermark = true,
								 .hidden = relay->settings.exactly_once ? NULL : &relay->progress_hidden};
	const ProgressNames names = {.prefix = config_text(relay->config, OPT_TOPIC_PREFIX),
								 .slot_name = relay->slot_name,
								 .system_identifier = start->server.system_identifier,
								 .database = start->server.database};
	bool found = false;

	if (!relay->settings.sink_keeps_progress || (relay->progress_topic != NULL && !relay->settings.exactly_once))
		return true;
	start->progress_is_new = true;
	progress_free(relay->progress_topic);
	relay->progress_hidden = false;
	relay->progress_topic =
		progress_new(relay->settings.make_progress(relay->settings.make_sink_arg), &names, relay->log);
	if (progress_read(relay->progress_topic, &how, &relay->progress, &found, &relay->progress_of_other_system, error))
	{
		relay->progress_known = found;
		if (!found)
			memset(&relay->progress, 0, sizeof(relay->progress));
		return true;
	}
	forget_progress(relay);
	return false;
}

/* We never confirm what relay->progress does not say, so whoever did has progress, limits and signals of its own. */
static bool
others_were_at_work(const Start *start)
{
	const Relay *relay = start->relay;

	return relay->progress_topic != NULL && !relay->settings.exactly_once && !start->progress_is_new &&
		   relay->progress_known && relay->progress.end_lsn != 0 && start->slot.exists &&
		   start->slot.confirmed_flush_lsn > relay->progress.end_lsn;
}

/* With nothing of ours on its way, so that what is read is all there is. */
static bool
read_progress_again(Start *start, int timeout_ms, Error *error)
{
	Relay *relay = start->relay;

	if (!others_were_at_work(start))
		return true;
	if (!relay_sink_flush(relay, timeout_ms, error))
		return false;
	log_info(relay->log,
			 "replication slot \"%s\" is confirmed up to " LSN_FORMAT ", beyond our " LSN_FORMAT
			 ": reading again what is stored",
			 relay->slot_name, LSN_ARGS(start->slot.confirmed_flush_lsn), LSN_ARGS(relay->progress.end_lsn));
	lsn_tracker_free(relay->tracker);
	relay->tracker = NULL;
	relay->cut_count = 0;
	incremental_unload(relay->incremental);
	relay_signals_reset(relay);
	forget_progress(relay);
	return read_progress(start, timeout_ms, error);
}

static bool
load_signals(const Relay *relay)
{
	const char *json = relay->progress_topic != NULL ? progress_stored_signals(relay->progress_topic) : NULL;

	incremental_load(relay->incremental, json);
	return true;
}

static bool
decide(Start *start, Error *error)
{
	Relay *relay = start->relay;
	ResumeInput input = {
		.slot_name = relay->slot_name,
		.slot_exists = start->slot.exists,
		.slot_lost = start->slot.lost,
		.slot_confirmed_lsn = start->slot.confirmed_flush_lsn,
		.slot_limit_lsn = relay_limit_known(relay),
		.server_wal_end = start->server.wal_end,
		.server_timeline = start->server.timeline,
		.sink_keeps_progress = relay->settings.sink_keeps_progress,
		.progress = relay->progress_known ? &relay->progress : NULL,
		.progress_of_other_system = relay->progress_of_other_system,
		.ignore_partial = relay->ignore_partial,
		.snapshot_mode = resume_snapshot_mode(relay->config),
		.snapshot_taken = relay->snapshot_taken,
		.exactly_once = relay->settings.exactly_once,
		.accept_gap = relay->settings.accept_gap,
		.start_at_slot = relay->settings.start_at_slot,
		.accept_new_system = relay->settings.accept_new_system,
	};

	incremental_server_ends(relay->incremental, start->server.wal_end);
	start_find_cut(start);
	input.snapshot_begun = start->cut_begun;
	input.resumable_lsn = start->cut != NULL ? start->cut->stream_lsn : 0;

	if (!server_history_compare(start->conn, &start->server, &input, error))
		return false;
	if (!resume_plan(&input, &start->plan, error))
		return false;
	if (start->plan.other_history)
		incremental_server_ends(relay->incremental, start->plan.history_lsn);
	if (start->plan.warning[0] != '\0')
		log_warning(relay->log, "%s", start->plan.warning);
	return true;
}

/* Waits until a sink that was too slow has delivered what it holds. */
static bool
wait_for_sink(Relay *relay, Error *error)
{
	const SinkMethods *methods = relay->sink->methods;

	log_warning(relay->log, "waiting to write progress: %s", error->message);
	while (!methods->flush(relay->sink, PROGRESS_SLICE_MS, relay_report, relay, error))
	{
		if (error->kind != ERROR_RETRY || signals_stop_requested())
			return false;
		if (!relay_sink_poll(relay, 0, error)) /* broken, not slow */
			return false;
	}
	return true;
}

bool
start_write_progress(Relay *relay, Error *error)
{
	relay->progress_known = true;
	if (relay->progress_topic == NULL)
		return true;
	while (!progress_write_now(relay->progress_topic, relay->sink, &relay->progress, PROGRESS_SLICE_MS, relay_report,
							   relay, error))
		if (error->kind != ERROR_RETRY || signals_stop_requested() || !wait_for_sink(relay, error))
			return false;
	return true;
}

/* Was the slot, if any, there before the snapshot? */
static bool
keeps_slot(const Start *start)
{
	return start->plan.action == RESUME_STREAM || (start->plan.action == RESUME_SNAPSHOT_ONLY && start->slot.exists);
}

bool
start_makes_slot(const Start *start)
{
	return start->plan.action == RESUME_CREATE_SLOT || start->plan.action == RESUME_RECREATE_SLOT;
}

/*
 * A snapshot is about to begin: whoever finds this knows that streaming alone
 * would leave holes.  Exactly once, also of a slot: that it is ours, and new.
 */
static bool
record_intent(Start *start, Error *error)
{
	Relay *relay = start->relay;

	if (start->plan.resume_snapshot)
		return true; /* recorded, and what is known of the snapshot stands behind that record */
	free(relay->snapshot_state);
	relay->snapshot_state = NULL;
	if (relay->progress_topic != NULL)
		progress_drop_snapshot(relay->progress_topic);
	memset(&relay->progress, 0, sizeof(relay->progress));
	relay->progress.snapshot = start->plan.take_snapshot ? SNAPSHOT_PLANNED : SNAPSHOT_NONE;
	relay->progress.snapshot_on_old_slot = start->plan.take_snapshot && keeps_slot(start);
	relay->progress.timeline = start->server.timeline;
	return start_write_progress(relay, error);
}

static bool
create_slot(Start *start, CreatedSlot *created, Error *error)
{
	Relay *relay = start->relay;
	const SlotRequest request = {
		.name = relay->slot_name,
		.export_snapshot = start->plan.take_snapshot,
		.failover = config_bool(relay->config, OPT_SLOT_FAILOVER),
	};

	if (request.failover && PQserverVersion(start->conn) < FAILOVER_VERSION)
		log_warning(relay->log, "slot.failover has no effect: the server is older than PostgreSQL 17");
	if (start->plan.action == RESUME_RECREATE_SLOT && !replication_slot_drop(start->conn, relay->slot_name, error))
		return false;
	if (!replication_slot_create(start->conn, &request, created, error))
		return false;
	start->plan.start_lsn = created->consistent_lsn;
	log_info(relay->log, "created replication slot \"%s\" at " LSN_FORMAT, relay->slot_name,
			 LSN_ARGS(created->consistent_lsn));
	return true;
}

/*
 * A snapshot beside an existing slot needs a position that fits it exactly: a
 * transaction whose commit is written but not yet visible would be missed by a
 * snapshot and by a stream from the server's position.  A temporary slot gives
 * both.
 */
static bool
create_snapshot_slot(Start *start, CreatedSlot *created, Error *error)
{
	char name[64];
	const SlotRequest request = {.name = name, .export_snapshot = true, .temporary = true};

	snprintf(name, sizeof(name), SNAPSHOT_SLOT_PREFIX "%d", PQbackendPID(start->conn));
	return replication_slot_create(start->conn, &request, created, error);
}

static bool
prepare_slot(Start *start, Error *error)
{
	CreatedSlot created = {0};
	const Relay *relay = start->relay;

	if (start->plan.action != RESUME_SNAPSHOT_ONLY && !replica_identity_set(start->relay, error))
		return false;
	if (start->plan.take_snapshot)
		signals_sleep_ms((int) config_int(start->relay->config, OPT_SNAPSHOT_DELAY_MS));
	if (start->plan.take_snapshot && !snapshot_prepare(start->relay, error))
		return false;
	if (!plugin_validate(start->relay->config, (PgPatience){0}, error))
		return false;
	if ((start->plan.take_snapshot || (start_makes_slot(start) && relay->settings.exactly_once)) &&
		!record_intent(start, error))
		return false;
	if (start_makes_slot(start) && !create_slot(start, &created, error))
		return false;
	if (start->plan.take_snapshot && relay->settings.exactly_once && !start_make_sink(start, true, error))
		return false;
	if (start->plan.skip_to_snapshot && !create_snapshot_slot(start, &created, error))
		return false;
	return !start->plan.take_snapshot || start_take_snapshot(start, &created, error);
}

/* Progress and tracker from now on speak of this stream. */
static void
adopt_plan(Start *start)
{
	Relay *relay = start->relay;

	if (relay->progress.end_lsn != start->plan.start_lsn)
		relay->progress.commit_lsn = relay->progress.xid = 0;
	relay->progress.end_lsn = start->plan.start_lsn;
	relay->progress.last_commit_end_lsn = start->plan.last_commit_end_lsn;
	relay->progress.timeline = start->server.timeline;
	if (start->plan.skip_count == 0)
	{
		relay->progress.partial.commit_lsn = 0;
		relay->progress.partial.count = 0;
	}
	relay->progress_known = true;
	lsn_tracker_free(relay->tracker);
	relay->tracker = lsn_tracker_new(start->plan.start_lsn);
	relay->values.server_lsn = start->plan.start_lsn;
}

static char *
stream_config(const Relay *relay, const ResumePlan *plan)
{
	const char *extra[9] = {"internal.run.id", relay->run_id};
	char last_commit[24];
	char skip[64];
	size_t count = 2;

	if (!relay->no_packs)
	{
		extra[count++] = "internal.packs";
		extra[count++] = "true";
	}
	if (plan->last_commit_end_lsn != 0)
	{
		snprintf(last_commit, sizeof(last_commit), "%" PRIu64, plan->last_commit_end_lsn);
		extra[count++] = "internal.last.commit.lsn";
		extra[count++] = last_commit;
	}
	if (plan->skip_count != 0)
	{
		snprintf(skip, sizeof(skip), "%" PRIu64 ":%" PRIu64, plan->skip_commit_lsn, plan->skip_count);
		extra[count++] = "internal.skip.events";
		extra[count++] = skip;
	}
	extra[count] = NULL;
	return config_plugin_json(relay->config, extra);
}

/* Often enough for the server, too, which gives up on a silent client after wal_sender_timeout. */
static int
status_interval(const Start *start)
{
	int64_t interval_ms = config_int(start->relay->config, OPT_STATUS_UPDATE_INTERVAL_MS);
	int server_ms = start->server.wal_sender_timeout_ms / 3;

	if (interval_ms > STATUS_INTERVAL_MAX_MS)
		interval_ms = STATUS_INTERVAL_MAX_MS;
	if (server_ms > 0 && interval_ms > server_ms)
		interval_ms = server_ms;
	return (int) interval_ms;
}

/*
 * Exactly once: a position that is not the stored one, because the slot is new
 * or the user has accepted it, is stored before anything follows it.  At least
 * once that the slot stands beyond what was confirmed, or may soon do.
 */
static bool
store_position(Start *start, const Progress *stored, uint64_t limit_lsn, Error *error)
{
	const Progress *now = &start->relay->progress;
	bool surprises = (limit_lsn != 0 && now->end_lsn > limit_lsn) || (stored->slot_limited && !now->slot_limited);

	if (!start->relay->settings.exactly_once && !surprises)
		return true;
	if (start->relay->settings.exactly_once && (stored->end_lsn == now->end_lsn && stored->timeline == now->timeline &&
												stored->end_lsn != 0 && stored->partial.count == now->partial.count))
		return true;
	return start_write_progress(start->relay, error);
}

/* A plugin older than packs is asked again without. Returns false. */
static bool
without_packs(Relay *relay, Error *error)
{
	if (error->kind == ERROR_CONFIG && !relay->no_packs && strstr(error->message, "\"internal.packs\"") != NULL)
	{
		relay->no_packs = true;
		error->kind = ERROR_RETRY;
	}
	return false;
}

static bool
start_stream(Start *start, StartedStream *started, Error *error)
{
	Relay *relay = start->relay;
	const Progress stored = relay->progress;
	uint64_t limit_lsn = relay_limit_known(relay);
	char *config;

	if (start->plan.action == RESUME_SNAPSHOT_ONLY)
		return true;
	adopt_plan(start);
	relay_limit_begin(relay, start_makes_slot(start) ? start->plan.start_lsn : start->slot.confirmed_flush_lsn);
	if (!store_position(start, &stored, limit_lsn, error))
		return false;
	started->plan = start->plan;
	started->status_interval_ms = status_interval(start);
	if (!relay->snapshot_told)
		notify_initial_skipped(relay->notifications);
	relay->snapshot_told = true;
	if (relay->endpos_lsn != 0 && start->plan.start_lsn >= relay->endpos_lsn)
		return true;
	config = stream_config(relay, &start->plan);
	started->stream = replication_stream_start(start->conn, relay->slot_name, start->plan.start_lsn, config, error);
	start->conn = NULL;
	free(config);
	if (started->stream == NULL)
		return without_packs(relay, error);
	relay->took_over = true;
	log_info(relay->log, "streaming from replication slot \"%s\" at " LSN_FORMAT, relay->slot_name,
			 LSN_ARGS(start->plan.start_lsn));
	return true;
}

bool
relay_start(Relay *relay, int progress_timeout_ms, StartedStream *started, Error *error)
{
	Start start = {.relay = relay};
	bool done;

	memset(started, 0, sizeof(*started));
	done = connect_and_look(&start, error) && fence(&start, error) &&
		   read_progress(&start, progress_timeout_ms, error) &&
		   look(&start, error) && /* until the fence another relay may have been at work */
		   read_progress_again(&start, progress_timeout_ms, error) && load_signals(relay) && decide(&start, error) &&
		   prepare_slot(&start, error) && start_take_blocking(&start, error) && start_stream(&start, started, error);
	/* another relay may be at work before the next try */
	if (!done && relay->tracker == NULL && !relay->snapshot_taken)
		forget_progress(relay);
	PQfinish(start.conn);
	snapshot_state_free(start.cut);
	return done;
}

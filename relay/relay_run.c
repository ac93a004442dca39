/*
 * relay_run.c
 *	  One recovery for everything: settle what is outstanding, back off, run
 *	  the start procedure again.
 */
#include "relay_run.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sys/random.h>

#include "clock.h"
#include "incremental_snapshot.h"
#include "memory.h"
#include "pg_session.h"
#include "relay_loop.h"
#include "relay_signals.h"
#include "relay_start.h"
#include "replication_slot.h"
#include "signals.h"

#define BACK_OFF_FIRST_MS 100
#define PROGRESS_READ_FIRST_MS 2000
#define PROGRESS_READ_LAST_MS 5000
#define SETTLE_POLL_MS 200
#define STOP_FLUSH_MS 5000
#define FORGET_MS 5000
#define CLEANUP_CONNECT_MS 5000
/* A stream that lived so long was a good one: the next pause is short again. */
#define GOOD_STREAM_MS 2000
/* One that lived so long, or delivered something, was the end of the trouble before: the same again is news. */
#define LONG_STREAM_MS 60000

typedef struct Run
{
	Relay *relay;
	int back_off_ms;
	int progress_timeout_ms;
	char trouble[sizeof(((Error *) 0)->message)]; /* the last reason logged; "": none */
	int64_t started_ms;							  /* of the last stream */
	uint64_t delivered_before;					  /* records, when it began */
} Run;

/* UUID version 7: milliseconds since 1970, then random bits. */
static void
make_run_id(char *run_id)
{
	uint64_t now_ms = (uint64_t) (clock_wall_us() / 1000);
	unsigned char id[16];

	if (getrandom(id, sizeof(id), 0) != (ssize_t) sizeof(id))
		memset(id, 0, sizeof(id)); /* cannot happen for 16 bytes; the time still tells runs apart */
	for (int i = 0; i < 6; i++)
		id[i] = (unsigned char) (now_ms >> (8 * (5 - i)));
	id[6] = (unsigned char) (0x70 | (id[6] & 0x0F));
	id[8] = (unsigned char) (0x80 | (id[8] & 0x3F));
	snprintf(run_id, RUN_ID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", id[0], id[1],
			 id[2], id[3], id[4], id[5], id[6], id[7], id[8], id[9], id[10], id[11], id[12], id[13], id[14], id[15]);
}

/* Are two messages the same but for their numbers (ports, process ids, LSNs)? */
static bool
same_reason(const char *left, const char *right)
{
	for (;;)
	{
		while (isxdigit((unsigned char) *left))
			left++;
		while (isxdigit((unsigned char) *right))
			right++;
		if (*left != *right)
			return false;
		if (*left == '\0')
			return true;
		left++;
		right++;
	}
}

/* One line for each change of state, not for each attempt. */
static void
log_trouble(Run *run, LoopEnd end, const Error *error)
{
	Relay *relay = run->relay;

	if (same_reason(run->trouble, error->message))
		log_debug(relay->log, "%s", error->message);
	else if (end == LOOP_SINK_AWAY)
		log_warning(relay->log, "%s is not available, closed the connection to PostgreSQL until it is: %s",
					relay->settings.sink_name, error->message);
	else
		log_warning(relay->log, "%s; trying again", error->message);
	snprintf(run->trouble, sizeof(run->trouble), "%s", error->message);
}

static void
connected(Run *run)
{
	run->progress_timeout_ms = PROGRESS_READ_FIRST_MS;
	run->started_ms = clock_monotonic_ms();
	run->delivered_before = run->relay->values.records_delivered;
	run->relay->values.connected = true;
}

static bool
have_sink(Relay *relay, Error *error)
{
	relay->sink_broken = false;
	if (relay->settings.exactly_once)
		return true; /* the start procedure makes it, once it may */
	if (relay->sink == NULL)
		relay->sink = relay->settings.make_sink(relay->settings.make_sink_arg, NULL, error);
	return relay->sink != NULL;
}

/*
 * A sink of no more use goes, and with it its reports: what they would have
 * told is sent again.
 */
static void
drop_broken_sink(Relay *relay)
{
	if (!relay->sink_broken || relay->sink == NULL)
		return;
	relay->sink->methods->free(relay->sink);
	relay->sink = NULL;
	notifications_sink_lost(relay->notifications, !relay->settings.exactly_once);
	lsn_tracker_free(relay->tracker);
	relay->tracker = NULL;
	relay->cut_count = 0;
}

/*
 * Exactly once a disk that is full stays so for a new sink, which would have
 * the same changes read again and again: the old one goes when there is room.
 */
static bool
wait_for_room(Relay *relay, Error *error)
{
	bool good = true;

	while (good && relay->sink->no_room && !signals_stop_requested())
	{
		relay_wait(relay, -1, 0, SETTLE_POLL_MS);
		good = relay_sink_poll(relay, 0, error);
		relay_publish(relay, clock_monotonic_ms());
	}
	return good || error->kind == ERROR_RETRY;
}

/*
 * Waits until all records of the old stream are reported, so that what is sent
 * again cannot overtake them; with need_available also until the sink takes
 * records again.
 */
static bool
settle(Relay *relay, bool need_available, Error *error)
{
	const char *why;
	bool good = true;

	while (good && relay->tracker != NULL && !relay->sink_broken && !signals_stop_requested())
	{
		bool waiting = lsn_tracker_outstanding(relay->tracker) > 0 ||
					   (need_available && !relay->sink->methods->available(relay->sink, &why));

		if (!waiting)
			break;
		relay_wait(relay, -1, 0, SETTLE_POLL_MS);
		good = relay_sink_poll(relay, 0, error);
		relay_note_progress(relay);
		relay_publish(relay, clock_monotonic_ms());
	}
	if (relay->tracker != NULL && relay->sink_broken)
		relay_note_progress(relay);
	else if (relay->tracker != NULL)
		relay_note_cut(relay);
	drop_broken_sink(relay);
	return good || error->kind == ERROR_RETRY;
}

static void
back_off(Run *run)
{
	int longest_ms = (int) config_int(run->relay->config, OPT_SLOT_RETRY_DELAY_MS);

	signals_sleep_ms(run->back_off_ms < longest_ms ? run->back_off_ms : longest_ms);
	run->back_off_ms = run->back_off_ms * 2 < longest_ms ? run->back_off_ms * 2 : longest_ms;
	run->progress_timeout_ms *= 2;
	if (run->progress_timeout_ms > PROGRESS_READ_LAST_MS)
		run->progress_timeout_ms = PROGRESS_READ_LAST_MS;
}

/* slot.drop.on.stop, after a clean end. */
static void
drop_slot(Relay *relay, ReplicationStream *stream)
{
	const PgPatience patience = {.timeout_ms = CLEANUP_CONNECT_MS, .despite_stop = true};
	PGconn *own = stream == NULL ? pg_session_connect(relay->config, true, patience, &(Error){0}) : NULL;
	PGconn *conn = stream == NULL ? own : replication_stream_connection(stream);
	Error error;

	if (conn == NULL)
		log_warning(relay->log, "could not drop replication slot \"%s\": no connection to PostgreSQL",
					relay->slot_name);
	else if (!replication_slot_drop(conn, relay->slot_name, &error))
		log_warning(relay->log, "%s", error.message);
	else
	{
		log_info(relay->log, "dropped replication slot \"%s\"", relay->slot_name);
		if (relay->progress_topic != NULL && relay->sink != NULL &&
			!progress_forget(relay->progress_topic, relay->sink, FORGET_MS, relay_report, relay, &error))
			log_warning(relay->log, "could not remove stored progress: %s", error.message);
	}
	PQfinish(own);
}

/* Streams once. LOOP_STOPPED: the end, all done. */
static LoopEnd
attempt(Run *run, Error *error)
{
	Relay *relay = run->relay;
	LoopEnd end = LOOP_STOPPED;
	bool lost = true;
	StartedStream started;

	if (!have_sink(relay, error) || !relay_start(relay, run->progress_timeout_ms, &started, error))
		return error->kind == ERROR_RETRY ? LOOP_LOST : LOOP_FAILED;
	connected(run);
	if (started.stream != NULL)
		end = relay_loop(relay, started.stream, &started.plan, started.status_interval_ms, &lost, error);
	relay->values.connected = false;
	if (end == LOOP_STOPPED && config_bool(relay->config, OPT_SLOT_DROP_ON_STOP))
		drop_slot(relay, lost ? NULL : started.stream);
	replication_stream_free(started.stream);
	return end;
}

/* A stop while no stream is open: deliver and store what there is. */
static void
stop_without_stream(Relay *relay)
{
	Error error;

	/* exactly once, what is not stored with its progress is taken back */
	if (relay->sink == NULL || relay->tracker == NULL || relay->settings.exactly_once)
		return;
	if (!relay_notify(relay, &error) || !relay_sink_flush(relay, STOP_FLUSH_MS, &error))
	{
		log_warning(relay->log, "stopping with records not delivered, they will be sent again: %s", error.message);
		return;
	}
	relay_note_cut(relay);
	if (relay->progress_topic != NULL && relay->progress_known && relay->progress.snapshot != SNAPSHOT_PLANNED &&
		!progress_write_now(relay->progress_topic, relay->sink, &relay->progress, STOP_FLUSH_MS, relay_report, relay,
							&error))
		log_warning(relay->log, "could not write progress: %s", error.message);
}

/* Was the stream that has ended, if one began, a good one? */
static void
judge_stream(Run *run)
{
	int64_t lived_ms = clock_monotonic_ms() - run->started_ms;

	if (run->started_ms == 0)
		return;
	if (lived_ms > GOOD_STREAM_MS)
		run->back_off_ms = BACK_OFF_FIRST_MS;
	if (lived_ms > LONG_STREAM_MS || run->relay->values.records_delivered != run->delivered_before)
		run->trouble[0] = '\0';
	run->started_ms = 0;
}

/* After an attempt that did not end it all: what to say, to wait for and to try next. */
static bool
recover(Run *run, LoopEnd end, Error *error)
{
	Relay *relay = run->relay;
	bool waits_for_room = relay->settings.exactly_once && end == LOOP_SINK_AWAY && relay->sink->no_room;

	relay_publish(relay, clock_monotonic_ms());
	if (end == LOOP_AGAIN)
	{
		log_warning(relay->log, "options have changed since a transaction was delivered in part; "
								"that part is delivered again");
		relay->ignore_partial = true;
		return true;
	}
	relay->values.reconnects++;
	judge_stream(run);
	log_trouble(run, end, error);
	if (waits_for_room && !wait_for_room(relay, error))
		return false;
	/* exactly once, whatever went wrong: what is stored is asked anew, by a new sink */
	relay->sink_broken |= relay->settings.exactly_once;
	if (!settle(relay, end == LOOP_SINK_AWAY, error))
		return false;
	if (end == LOOP_SINK_AWAY && (!relay->settings.exactly_once || waits_for_room) && !signals_stop_requested())
		log_info(relay->log, "%s is available again", relay->settings.sink_name);
	else if (!signals_stop_requested())
		back_off(run);
	return true;
}

/* That a snapshot has failed, or that there was none and no stream either, is worth telling, though it is the end. */
static void
tell_last(Relay *relay)
{
	Error error;

	if (relay->sink == NULL || relay->sink_broken || relay->settings.exactly_once ||
		notifications_unreported(relay->notifications) == 0)
		return;
	if (!relay_notify(relay, &error) || !relay_sink_flush(relay, STOP_FLUSH_MS, &error))
		log_warning(relay->log, "could not send the last notifications: %s", error.message);
}

static bool
run_until_end(Run *run, Error *error)
{
	for (;;)
	{
		LoopEnd end = attempt(run, error);

		if (end == LOOP_STOPPED && notifications_waiting(run->relay->notifications) > 0)
			tell_last(run->relay);
		if (end == LOOP_STOPPED)
			return true;
		if (end == LOOP_SNAPSHOT)
			continue; /* the start procedure takes it */
		if (end == LOOP_FAILED)
		{
			tell_last(run->relay);
			return false;
		}
		if (!signals_stop_requested() && !recover(run, end, error))
			return false;
		if (signals_stop_requested())
		{
			stop_without_stream(run->relay);
			return true;
		}
	}
}

static void
relay_close(Relay *relay)
{
	relay_publish(relay, clock_monotonic_ms());
	relay_signals_free(relay);
	if (relay->sink != NULL)
		relay->sink->methods->free(relay->sink);
	incremental_free(relay->incremental);
	progress_free(relay->progress_topic);
	heartbeat_free(relay->heartbeat);
	notifications_free(relay->notifications);
	lsn_tracker_free(relay->tracker);
	free(relay->snapshot_state);
	free(relay->positioned);
}

bool
relay_run(const RelaySettings *settings, Error *error)
{
	const Config *config = settings->config;
	Relay relay = {
		.settings = *settings,
		.config = config,
		.log = settings->log,
		.slot_name = config_text(config, OPT_SLOT_NAME),
		.endpos_lsn = settings->endpos_lsn,
		.positioned =
			config_bool(config, OPT_POSITION_HEADERS_ENABLE) ? bytes_alloc_zero(1, sizeof(PositionedRecord)) : NULL,
		.never_confirm = strcmp(config_text(config, OPT_LSN_FLUSH_MODE), "manual") == 0 ||
						 !config_bool(config, OPT_FLUSH_LSN_SOURCE),
		.heartbeat = heartbeat_new(config, settings->log),
		.notifications = notifications_new(config, settings->log),
	};
	Run run = {.relay = &relay, .back_off_ms = BACK_OFF_FIRST_MS, .progress_timeout_ms = PROGRESS_READ_FIRST_MS};
	bool done;

	make_run_id(relay.run_id);
	relay.incremental = incremental_new(&relay);
	relay.work_fd = -1;
	done = run_until_end(&run, error);
	if (done)
		log_info(relay.log, "stopped at " LSN_FORMAT ", %" PRIu64 " records delivered",
				 LSN_ARGS(relay.progress.end_lsn), relay.values.records_delivered);
	relay_close(&relay);
	return done;
}

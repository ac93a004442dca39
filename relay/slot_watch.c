/*
 * slot_watch.c
 *	  Sample, judge, sleep.
 */
#include "slot_watch.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bytes.h"
#include "clock.h"
#include "pg_session.h"
#include "slot_judge.h"

#define QUERY_TIMEOUT_MS 5000

struct SlotWatch
{
	const Config *config;
	Logger *log;
	Metrics *metrics;
	void (*on_stuck)(void);
	SlotJudge *judge;
	PGconn *conn; /* NULL: to be opened */
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool ending;
};

static const PgPatience patience = {.timeout_ms = QUERY_TIMEOUT_MS};

enum
{
	WATCH_PID,
	WATCH_STATUS,
	WATCH_SAFE,
	WATCH_CURRENT,
	WATCH_CONFIRMED,
	WATCH_RESTART,
	WATCH_KEEP_MB,
	WATCH_WORK_MEM,
	WATCH_SPILLED_TRANSACTIONS,
	WATCH_SPILLED_BYTES,
	WATCH_HOLDER,
};

static const char watch_sql[] =
	"SELECT s.active_pid, s.wal_status, s.safe_wal_size, "
	"CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_flush_lsn() END, "
	"s.confirmed_flush_lsn, s.restart_lsn, "
	"(SELECT setting FROM pg_catalog.pg_settings WHERE name = 'max_slot_wal_keep_size'), "
	"current_setting('logical_decoding_work_mem'), t.spill_txns, t.spill_bytes, "
	"concat_ws(', ', nullif(a.application_name, ''), a.usename, host(a.client_addr), "
	"nullif(a.wait_event_type || ':' || a.wait_event, '')) "
	"FROM pg_catalog.pg_replication_slots s "
	"LEFT JOIN pg_catalog.pg_stat_replication_slots t ON t.slot_name = s.slot_name "
	"LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = s.active_pid "
	"WHERE s.slot_name = $1";

static int64_t
number(const PGresult *result, int column, int64_t missing)
{
	return PQgetisnull(result, 0, column) ? missing : strtoll(PQgetvalue(result, 0, column), NULL, 10);
}

static uint64_t
position(const PGresult *result, int column)
{
	uint64_t lsn;

	return !PQgetisnull(result, 0, column) && lsn_parse(PQgetvalue(result, 0, column), &lsn) ? lsn : 0;
}

static void
fill_sample(const PGresult *result, SlotSample *sample)
{
	int64_t keep_mb = number(result, WATCH_KEEP_MB, -1);

	memset(sample, 0, sizeof(*sample));
	sample->at_ms = clock_monotonic_ms();
	sample->active_pid = (int) number(result, WATCH_PID, 0);
	sample->safe_bytes = number(result, WATCH_SAFE, -1);
	sample->keep_bytes = keep_mb < 0 ? -1 : keep_mb * 1024 * 1024;
	sample->current_lsn = position(result, WATCH_CURRENT);
	sample->confirmed_lsn = position(result, WATCH_CONFIRMED);
	sample->restart_lsn = position(result, WATCH_RESTART);
	sample->spilled_transactions = (uint64_t) number(result, WATCH_SPILLED_TRANSACTIONS, 0);
	sample->spilled_bytes = (uint64_t) number(result, WATCH_SPILLED_BYTES, 0);
	snprintf(sample->wal_status, sizeof(sample->wal_status), "%s", PQgetvalue(result, 0, WATCH_STATUS));
	snprintf(sample->work_mem, sizeof(sample->work_mem), "%s", PQgetvalue(result, 0, WATCH_WORK_MEM));
	snprintf(sample->holder, sizeof(sample->holder), "%s", PQgetvalue(result, 0, WATCH_HOLDER));
}

/* False: no slot, or the server does not answer; the relay's own connection tells people about that. */
static bool
take_sample(SlotWatch *watch, SlotSample *sample)
{
	const char *slot_name = config_text(watch->config, OPT_SLOT_NAME);
	Error error = {.kind = ERROR_NONE};
	PGresult *result = NULL;
	bool found;

	if (watch->conn == NULL)
		watch->conn = pg_session_connect(watch->config, false, patience, &error);
	if (watch->conn != NULL)
		result =
			pg_session_query(watch->conn, watch_sql, 1, &slot_name, patience, "could not look at the slot", &error);
	if (result == NULL)
	{
		log_debug(watch->log, "%s", error.message);
		PQfinish(watch->conn);
		watch->conn = NULL;
		return false;
	}
	found = PQntuples(result) == 1;
	if (found)
		fill_sample(result, sample);
	PQclear(result);
	return found;
}

static void
say(void *arg, LogLevel level, const char *text)
{
	log_line(((SlotWatch *) arg)->log, level, "%s", text);
}

/* All that is known, for whoever has to find out why. */
static void
dump_state(const SlotWatch *watch, const SlotSample *sample, const MetricsValues *values)
{
	char *json = metrics_json(values);

	log_error(watch->log, "watchdog: WAL grows, and nothing has moved for %lld ms",
			  (long long) config_int(watch->config, OPT_WATCHDOG_TIMEOUT_MS));
	log_error(watch->log,
			  "watchdog: slot \"%s\": read by process %d (%s), confirmed " LSN_FORMAT ", restart " LSN_FORMAT
			  ", server at " LSN_FORMAT ", WAL %s",
			  config_text(watch->config, OPT_SLOT_NAME), sample->active_pid, sample->holder,
			  LSN_ARGS(sample->confirmed_lsn), LSN_ARGS(sample->restart_lsn), LSN_ARGS(sample->current_lsn),
			  sample->wal_status);
	log_error(watch->log, "watchdog: relay: %s", json);
	free(json);
}

static void
look(SlotWatch *watch)
{
	MetricsValues values = metrics_read(watch->metrics);
	SlotSample sample;
	SlotValues slot;

	if (!take_sample(watch, &sample))
		return;
	if (!slot_judge_sample(watch->judge, &sample, &values, &slot))
	{
		dump_state(watch, &sample, &values);
		watch->on_stuck();
	}
	metrics_publish_slot(watch->metrics, &slot);
}

/* False: it is time to end. */
static bool
sleep_until_next(SlotWatch *watch)
{
	int64_t pause_ms = config_int(watch->config, OPT_SLOT_WATCH_INTERVAL_MS);
	struct timespec until;
	bool ending;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += pause_ms / 1000;
	until.tv_nsec += pause_ms % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000)
	{
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&watch->lock);
	while (!watch->ending && pthread_cond_timedwait(&watch->wake, &watch->lock, &until) != ETIMEDOUT)
		;
	ending = watch->ending;
	pthread_mutex_unlock(&watch->lock);
	return !ending;
}

static void *
run(void *arg)
{
	SlotWatch *watch = arg;

	while (sleep_until_next(watch))
		look(watch);
	PQfinish(watch->conn);
	return NULL;
}

bool
slot_watch_new(const Config *config, Logger *log, Metrics *metrics, void (*on_stuck)(void), SlotWatch **watch,
			   Error *error)
{
	SlotWatch *made;
	pthread_condattr_t monotonic;
	int reason;

	*watch = NULL;
	if (config_int(config, OPT_SLOT_WATCH_INTERVAL_MS) == 0)
		return true;
	made = bytes_alloc_zero(1, sizeof(SlotWatch));
	made->config = config;
	made->log = log;
	made->metrics = metrics;
	made->on_stuck = on_stuck;
	made->judge =
		slot_judge_new(config_text(config, OPT_SLOT_NAME), config_int(config, OPT_WATCHDOG_TIMEOUT_MS), say, made);
	pthread_mutex_init(&made->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&made->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	reason = pthread_create(&made->thread, NULL, run, made);
	if (reason == 0)
	{
		*watch = made;
		return true;
	}
	slot_judge_free(made->judge);
	free(made);
	return error_set(error, ERROR_FAILED, "could not start a thread: %s", strerror(reason));
}

void
slot_watch_free(SlotWatch *watch)
{
	if (watch == NULL)
		return;
	pthread_mutex_lock(&watch->lock);
	watch->ending = true;
	pthread_cond_signal(&watch->wake);
	pthread_mutex_unlock(&watch->lock);
	pthread_join(watch->thread, NULL);
	pthread_cond_destroy(&watch->wake);
	pthread_mutex_destroy(&watch->lock);
	slot_judge_free(watch->judge);
	free(watch);
}

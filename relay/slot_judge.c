/*
 * slot_judge.c
 *	  Each worry has a level; only changes of level are said.
 */
#include "slot_judge.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

/* Samples in a row that make a trend, or that make a process idle. */
#define TREND_SAMPLES 6
/* Less lag than this is no trend. */
#define LAG_MIN (UINT64_C(16) * 1024 * 1024)
#define SPILL_PAUSE_MS 60000
/* The rate of WAL is smoothed over about so many samples. */
#define RATE_WEIGHT 4
#define MEGABYTE (1024.0 * 1024.0)

struct SlotJudge
{
	const char *slot_name;
	int64_t watchdog_ms;
	SlotSay say;
	void *arg;

	bool sampled; /* last is set */
	SlotSample last;
	double bytes_per_second; /* of WAL */

	int loss_level;
	int growing;	   /* samples in a row with more lag than before */
	uint64_t lag_said; /* 0: nothing was said */
	int idle;		   /* samples in a row in which another process confirmed nothing */
	bool idle_said;
	int64_t spill_said_ms;

	/* for the watchdog: when something moved, and how things stood */
	int64_t moved_ms;
	uint64_t moved_lsn;
	uint64_t counts[5];
};

SlotJudge *
slot_judge_new(const char *slot_name, int64_t watchdog_ms, SlotSay say, void *arg)
{
	SlotJudge *judge = bytes_alloc_zero(1, sizeof(SlotJudge));

	judge->slot_name = slot_name;
	judge->watchdog_ms = watchdog_ms;
	judge->say = say;
	judge->arg = arg;
	return judge;
}

void
slot_judge_free(SlotJudge *judge)
{
	free(judge);
}

static void __attribute__((format(printf, 3, 4))) tell(const SlotJudge *judge, LogLevel level, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	judge->say(judge->arg, level, text);
}

static uint64_t
distance(uint64_t from, uint64_t to)
{
	return to > from ? to - from : 0;
}

/* For people: 40 s, 25 min, 3.5 h. */
static const char *
duration(double seconds, char *buffer, size_t size)
{
	if (seconds < 120)
		snprintf(buffer, size, "%.0f s", seconds);
	else if (seconds < 7200)
		snprintf(buffer, size, "%.0f min", seconds / 60);
	else
		snprintf(buffer, size, "%.1f h", seconds / 3600);
	return buffer;
}

/* ---- WAL running out ---- */

static void
follow_rate(SlotJudge *judge, const SlotSample *sample)
{
	int64_t passed_ms = sample->at_ms - judge->last.at_ms;
	double rate;

	if (!judge->sampled || passed_ms <= 0)
		return;
	rate = (double) distance(judge->last.current_lsn, sample->current_lsn) * 1000 / (double) passed_ms;
	judge->bytes_per_second += (rate - judge->bytes_per_second) / RATE_WEIGHT;
}

/* Seconds until the slot is lost if it stands still; -1: never, or not known. */
static double
time_to_loss(const SlotJudge *judge, const SlotSample *sample)
{
	if (sample->safe_bytes < 0 || judge->bytes_per_second < 1)
		return -1;
	return (double) sample->safe_bytes / judge->bytes_per_second;
}

/* 0: no worry ... 3: close, 4: only luck keeps the WAL, 5: lost. */
static int
loss_level(const SlotSample *sample, double seconds)
{
	double left;

	if (strcmp(sample->wal_status, "lost") == 0)
		return 5;
	if (strcmp(sample->wal_status, "unreserved") == 0)
		return 4;
	if (sample->safe_bytes < 0 || sample->keep_bytes <= 0)
		return 0;
	left = (double) sample->safe_bytes / (double) sample->keep_bytes;
	if (left <= 0.1 || (seconds >= 0 && seconds < 60))
		return 3;
	if (left <= 0.25 || (seconds >= 0 && seconds < 600))
		return 2;
	return left <= 0.5 || (seconds >= 0 && seconds < 3600 && left <= 0.75) ? 1 : 0;
}

static void
judge_loss(SlotJudge *judge, const SlotSample *sample, double seconds)
{
	int level = loss_level(sample, seconds);
	char when[32];
	char time[64] = "";

	if (seconds >= 0)
		snprintf(time, sizeof(time), "in about %s ", duration(seconds, when, sizeof(when)));
	if (level == 5 && judge->loss_level < 5)
		tell(judge, LOG_ERROR, "replication slot \"%s\" has lost its WAL", judge->slot_name);
	else if (level == 4 && judge->loss_level < 4)
		tell(judge, LOG_WARNING,
			 "replication slot \"%s\" may lose its WAL at the next checkpoint: it is more than "
			 "max_slot_wal_keep_size (%.0f MB) behind",
			 judge->slot_name, (double) sample->keep_bytes / MEGABYTE);
	else if (level > judge->loss_level)
		tell(
			judge, LOG_WARNING,
			"replication slot \"%s\" loses its WAL %sif it does not advance: %.0f MB are left of max_slot_wal_keep_size "
			"(%.0f MB), WAL grows by %.1f MB/s; see why records are not delivered, or raise max_slot_wal_keep_size",
			judge->slot_name, time, (double) sample->safe_bytes / MEGABYTE, (double) sample->keep_bytes / MEGABYTE,
			judge->bytes_per_second / MEGABYTE);
	else if (level == 0 && judge->loss_level > 0)
		tell(judge, LOG_INFO, "replication slot \"%s\" is far from losing its WAL again", judge->slot_name);
	else if (level > 0 && level < judge->loss_level)
		return; /* better, but not well: the next worsening is said against the worst */
	judge->loss_level = level;
}

/* ---- spilling, lag, holders ---- */

static void
judge_spill(SlotJudge *judge, const SlotSample *sample)
{
	uint64_t transactions = distance(judge->last.spilled_transactions, sample->spilled_transactions);
	uint64_t bytes = distance(judge->last.spilled_bytes, sample->spilled_bytes);

	if (!judge->sampled || bytes == 0 ||
		(judge->spill_said_ms != 0 && sample->at_ms - judge->spill_said_ms < SPILL_PAUSE_MS))
		return;
	judge->spill_said_ms = sample->at_ms;
	tell(judge, LOG_WARNING,
		 "decoding for slot \"%s\" spilled %" PRIu64 " transactions (%.0f MB) to disk, which are larger than "
		 "logical_decoding_work_mem (server: %s); logical.decoding.work.mem raises it for this relay alone",
		 judge->slot_name, transactions, (double) bytes / MEGABYTE, sample->work_mem);
}

static void
judge_lag(SlotJudge *judge, const SlotSample *sample)
{
	uint64_t lag = distance(sample->confirmed_lsn, sample->current_lsn);
	uint64_t before = distance(judge->last.confirmed_lsn, judge->last.current_lsn);

	if (!judge->sampled)
		return;
	judge->growing = lag > before ? judge->growing + 1 : 0;
	if (judge->growing >= TREND_SAMPLES && lag >= LAG_MIN && lag >= 2 * judge->lag_said)
	{
		tell(judge, LOG_WARNING,
			 "replication slot \"%s\" falls behind: %.0f MB of WAL are not confirmed, and more each time",
			 judge->slot_name, (double) lag / MEGABYTE);
		judge->lag_said = lag;
	}
	else if (judge->lag_said != 0 && lag < judge->lag_said / 2)
	{
		tell(judge, LOG_INFO, "replication slot \"%s\" catches up: %.0f MB of WAL are not confirmed", judge->slot_name,
			 (double) lag / MEGABYTE);
		judge->lag_said = 0;
	}
}

/* While we stream, the slot is ours. */
static void
judge_holder(SlotJudge *judge, const SlotSample *sample, bool streaming)
{
	bool same = judge->sampled && sample->active_pid != 0 && sample->active_pid == judge->last.active_pid && !streaming;

	if (!same || sample->confirmed_lsn != judge->last.confirmed_lsn)
	{
		judge->idle = 0;
		judge->idle_said = false;
		return;
	}
	if (sample->current_lsn > sample->confirmed_lsn)
		judge->idle++;
	if (judge->idle < TREND_SAMPLES || judge->idle_said)
		return;
	judge->idle_said = true;
	tell(judge, LOG_WARNING,
		 "replication slot \"%s\" is held by process %d (%s), which confirms nothing while WAL grows; if it should not "
		 "be there: SELECT pg_terminate_backend(%d)",
		 judge->slot_name, sample->active_pid, sample->holder, sample->active_pid);
}

/* ---- the watchdog ---- */

static bool
nothing_moves(SlotJudge *judge, const SlotSample *sample, const MetricsValues *relay)
{
	const uint64_t counts[] = {sample->confirmed_lsn, relay->records_delivered, relay->bytes, relay->server_lsn,
							   relay->snapshot_rows};

	if (!judge->sampled || memcmp(counts, judge->counts, sizeof(counts)) != 0)
	{
		memcpy(judge->counts, counts, sizeof(counts));
		judge->moved_lsn = sample->current_lsn;
		judge->moved_ms = sample->at_ms;
	}
	else if (sample->current_lsn == judge->moved_lsn)
		judge->moved_ms = sample->at_ms; /* no WAL since, so nothing had to move */
	return judge->watchdog_ms > 0 && sample->current_lsn > judge->moved_lsn &&
		   sample->at_ms - judge->moved_ms >= judge->watchdog_ms;
}

bool
slot_judge_sample(SlotJudge *judge, const SlotSample *sample, const MetricsValues *relay, SlotValues *values)
{
	double seconds;
	bool stuck;

	follow_rate(judge, sample);
	seconds = time_to_loss(judge, sample);
	judge_loss(judge, sample, seconds);
	judge_spill(judge, sample);
	judge_lag(judge, sample);
	judge_holder(judge, sample, relay->connected);
	stuck = nothing_moves(judge, sample, relay);
	*values = (SlotValues){
		.known = true,
		.lag_bytes = distance(sample->confirmed_lsn, sample->current_lsn),
		.retained_bytes = distance(sample->restart_lsn, sample->current_lsn),
		.safe_bytes = sample->safe_bytes,
		.seconds_to_loss = seconds,
		.spilled_transactions = sample->spilled_transactions,
		.spilled_bytes = sample->spilled_bytes,
	};
	judge->last = *sample;
	judge->sampled = true;
	return !stuck;
}

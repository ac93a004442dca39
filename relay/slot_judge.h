/*
 * slot_judge.h
 *	  What the server says of the slot, sample by sample, to warnings before it
 *	  hurts.  Pure: no clock, no connection.
 */
#ifndef SLOT_JUDGE_H
#define SLOT_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

#include "log.h"
#include "metrics.h"

#define SLOT_HOLDER_SIZE 128

/* One look at the slot. */
typedef struct SlotSample
{
	int64_t at_ms; /* monotonic */
	int active_pid;
	char holder[SLOT_HOLDER_SIZE]; /* of the process that reads the slot: application, address, what it waits for */
	char wal_status[16];		   /* "" where the server does not say */
	char work_mem[16];			   /* the server's logical_decoding_work_mem, with its unit */
	uint64_t current_lsn;
	uint64_t confirmed_lsn;
	uint64_t restart_lsn;
	int64_t safe_bytes; /* may be written before the slot is lost; -1: no limit, or lost */
	int64_t keep_bytes; /* max_slot_wal_keep_size; -1: no limit */
	uint64_t spilled_transactions;
	uint64_t spilled_bytes;
} SlotSample;

typedef struct SlotJudge SlotJudge;

/* Takes one line for the log. */
typedef void (*SlotSay)(void *arg, LogLevel level, const char *text);

/* The slot's name is borrowed. watchdog_ms 0: never expires. */
extern SlotJudge *slot_judge_new(const char *slot_name, int64_t watchdog_ms, SlotSay say, void *arg);
extern void slot_judge_free(SlotJudge *judge);

/*
 * Looks at the next sample and at what the relay counts; says what is new
 * about it: WAL running out (with the time left), decoding that spills to
 * disk, lag that grows, another process that holds the slot and does nothing.
 * Fills *values for the metrics.  False: WAL grew and nothing moved, neither
 * the slot nor anything in the relay, for watchdog_ms.
 */
extern bool slot_judge_sample(SlotJudge *judge, const SlotSample *sample, const MetricsValues *relay,
							  SlotValues *values);

#endif

/*
 * resume_plan.h
 *	  Slot state and stored progress to what a start has to do.  Pure.
 *
 * The rows are those of the table in docs/architecture.md.  Exactly once has
 * rows of its own before them: what would lose or repeat something is refused
 * unless the user has accepted it.
 */
#ifndef RESUME_PLAN_H
#define RESUME_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "frame_reader.h"

typedef enum SnapshotState
{
	SNAPSHOT_NONE,	  /* none was wanted */
	SNAPSHOT_PLANNED, /* intended or begun, not known to be complete */
	SNAPSHOT_DONE,
} SnapshotState;

/* What is known to be delivered; the value of a progress record. */
typedef struct Progress
{
	uint64_t end_lsn;			  /* confirmed up to here; 0: nothing streamed yet */
	uint64_t commit_lsn;		  /* commit record of the transaction that end_lsn ends; 0: a keepalive */
	uint64_t last_commit_end_lsn; /* first element of source.sequence; 0: none yet */
	uint32_t xid;				  /* of that transaction: does the server know it? 0: not known */
	int64_t commit_time_us;		  /* since 1970, of the last commit before end_lsn; 0: not known */
	uint32_t timeline;
	uint64_t config_hash;
	struct
	{
		uint64_t commit_lsn; /* the transaction after end_lsn of which a part is delivered */
		uint64_t count;		 /* its first records; 0: none */
	} partial;
	SnapshotState snapshot;
	uint64_t snapshot_lsn;	   /* consistent point, when done */
	bool snapshot_on_old_slot; /* planned: the slot was there before the snapshot and is not ours to drop */
	bool slot_limited;		   /* its writer confirms nothing beyond end_lsn or a limit stored before (slot_limit.h) */
} Progress;

typedef enum ResumeSnapshotMode
{
	RESUME_SNAPSHOT_INITIAL,
	RESUME_SNAPSHOT_NO_DATA,
	RESUME_SNAPSHOT_ALWAYS,		  /* at each start of the program */
	RESUME_SNAPSHOT_INITIAL_ONLY, /* and no streaming */
	RESUME_SNAPSHOT_WHEN_NEEDED,  /* as initial, and again when the slot is missing or lost */
	/* what else configuration_based can say */
	RESUME_SNAPSHOT_ALWAYS_STRICT, /* as always, but a slot missing or lost is refused */
	RESUME_SNAPSHOT_ALWAYS_ONLY,   /* at each start of the program, and no streaming */
	RESUME_SNAPSHOT_ON_GAP,		   /* only when the slot is missing or lost */
} ResumeSnapshotMode;

typedef struct ResumeInput
{
	const char *slot_name;
	bool slot_exists;
	bool slot_lost;				 /* wal_status is lost */
	uint64_t slot_confirmed_lsn; /* confirmed_flush_lsn */
	uint64_t slot_limit_lsn;	 /* no relay of ours has confirmed beyond; 0: not known */
	uint64_t server_wal_end;	 /* pg_current_wal_flush_lsn, or the replay position of a standby */
	uint32_t server_timeline;
	uint64_t timeline_switch_lsn;  /* where the server's history left progress->timeline; 0: not known */
	bool xid_unknown;			   /* the server has not committed progress->xid */
	bool sink_keeps_progress;	   /* false: stdout and null without --progress-file, and devices, keep none */
	const Progress *progress;	   /* NULL: none was found */
	bool progress_of_other_system; /* none for this system, but one for another under the same names */
	bool ignore_partial;		   /* an earlier attempt met another config hash in HELLO: see resume_partial_fits */
	ResumeSnapshotMode snapshot_mode;
	bool snapshot_taken;	/* by this very process, which now starts over after a lost connection */
	uint64_t resumable_lsn; /* where the stream begins after the snapshot whose missing parts are known; 0: none is */
	bool snapshot_begun;	/* some of its rows are delivered, whether it can go on or not */

	bool exactly_once;
	/* what the user accepts, for this start only if it is needed for it */
	bool accept_gap;		/* --accept-gap: changes that are gone */
	bool start_at_slot;		/* --start-at slot: what was delivered does not matter */
	bool accept_new_system; /* --accept-new-system */
} ResumeInput;

typedef enum ResumeAction
{
	RESUME_STREAM,		  /* START_REPLICATION at start_lsn */
	RESUME_CREATE_SLOT,	  /* there is none: make it */
	RESUME_RECREATE_SLOT, /* drop it, make it again */
	RESUME_SNAPSHOT_ONLY, /* neither slot nor stream; take_snapshot false: nothing is left to do */
} ResumeAction;

typedef struct ResumePlan
{
	ResumeAction action;
	bool take_snapshot;	   /* before streaming; exported by the new slot if one is made, else beside the old one */
	bool resume_snapshot;  /* the snapshot goes on with what is missing */
	bool other_history;	   /* what is stored speaks of WAL, beyond history_lsn, that this server never had */
	bool skip_to_snapshot; /* the stream begins at the snapshot's position instead of start_lsn */
	uint64_t start_lsn;	   /* RESUME_STREAM: where to start, and what is confirmed already */
	uint64_t history_lsn;  /* other_history: at start_lsn or later */
	uint64_t last_commit_end_lsn; /* internal.last.commit.lsn; 0: leave out */
	uint64_t skip_commit_lsn;	  /* internal.skip.events; 0: leave out */
	uint64_t skip_count;
	char warning[512]; /* one line for the log, or "" */
} ResumePlan;

/* Decides. False: refused (ERROR_REFUSED with the reason and a way out). */
extern bool resume_plan(const ResumeInput *input, ResumePlan *plan, Error *error) MUST_CHECK;

/*
 * Does the transaction delivered in part, of which *progress speaks, end at or
 * before end_lsn, to which progress is about to be set?  A keepalive may stand
 * at its commit LSN, where the commit record only begins, and so may a message
 * outside of transactions, which was there before the part was.
 * commit_lsn: of what ends at end_lsn; 0: a keepalive.
 */
extern bool resume_ends_partial(const Progress *progress, uint64_t end_lsn, uint64_t commit_lsn);

/* What decides which records a transaction has: the options' hash of HELLO and the plugin's version in one number. */
extern uint64_t resume_hash(uint64_t config_hash, Bytes plugin_version);

/*
 * After HELLO: do the records to be skipped still mean the same?  False: the
 * options differ from those under which `partial` was counted; start over with
 * ignore_partial, which repeats that part instead of losing some of it.
 */
extern bool resume_partial_fits(const ResumePlan *plan, const Progress *progress, uint64_t config_hash);

#endif

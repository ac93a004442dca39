/*
 * resume_plan.c
 *	  A list of rules; the first that knows the situation decides.
 */
#include "resume_plan.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define LSN_FORMAT "%X/%X"
#define START_AT_SLOT "start once with --start-at slot"
#define LSN_ARGS(lsn) (unsigned int) ((lsn) >> 32), (unsigned int) (lsn)

typedef enum Verdict
{
	VERDICT_NEXT, /* not this rule's situation */
	VERDICT_GO,
	VERDICT_REFUSE,
} Verdict;

typedef Verdict (*ResumeRule)(const ResumeInput *input, ResumePlan *plan, Error *error);

static void __attribute__((format(printf, 2, 3))) warn(ResumePlan *plan, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(plan->warning, sizeof(plan->warning), format, args);
	va_end(args);
}

static bool
wants_snapshot(const ResumeInput *input)
{
	return input->snapshot_mode != RESUME_SNAPSHOT_NO_DATA && input->snapshot_mode != RESUME_SNAPSHOT_ON_GAP;
}

/* One at each start of the program? */
static bool
wants_each_time(const ResumeInput *input)
{
	return input->snapshot_mode == RESUME_SNAPSHOT_ALWAYS || input->snapshot_mode == RESUME_SNAPSHOT_ALWAYS_STRICT;
}

/* A moment for people: UTC, to the second; "" if it is not known. */
static void
describe_time(int64_t time_us, char *text, size_t size)
{
	time_t seconds = (time_t) (time_us / 1000000);
	struct tm parts;

	text[0] = '\0';
	if (time_us > 0 && gmtime_r(&seconds, &parts))
		strftime(text, size, " (committed %Y-%m-%d %H:%M:%S UTC)", &parts);
}

/* Is a new snapshot the answer to changes that are gone? */
static bool
heals_gaps(const ResumeInput *input)
{
	return input->snapshot_mode == RESUME_SNAPSHOT_ALWAYS || input->snapshot_mode == RESUME_SNAPSHOT_WHEN_NEEDED ||
		   input->snapshot_mode == RESUME_SNAPSHOT_ON_GAP;
}

/* Streams from what the slot says, whatever is stored: repeats something at worst. */
static Verdict
stream_from_slot(const ResumeInput *input, ResumePlan *plan)
{
	plan->action = RESUME_STREAM;
	plan->start_lsn = input->slot_confirmed_lsn;
	return VERDICT_GO;
}

/* The same, since what is stored is of another history, that is common up to common_lsn or where the stream begins. */
static Verdict
stream_new_history(const ResumeInput *input, ResumePlan *plan, uint64_t common_lsn)
{
	plan->other_history = true;
	plan->history_lsn = common_lsn > input->slot_confirmed_lsn ? common_lsn : input->slot_confirmed_lsn;
	return stream_from_slot(input, plan);
}

/* A slot nobody reads would keep WAL for ever, so none is made, and one that is there is not touched. */
static Verdict
snapshot_only(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	(void) error;
	if (input->snapshot_mode != RESUME_SNAPSHOT_INITIAL_ONLY && input->snapshot_mode != RESUME_SNAPSHOT_ALWAYS_ONLY)
		return VERDICT_NEXT;
	plan->action = RESUME_SNAPSHOT_ONLY;
	plan->take_snapshot = input->progress == NULL || input->progress->snapshot == SNAPSHOT_PLANNED;
	if (input->snapshot_mode == RESUME_SNAPSHOT_ALWAYS_ONLY)
	{
		plan->take_snapshot = !input->snapshot_taken;
		return VERDICT_GO;
	}
	if (!plan->take_snapshot)
		warn(plan, "an earlier run has delivered the snapshot: snapshot.mode=initial_only has nothing left to do");
	return VERDICT_GO;
}

/*
 * The run before died in its snapshot, and what is missing is known.  The slot
 * must still have all that came after what that snapshot saw.
 */
static Verdict
snapshot_cut(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;

	(void) error;
	if (progress == NULL || progress->snapshot != SNAPSHOT_PLANNED || input->resumable_lsn == 0 ||
		input->snapshot_mode == RESUME_SNAPSHOT_NO_DATA || !input->slot_exists || input->slot_lost ||
		input->slot_confirmed_lsn > input->resumable_lsn)
		return VERDICT_NEXT;
	plan->action = RESUME_STREAM;
	plan->start_lsn = input->resumable_lsn;
	plan->take_snapshot = true;
	plan->resume_snapshot = true;
	warn(plan, "the initial snapshot was not finished; it goes on with what is missing");
	return VERDICT_GO;
}

/*
 * The run before died in its snapshot.  Streaming now would leave holes, so
 * everything begins again.  A slot that the snapshot did not make is kept:
 * what it retained is not ours to throw away.
 */
static Verdict
snapshot_unfinished(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;

	if (progress == NULL || progress->snapshot != SNAPSHOT_PLANNED)
		return VERDICT_NEXT;
	if (!wants_snapshot(input) && !heals_gaps(input) && input->slot_exists && !input->slot_lost)
	{
		if (input->exactly_once && !input->start_at_slot)
		{
			error_set(error, ERROR_REFUSED,
					  "the initial snapshot was not finished and snapshot.mode no longer asks for one");
			error_hint(error,
					   "Set snapshot.mode to initial to take it, or accept that rows are missing: " START_AT_SLOT);
			return VERDICT_REFUSE;
		}
		warn(plan,
			 "the initial snapshot was not finished and snapshot.mode no longer asks for one; rows may be missing");
		return stream_from_slot(input, plan);
	}
	plan->take_snapshot = wants_snapshot(input) || heals_gaps(input);
	if (input->exactly_once && input->snapshot_begun &&
		!(heals_gaps(input) && (!input->slot_exists || input->slot_lost)))
	{
		error_set(error, ERROR_REFUSED,
				  "the initial snapshot was not finished and cannot go on, but some of its rows are delivered");
		error_hint(error, "Start under the options it was begun with; or, since slot or server are not the same any "
						  "more, once with exactly.once.support=requested, which begins it again and repeats those "
						  "rows.");
		return VERDICT_REFUSE;
	}
	if (!input->slot_exists)
		plan->action = RESUME_CREATE_SLOT;
	else if (progress->snapshot_on_old_slot && !input->slot_lost)
		stream_from_slot(input, plan);
	else
		plan->action = RESUME_RECREATE_SLOT;
	warn(plan, "the initial snapshot was not finished; it begins again");
	return VERDICT_GO;
}

/* Exactly once: the run before died between saying that it would make a slot and saying where that begins. */
static Verdict
slot_intended(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;

	(void) error;
	if (!input->exactly_once || progress == NULL || progress->end_lsn != 0 || progress->snapshot != SNAPSHOT_NONE)
		return VERDICT_NEXT;
	if (input->slot_exists && !input->slot_lost)
		return stream_from_slot(input, plan);
	plan->action = input->slot_exists ? RESUME_RECREATE_SLOT : RESUME_CREATE_SLOT;
	plan->take_snapshot = wants_snapshot(input);
	return VERDICT_GO;
}

/* Exactly once: the names belong to another server, or to a copy of it that was made anew. */
static Verdict
other_system(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	(void) plan;
	if (!input->exactly_once || input->progress || !input->progress_of_other_system || input->accept_new_system)
		return VERDICT_NEXT;
	error_set(error, ERROR_REFUSED,
			  "progress of slot \"%s\" is stored for another server (system identifier) under the same names",
			  input->slot_name);
	error_hint(error, "What that one delivered is in the same topics. If this server takes its place, start once with "
					  "--accept-new-system; else choose another topic.prefix or progress.topic.");
	return VERDICT_REFUSE;
}

static Verdict
slot_lost(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	if (!input->slot_exists || !input->slot_lost)
		return VERDICT_NEXT;
	if (heals_gaps(input))
	{
		plan->action = RESUME_RECREATE_SLOT;
		plan->take_snapshot = true;
		warn(plan,
			 "replication slot \"%s\" is lost, changes after " LSN_FORMAT
			 " are gone: it is made again and a new snapshot taken",
			 input->slot_name, LSN_ARGS(input->slot_confirmed_lsn));
		return VERDICT_GO;
	}
	if (input->accept_gap)
	{
		plan->action = RESUME_RECREATE_SLOT;
		warn(plan, "changes after " LSN_FORMAT " are lost with the slot, which is accepted: going on with a new one",
			 LSN_ARGS(input->slot_confirmed_lsn));
		return VERDICT_GO;
	}
	error_set(error, ERROR_REFUSED,
			  "replication slot \"%s\" is lost: the server has removed WAL that was not delivered", input->slot_name);
	error_hint(error,
			   "Changes after " LSN_FORMAT
			   " are gone. To begin again with a new snapshot, set snapshot.mode to when_needed; "
			   "to go on without them and without a snapshot, start once with --accept-gap; "
			   "max_slot_wal_keep_size decides when slots are lost.",
			   LSN_ARGS(input->slot_confirmed_lsn));
	return VERDICT_REFUSE;
}

static Verdict
slot_missing(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	if (input->slot_exists)
		return VERDICT_NEXT;
	if (input->progress && heals_gaps(input))
	{
		plan->action = RESUME_CREATE_SLOT;
		plan->take_snapshot = true;
		warn(plan,
			 "replication slot \"%s\" does not exist any more, changes after " LSN_FORMAT
			 " are gone: it is made again and a new snapshot taken",
			 input->slot_name, LSN_ARGS(input->progress->end_lsn));
		return VERDICT_GO;
	}
	if (input->progress && input->accept_gap)
	{
		plan->action = RESUME_CREATE_SLOT;
		warn(plan, "changes after " LSN_FORMAT " are gone with the slot, which is accepted: going on with a new one",
			 LSN_ARGS(input->progress->end_lsn));
		return VERDICT_GO;
	}
	if (input->progress)
	{
		char when[64];

		describe_time(input->progress->commit_time_us, when, sizeof(when));
		error_set(error, ERROR_REFUSED,
				  "replication slot \"%s\" does not exist, but changes up to " LSN_FORMAT "%s were delivered from it",
				  input->slot_name, LSN_ARGS(input->progress->end_lsn), when);
		error_hint(error, "Changes since then are gone. To begin again with a new slot and a new snapshot, set "
						  "snapshot.mode to when_needed; to go on without them, start once with --accept-gap.");
		return VERDICT_REFUSE;
	}
	plan->action = RESUME_CREATE_SLOT;
	plan->take_snapshot = wants_snapshot(input);
	if (input->progress_of_other_system)
		warn(plan,
			 "progress was stored for another server (system identifier) under the same names; this one begins anew");
	return VERDICT_GO;
}

/*
 * The snapshot shows what has changed since the last run, so the stream begins
 * beside it, as Debezium's does.
 */
static Verdict
snapshot_always(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	(void) error;
	if (!wants_each_time(input) || input->snapshot_taken)
		return VERDICT_NEXT;
	plan->take_snapshot = true;
	plan->skip_to_snapshot = true;
	return stream_from_slot(input, plan);
}

/* A slot, and nobody knows what was delivered from it. */
static Verdict
nothing_stored(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	if (input->progress)
		return VERDICT_NEXT;
	if (input->exactly_once && !input->start_at_slot)
	{
		error_set(error, ERROR_REFUSED,
				  "replication slot \"%s\" is confirmed up to " LSN_FORMAT
				  ", but nothing is stored of what was delivered from it",
				  input->slot_name, LSN_ARGS(input->slot_confirmed_lsn));
		error_hint(error,
				   "The progress topic or file is new, was emptied, or is not the one used before. If nothing was "
				   "delivered from beyond that position, start once with --start-at slot.");
		return VERDICT_REFUSE;
	}
	/* without a place for progress a slot that is there means an earlier run, else every start took a snapshot */
	plan->take_snapshot = input->sink_keeps_progress && wants_snapshot(input);
	if (input->progress_of_other_system)
		warn(plan, "progress was stored for another server (system identifier) under the same names; it is not used");
	return stream_from_slot(input, plan);
}

/* The WAL that what is delivered was made of ends here at the earliest: a part comes from a whole transaction. */
static uint64_t
delivered_wal_end(const Progress *progress)
{
	if (progress->partial.count == 0 || progress->partial.commit_lsn < progress->end_lsn)
		return progress->end_lsn;
	return progress->partial.commit_lsn + 1;
}

/* For people: without the byte of the commit record. */
static uint64_t
delivered_lsn(const Progress *progress)
{
	return delivered_wal_end(progress) > progress->end_lsn ? progress->partial.commit_lsn : progress->end_lsn;
}

/*
 * After a failover LSNs beyond the switch name other changes than those that
 * were delivered, so stored positions beyond it must not be used.
 */
static Verdict
timeline_changed(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;
	uint64_t switch_lsn = input->timeline_switch_lsn;

	if (progress->timeline == input->server_timeline || progress->timeline == 0)
		return VERDICT_NEXT;
	if (switch_lsn != 0 && delivered_wal_end(progress) <= switch_lsn)
		return VERDICT_NEXT;
	if (input->exactly_once && !input->start_at_slot)
	{
		error_set(error, ERROR_REFUSED,
				  "timeline %" PRIu32 " was left at " LSN_FORMAT "%s, but changes up to " LSN_FORMAT
				  " were delivered: this server may never have had some of them",
				  progress->timeline, LSN_ARGS(switch_lsn), switch_lsn ? "" : " (not known)",
				  LSN_ARGS(delivered_lsn(progress)));
		error_hint(error, "To go on with what this server has, start once with --start-at slot.");
		return VERDICT_REFUSE;
	}
	if (switch_lsn != 0)
		warn(plan,
			 "timeline %" PRIu32 " was left at " LSN_FORMAT ", changes up to " LSN_FORMAT
			 " were delivered: some of them this server never had",
			 progress->timeline, LSN_ARGS(switch_lsn), LSN_ARGS(delivered_lsn(progress)));
	else
		warn(plan,
			 "timeline changed from %" PRIu32 " to %" PRIu32
			 " at an unknown position: starting at the slot's position, some changes may be repeated",
			 progress->timeline, input->server_timeline);
	return stream_new_history(input, plan, switch_lsn);
}

static Verdict
beyond_the_server(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	if (delivered_wal_end(input->progress) <= input->server_wal_end)
		return VERDICT_NEXT;
	if (input->start_at_slot)
	{
		warn(plan, "the server's WAL ends before what was delivered, " LSN_FORMAT ", which is accepted",
			 LSN_ARGS(delivered_lsn(input->progress)));
		return stream_new_history(input, plan, 0);
	}
	error_set(error, ERROR_REFUSED,
			  "changes up to " LSN_FORMAT " were delivered, but the server's WAL ends at " LSN_FORMAT
			  ": it was restored from an older copy",
			  LSN_ARGS(delivered_lsn(input->progress)), LSN_ARGS(input->server_wal_end));
	error_hint(error, "Some of them this server never had. To go on with what it has, start once with "
					  "--start-at slot; to begin again, with a new snapshot if snapshot.mode asks for one, set "
					  "progress.topic or --progress-file to a new name.");
	return VERDICT_REFUSE;
}

/* Its WAL has grown beyond what was delivered since, but it is another WAL. */
static Verdict
other_history(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;
	char when[64];

	if (!input->xid_unknown)
		return VERDICT_NEXT;
	if (input->start_at_slot)
	{
		warn(plan, "this server has not committed transaction %" PRIu32 ", which was delivered, and that is accepted",
			 progress->xid);
		return stream_new_history(input, plan, 0);
	}
	describe_time(progress->commit_time_us, when, sizeof(when));
	error_set(error, ERROR_REFUSED,
			  "changes up to " LSN_FORMAT " were delivered, the last of them by transaction %" PRIu32
			  "%s, but this server has not committed that one: it was restored from an older copy",
			  LSN_ARGS(progress->end_lsn), progress->xid, when);
	error_hint(error, "Some of them this server never had. To go on with what it has, start once with "
					  "--start-at slot; to begin again, with a new snapshot if snapshot.mode asks for one, set "
					  "progress.topic or --progress-file to a new name.");
	return VERDICT_REFUSE;
}

/* Nothing is confirmed before it is stored how far that may go: somebody else has moved the slot, or stored less. */
static Verdict
slot_beyond_progress(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;
	uint64_t limit_lsn = input->slot_limit_lsn;
	char when[64];

	if (limit_lsn == 0 && input->exactly_once)
		limit_lsn = progress->end_lsn;
	if (limit_lsn == 0 || input->slot_confirmed_lsn <= limit_lsn)
		return VERDICT_NEXT;
	if (input->accept_gap)
	{
		warn(plan, "changes between " LSN_FORMAT " and " LSN_FORMAT " are gone from the slot, which is accepted",
			 LSN_ARGS(limit_lsn), LSN_ARGS(input->slot_confirmed_lsn));
		return stream_from_slot(input, plan);
	}
	describe_time(limit_lsn == progress->end_lsn ? progress->commit_time_us : 0, when, sizeof(when));
	error_set(error, ERROR_REFUSED,
			  "replication slot \"%s\" is confirmed up to " LSN_FORMAT ", but only changes up to " LSN_FORMAT
			  "%s were delivered: those between are gone from it",
			  input->slot_name, LSN_ARGS(input->slot_confirmed_lsn), LSN_ARGS(limit_lsn), when);
	error_hint(error,
			   "Somebody has advanced the slot or read from it, or brokers have lost what they had acknowledged (an "
			   "unclean election). To go on without them, start once with --accept-gap.");
	return VERDICT_REFUSE;
}

/* Slot and progress agree on one history: the later of the two has all before it delivered. */
static Verdict
resume_stored(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	const Progress *progress = input->progress;

	(void) error;
	stream_from_slot(input, plan);
	if (progress->end_lsn < input->slot_confirmed_lsn)
		return VERDICT_GO;
	plan->start_lsn = progress->end_lsn;
	plan->last_commit_end_lsn = progress->last_commit_end_lsn;
	if (progress->partial.count > 0 && !input->ignore_partial)
	{
		plan->skip_commit_lsn = progress->partial.commit_lsn;
		plan->skip_count = progress->partial.count;
	}
	return VERDICT_GO;
}

bool
resume_plan(const ResumeInput *input, ResumePlan *plan, Error *error)
{
	static const ResumeRule rules[] = {
		snapshot_only,	   other_system,  snapshot_cut,			snapshot_unfinished, slot_intended,
		slot_lost,		   slot_missing,  snapshot_always,		nothing_stored,		 timeline_changed,
		beyond_the_server, other_history, slot_beyond_progress, resume_stored,
	};
	Verdict verdict = VERDICT_NEXT;

	memset(plan, 0, sizeof(*plan));
	for (size_t i = 0; verdict == VERDICT_NEXT; i++)
		verdict = rules[i](input, plan, error);
	return verdict == VERDICT_GO;
}

bool
resume_ends_partial(const Progress *progress, uint64_t end_lsn, uint64_t commit_lsn)
{
	uint64_t partial_lsn = progress->partial.commit_lsn;

	return end_lsn > partial_lsn ||
		   (end_lsn == partial_lsn && commit_lsn == partial_lsn && progress->end_lsn < partial_lsn);
}

uint64_t
resume_hash(uint64_t config_hash, Bytes plugin_version)
{
	uint64_t hash = config_hash;

	for (size_t i = 0; i < plugin_version.size; i++)
		hash = (hash ^ (unsigned char) plugin_version.data[i]) * UINT64_C(1099511628211); /* FNV-1a */
	return hash;
}

bool
resume_partial_fits(const ResumePlan *plan, const Progress *progress, uint64_t config_hash)
{
	return plan->skip_count == 0 || progress->config_hash == config_hash;
}

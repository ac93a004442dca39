/*
 * test_resume_plan.c
 *	  One test for each row of the table.
 */
#include "unit.h"

#include "resume_plan.h"

static const Progress delivered = {
	.end_lsn = 0x2000,
	.commit_lsn = 0x1F00,
	.last_commit_end_lsn = 0x1F80,
	.timeline = 1,
	.config_hash = 7,
	.snapshot = SNAPSHOT_DONE,
};

static ResumeInput
usual(void)
{
	return (ResumeInput){
		.slot_name = "s",
		.slot_exists = true,
		.slot_confirmed_lsn = 0x1000,
		.server_wal_end = 0x9000,
		.server_timeline = 1,
		.sink_keeps_progress = true,
		.progress = &delivered,
		.snapshot_mode = RESUME_SNAPSHOT_INITIAL,
	};
}

/* Expects a decision. */
static ResumePlan
decided(const ResumeInput *input, ResumeAction action, bool take_snapshot, const char *name)
{
	ResumePlan plan;
	Error error = {0};

	unit_ok(resume_plan(input, &plan, &error), "%s: decided", name);
	unit_is_int(plan.action, action, "%s: action", name);
	unit_is_int(plan.take_snapshot, take_snapshot, "%s: snapshot", name);
	return plan;
}

static void
refused(const ResumeInput *input, const char *text, const char *hint, const char *name)
{
	ResumePlan plan;
	Error error = {0};

	unit_ok(!resume_plan(input, &plan, &error) && error.kind == ERROR_REFUSED, "%s: refused", name);
	unit_contains(error.message, text, "%s: reason", name);
	unit_contains(error.hint, hint, "%s: way out", name);
}

static void
test_stored(void)
{
	ResumeInput input = usual();
	Progress progress = delivered;
	ResumePlan plan = decided(&input, RESUME_STREAM, false, "slot behind progress");

	unit_is_uint(plan.start_lsn, 0x2000, "starts at progress");
	unit_is_uint(plan.last_commit_end_lsn, 0x1F80, "sequence goes on");
	unit_is_str(plan.warning, "", "no warning");
	input.slot_confirmed_lsn = 0x3000;
	plan = decided(&input, RESUME_STREAM, false, "slot beyond progress");
	unit_is_uint(plan.start_lsn, 0x3000, "starts at the slot");
	unit_is_uint(plan.last_commit_end_lsn, 0, "sequence begins anew");

	input = usual();
	progress.partial.commit_lsn = 0x2100;
	progress.partial.count = 5;
	input.progress = &progress;
	plan = decided(&input, RESUME_STREAM, false, "partial");
	unit_ok(plan.skip_commit_lsn == 0x2100 && plan.skip_count == 5, "skips what is delivered");
	unit_ok(resume_partial_fits(&plan, &progress, 7), "under the same options");
	unit_ok(!resume_partial_fits(&plan, &progress, 8), "not under others");
	input.ignore_partial = true;
	plan = decided(&input, RESUME_STREAM, false, "partial under other options");
	unit_is_uint(plan.skip_count, 0, "skips nothing");
	unit_ok(resume_partial_fits(&plan, &progress, 8), "nothing to fit");

	unit_ok(!resume_ends_partial(&progress, 0x2100, 0), "a keepalive before the commit record does not end the part");
	unit_ok(resume_ends_partial(&progress, 0x2130, 0), "one behind it does");
	unit_ok(resume_ends_partial(&progress, 0x2130, 0x2100), "the commit does");
	unit_ok(resume_ends_partial(&progress, 0x2100, 0x2100), "a message of its own, which is its end, does");
	progress.end_lsn = progress.commit_lsn = 0x2100;
	unit_ok(!resume_ends_partial(&progress, 0x2100, 0x2100), "one that ends where the commit record begins does not");
	unit_ok(resume_ends_partial(&progress, 0x2130, 0x2100), "but the commit behind it does");
}

static void
test_no_progress(void)
{
	ResumeInput input = usual();
	ResumePlan plan;

	input.progress = NULL;
	plan = decided(&input, RESUME_STREAM, true, "slot without progress");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
	input.progress_of_other_system = true;
	plan = decided(&input, RESUME_STREAM, true, "slot, progress of another system");
	unit_contains(plan.warning, "another server", "warns");
	input.progress_of_other_system = false;
	input.snapshot_mode = RESUME_SNAPSHOT_NO_DATA;
	decided(&input, RESUME_STREAM, false, "slot without progress, no_data");
	input.snapshot_mode = RESUME_SNAPSHOT_INITIAL;
	input.sink_keeps_progress = false;
	decided(&input, RESUME_STREAM, false, "slot, sink without progress");
	input.slot_exists = false;
	decided(&input, RESUME_CREATE_SLOT, true, "nothing there");
	input.snapshot_mode = RESUME_SNAPSHOT_NO_DATA;
	decided(&input, RESUME_CREATE_SLOT, false, "nothing there, no_data");
	input.progress_of_other_system = true;
	plan = decided(&input, RESUME_CREATE_SLOT, false, "nothing there, progress of another system");
	unit_contains(plan.warning, "another server", "warns");
}

static void
test_unfinished_snapshot(void)
{
	ResumeInput input = usual();
	Progress progress = {.snapshot = SNAPSHOT_PLANNED, .timeline = 1};
	ResumePlan plan;

	input.progress = &progress;
	plan = decided(&input, RESUME_RECREATE_SLOT, true, "unfinished snapshot");
	unit_contains(plan.warning, "begins again", "warns");
	progress.snapshot_on_old_slot = true;
	plan = decided(&input, RESUME_STREAM, true, "unfinished snapshot beside an old slot");
	unit_is_uint(plan.start_lsn, 0x1000, "streams from the old slot");
	input.slot_lost = true;
	decided(&input, RESUME_RECREATE_SLOT, true, "unfinished snapshot, slot lost");
	input.slot_exists = input.slot_lost = false;
	decided(&input, RESUME_CREATE_SLOT, true, "unfinished snapshot without slot");
	input.snapshot_mode = RESUME_SNAPSHOT_NO_DATA;
	decided(&input, RESUME_CREATE_SLOT, false, "unfinished snapshot without slot, no_data now");
	input.slot_exists = true;
	plan = decided(&input, RESUME_STREAM, false, "unfinished snapshot, no_data now");
	unit_contains(plan.warning, "rows may be missing", "warns");
}

static void
test_refused(void)
{
	ResumeInput input = usual();
	Progress part = delivered;

	part.partial.commit_lsn = 0x2100;
	part.partial.count = 5;
	input.slot_lost = true;
	refused(&input, "slot \"s\" is lost", "when_needed", "lost slot");
	input = usual();
	input.slot_exists = false;
	refused(&input, "does not exist, but changes up to 0/2000", "when_needed", "missing slot");
	input = usual();
	input.server_wal_end = 0x1800;
	refused(&input, "restored from an older copy", "progress.topic", "older copy");
	input.progress = &part;
	input.server_wal_end = 0x2100;
	refused(&input, "restored from an older copy", "progress.topic", "older than a transaction delivered in part");
	input.server_wal_end = 0x2130;
	decided(&input, RESUME_STREAM, false, "not older than that");
}

static void
test_timeline(void)
{
	ResumeInput input = usual();
	Progress progress = delivered;
	ResumePlan plan;

	input.server_timeline = 2;
	input.timeline_switch_lsn = 0x2000;
	plan = decided(&input, RESUME_STREAM, false, "progress before the switch");
	unit_is_uint(plan.start_lsn, 0x2000, "starts at progress");
	unit_ok(!plan.other_history, "of the same history");
	input.timeline_switch_lsn = 0x1FFF;
	plan = decided(&input, RESUME_STREAM, false, "progress beyond the switch");
	unit_ok(plan.other_history, "of another history");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
	unit_contains(plan.warning, "never had", "warns");
	unit_is_uint(plan.history_lsn, 0x1FFF, "which is common up to the switch");
	input.timeline_switch_lsn = 0x500;
	plan = decided(&input, RESUME_STREAM, false, "switch before the slot");
	unit_is_uint(plan.history_lsn, 0x1000, "which the slot has passed");
	input.timeline_switch_lsn = 0;
	plan = decided(&input, RESUME_STREAM, false, "switch not known");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
	unit_is_uint(plan.history_lsn, 0x1000, "and nothing is known beyond it");
	unit_contains(plan.warning, "unknown position", "warns");
	progress.timeline = 0;
	input.progress = &progress;
	plan = decided(&input, RESUME_STREAM, false, "timeline not stored");
	unit_is_uint(plan.start_lsn, 0x2000, "starts at progress");
}

static void
test_always(void)
{
	ResumeInput input = usual();
	ResumePlan plan;

	input.snapshot_mode = RESUME_SNAPSHOT_ALWAYS;
	plan = decided(&input, RESUME_STREAM, true, "always");
	unit_ok(plan.skip_to_snapshot, "streams from the snapshot's position");
	input.sink_keeps_progress = false;
	input.progress = NULL;
	decided(&input, RESUME_STREAM, true, "always, sink without progress");
	input = usual();
	input.snapshot_mode = RESUME_SNAPSHOT_ALWAYS;
	input.snapshot_taken = true;
	plan = decided(&input, RESUME_STREAM, false, "always, after a lost connection");
	unit_is_uint(plan.start_lsn, 0x2000, "starts at progress");
	input.slot_lost = true;
	plan = decided(&input, RESUME_RECREATE_SLOT, true, "always, slot lost");
	unit_contains(plan.warning, "is lost, changes after 0/1000 are gone", "warns");
	input = usual();
	input.snapshot_mode = RESUME_SNAPSHOT_ALWAYS;
	input.progress = NULL;
	input.slot_exists = false;
	decided(&input, RESUME_CREATE_SLOT, true, "always, nothing there");
}

static void
test_initial_only(void)
{
	ResumeInput input = usual();
	Progress progress = {.snapshot = SNAPSHOT_PLANNED, .timeline = 1};
	ResumePlan plan;

	input.snapshot_mode = RESUME_SNAPSHOT_INITIAL_ONLY;
	plan = decided(&input, RESUME_SNAPSHOT_ONLY, false, "initial_only, delivered");
	unit_contains(plan.warning, "nothing left to do", "says so");
	input.progress = &progress;
	decided(&input, RESUME_SNAPSHOT_ONLY, true, "initial_only, unfinished");
	input.progress = NULL;
	input.slot_exists = false;
	decided(&input, RESUME_SNAPSHOT_ONLY, true, "initial_only, nothing there");
}

static void
test_when_needed(void)
{
	ResumeInput input = usual();
	ResumePlan plan;

	input.snapshot_mode = RESUME_SNAPSHOT_WHEN_NEEDED;
	decided(&input, RESUME_STREAM, false, "when_needed, not needed");
	input.slot_lost = true;
	decided(&input, RESUME_RECREATE_SLOT, true, "when_needed, slot lost");
	input.slot_lost = input.slot_exists = false;
	plan = decided(&input, RESUME_CREATE_SLOT, true, "when_needed, slot missing");
	unit_contains(plan.warning, "does not exist any more, changes after 0/2000 are gone", "warns");
	input.progress = NULL;
	decided(&input, RESUME_CREATE_SLOT, true, "when_needed, nothing there");
}

/* Both promises: its WAL has grown again, but has other transactions. */
static void
test_other_history(void)
{
	ResumeInput input = usual();
	Progress progress = delivered;
	ResumePlan plan;

	progress.xid = 777;
	input.progress = &progress;
	decided(&input, RESUME_STREAM, false, "the transaction is known");
	input.xid_unknown = true;
	for (int mode = 0; mode < 2; mode++)
	{
		input.exactly_once = mode == 1;
		input.start_at_slot = false;
		refused(&input, "changes up to 0/2000 were delivered, the last of them by transaction 777", "--start-at slot",
				"it is not");
		input.start_at_slot = true;
		plan = decided(&input, RESUME_STREAM, false, "it is not, accepted");
		unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
		unit_contains(plan.warning, "has not committed transaction 777", "warns");
		unit_ok(plan.other_history && plan.history_lsn == 0x1000, "of another history");
	}
}

/* Both promises: somebody else has moved the slot. */
static void
test_slot_moved(void)
{
	ResumeInput input = usual();
	ResumePlan plan;

	for (int mode = 0; mode < 2; mode++)
	{
		input = usual();
		input.exactly_once = mode == 1;
		input.slot_limit_lsn = 0x3000;
		input.slot_confirmed_lsn = 0x3000;
		plan = decided(&input, RESUME_STREAM, false, "slot at the limit");
		unit_is_uint(plan.start_lsn, 0x3000, "starts at the slot");
		unit_is_str(plan.warning, "", "no warning");
		input.slot_confirmed_lsn = 0x3001;
		refused(&input, "is confirmed up to 0/3001, but only changes up to 0/3000 were delivered", "--accept-gap",
				"slot beyond the limit");
		input.accept_gap = true;
		plan = decided(&input, RESUME_STREAM, false, "slot beyond the limit, accepted");
		unit_is_uint(plan.start_lsn, 0x3001, "starts at the slot");
		unit_contains(plan.warning, "between 0/3000 and 0/3001 are gone", "warns");
	}
}

static ResumeInput
exactly_once(void)
{
	ResumeInput input = usual();

	input.exactly_once = true;
	return input;
}

static void
test_exactly_once_goes_on(void)
{
	ResumeInput input = exactly_once();
	Progress progress = {.timeline = 1};
	ResumePlan plan = decided(&input, RESUME_STREAM, false, "exactly once, slot behind progress");

	unit_is_uint(plan.start_lsn, 0x2000, "starts at progress");
	input.slot_confirmed_lsn = 0x2000;
	decided(&input, RESUME_STREAM, false, "exactly once, slot at progress");
	input.server_timeline = 2;
	input.timeline_switch_lsn = 0x2000;
	plan = decided(&input, RESUME_STREAM, false, "exactly once, progress before the switch");
	unit_is_uint(plan.start_lsn, 0x2000, "starts at progress");

	input = exactly_once();
	input.progress = &progress;
	plan = decided(&input, RESUME_STREAM, false, "slot intended and made");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
	input.slot_exists = false;
	input.snapshot_mode = RESUME_SNAPSHOT_NO_DATA;
	decided(&input, RESUME_CREATE_SLOT, false, "slot intended, not made");
	input.progress = NULL;
	decided(&input, RESUME_CREATE_SLOT, false, "exactly once, nothing there");

	input = exactly_once();
	progress.snapshot = SNAPSHOT_PLANNED;
	input.progress = &progress;
	decided(&input, RESUME_RECREATE_SLOT, true, "exactly once, unfinished snapshot");
}

static void
test_hash(void)
{
	const Bytes one = {"1.0", 3};
	const Bytes other = {"1.1", 3};

	unit_ok(resume_hash(7, one) == resume_hash(7, one), "the same options and plugin");
	unit_ok(resume_hash(7, one) != resume_hash(8, one), "other options");
	unit_ok(resume_hash(7, one) != resume_hash(7, other), "another plugin");
}

static void
test_exactly_once_refused(void)
{
	ResumeInput input = exactly_once();
	Progress progress = delivered;
	ResumePlan plan;

	progress.commit_time_us = 1795236750069612;
	input.progress = &progress;
	input.slot_confirmed_lsn = 0x3000;
	refused(&input, "confirmed up to 0/3000, but only changes up to 0/2000 (committed 2026-11-21", "--accept-gap",
			"gap");
	input.accept_gap = true;
	plan = decided(&input, RESUME_STREAM, false, "gap accepted");
	unit_is_uint(plan.start_lsn, 0x3000, "starts at the slot");
	unit_contains(plan.warning, "between 0/2000 and 0/3000", "warns");
	input.slot_lost = true;
	decided(&input, RESUME_RECREATE_SLOT, false, "lost slot accepted");
	input.slot_exists = input.slot_lost = false;
	decided(&input, RESUME_CREATE_SLOT, false, "missing slot accepted");
	input.accept_gap = false;
	refused(&input, "changes up to 0/2000 (committed 2026-11-21", "--accept-gap", "missing slot, exactly once");

	input = exactly_once();
	input.progress = NULL;
	refused(&input, "confirmed up to 0/1000, but nothing is stored", "--start-at slot", "no progress");
	input.start_at_slot = true;
	plan = decided(&input, RESUME_STREAM, true, "no progress, accepted");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
	input.progress_of_other_system = true;
	refused(&input, "another server", "--accept-new-system", "other system");
	input.accept_new_system = true;
	decided(&input, RESUME_STREAM, true, "other system accepted");

	input = exactly_once();
	input.server_wal_end = 0x1800;
	refused(&input, "restored from an older copy", "--start-at slot", "older copy, exactly once");
	input.start_at_slot = true;
	plan = decided(&input, RESUME_STREAM, false, "older copy accepted");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");
}

static void
test_exactly_once_timeline(void)
{
	ResumeInput input = exactly_once();
	Progress planned = {.snapshot = SNAPSHOT_PLANNED, .timeline = 1};
	Progress part = delivered;
	ResumePlan plan;

	part.partial.commit_lsn = 0x2100;
	part.partial.count = 5;
	input.server_timeline = 2;
	input.timeline_switch_lsn = 0x1FFF;
	refused(&input, "timeline 1 was left at 0/1FFF, but changes up to 0/2000", "--start-at slot", "beyond the switch");
	input.timeline_switch_lsn = 0x2100;
	decided(&input, RESUME_STREAM, false, "before the switch");
	input.progress = &part;
	refused(&input, "timeline 1 was left at 0/2100, but changes up to 0/2100", "--start-at slot", "a part beyond it");
	input.timeline_switch_lsn = 0x2130;
	unit_is_uint(decided(&input, RESUME_STREAM, false, "a part before it").skip_count, 5, "is skipped");
	input.progress = &delivered;
	input.timeline_switch_lsn = 0;
	refused(&input, "(not known)", "--start-at slot", "switch not known");
	input.start_at_slot = true;
	plan = decided(&input, RESUME_STREAM, false, "beyond the switch, accepted");
	unit_is_uint(plan.start_lsn, 0x1000, "starts at the slot");

	input = exactly_once();
	input.progress = &planned;
	input.snapshot_mode = RESUME_SNAPSHOT_NO_DATA;
	refused(&input, "snapshot was not finished", "snapshot.mode", "unfinished snapshot, no_data now, exactly once");
	input.start_at_slot = true;
	decided(&input, RESUME_STREAM, false, "unfinished snapshot, accepted");
}

/* What is committed of a snapshot must not come again. */
static void
test_exactly_once_snapshot(void)
{
	Progress planned = {.snapshot = SNAPSHOT_PLANNED, .timeline = 1};
	ResumeInput input = exactly_once();

	input.progress = &planned;
	input.snapshot_mode = RESUME_SNAPSHOT_INITIAL;
	decided(&input, RESUME_RECREATE_SLOT, true, "unfinished snapshot of which nothing is committed");
	input.snapshot_begun = true;
	refused(&input, "some of its rows are delivered", "exactly.once.support=requested", "rows committed, cannot go on");
	input.resumable_lsn = input.slot_confirmed_lsn;
	unit_ok(decided(&input, RESUME_STREAM, true, "rows committed, what is missing is known").resume_snapshot,
			"goes on");
	input.slot_exists = false;
	refused(&input, "some of its rows are delivered", "exactly.once.support=requested", "rows committed, no slot");
	input.snapshot_mode = RESUME_SNAPSHOT_WHEN_NEEDED;
	decided(&input, RESUME_CREATE_SLOT, true, "rows committed, no slot, when_needed asks for another snapshot");
	input.slot_exists = true;
	input.resumable_lsn = 0;
	refused(&input, "some of its rows are delivered", "exactly.once.support=requested", "when_needed, other options");
	input.slot_exists = false;
	input.exactly_once = false;
	input.snapshot_mode = RESUME_SNAPSHOT_INITIAL;
	decided(&input, RESUME_CREATE_SLOT, true, "rows delivered, no slot, at least once");
}

/* What is missing of the snapshot is known. */
static void
test_cut_snapshot(void)
{
	Progress progress = {.snapshot = SNAPSHOT_PLANNED, .timeline = 1};
	ResumeInput input = usual();
	ResumePlan plan;

	input.progress = &progress;
	input.resumable_lsn = input.slot_confirmed_lsn;
	plan = decided(&input, RESUME_STREAM, true, "cut snapshot");
	unit_ok(plan.resume_snapshot && plan.start_lsn == input.resumable_lsn, "goes on, and streams from its position");
	input.slot_confirmed_lsn = input.resumable_lsn + 1;
	plan = decided(&input, RESUME_RECREATE_SLOT, true, "cut snapshot, but the slot has moved on");
	unit_ok(!plan.resume_snapshot, "begins again");
	input.slot_confirmed_lsn = input.resumable_lsn;
	input.slot_lost = true;
	decided(&input, RESUME_RECREATE_SLOT, true, "cut snapshot, slot lost");
	input.slot_lost = false;
	input.slot_exists = false;
	decided(&input, RESUME_CREATE_SLOT, true, "cut snapshot, no slot");
	input.slot_exists = true;
	input.snapshot_mode = RESUME_SNAPSHOT_NO_DATA;
	plan = decided(&input, RESUME_STREAM, false, "cut snapshot, no_data now");
	unit_ok(!plan.resume_snapshot, "does not go on");
	progress.snapshot = SNAPSHOT_DONE;
	input.snapshot_mode = RESUME_SNAPSHOT_INITIAL;
	plan = decided(&input, RESUME_STREAM, false, "a snapshot that is done does not go on");
}

/* snapshot.mode=configuration_based. */
static void
test_configured(void)
{
	Progress progress = {.snapshot = SNAPSHOT_DONE, .timeline = 1};
	ResumeInput input = usual();
	ResumePlan plan;

	input.progress = &progress;
	input.snapshot_mode = RESUME_SNAPSHOT_ALWAYS_STRICT;
	plan = decided(&input, RESUME_STREAM, true, "data and stream");
	unit_ok(plan.skip_to_snapshot, "as always");
	input.snapshot_mode = RESUME_SNAPSHOT_ALWAYS_ONLY;
	decided(&input, RESUME_SNAPSHOT_ONLY, true, "data only");
	input.snapshot_taken = true;
	decided(&input, RESUME_SNAPSHOT_ONLY, false, "data only, taken");
	input.snapshot_taken = false;
	input.snapshot_mode = RESUME_SNAPSHOT_ON_GAP;
	decided(&input, RESUME_STREAM, false, "stream, data on error: no error");
	input.slot_exists = false;
	decided(&input, RESUME_CREATE_SLOT, true, "stream, data on error: the slot is gone");
	input.progress = NULL;
	decided(&input, RESUME_CREATE_SLOT, false, "stream, data on error: first start");
}

int
main(void)
{
	test_hash();
	test_other_history();
	test_slot_moved();
	test_exactly_once_goes_on();
	test_exactly_once_refused();
	test_exactly_once_timeline();
	test_exactly_once_snapshot();
	test_stored();
	test_no_progress();
	test_unfinished_snapshot();
	test_cut_snapshot();
	test_configured();
	test_refused();
	test_timeline();
	test_always();
	test_initial_only();
	test_when_needed();
	return unit_done();
}

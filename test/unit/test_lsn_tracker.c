/*
 * test_lsn_tracker.c
 *	  The confirmable position never passes an undelivered commit, and always
 *	  catches up.
 */
#include "unit.h"

#include <stdlib.h>

#include "lsn_tracker.h"

static void
test_by_hand(void)
{
	LsnTracker *tracker = lsn_tracker_new(100);
	uint64_t first = lsn_tracker_open(tracker);
	uint64_t second;

	unit_is_uint(first, 1, "tickets begin at 1");
	lsn_tracker_sent(tracker, first);
	lsn_tracker_sent(tracker, first);
	lsn_tracker_keepalive(tracker, 500);
	unit_is_uint(lsn_tracker_confirmable(tracker), 100, "a keepalive inside a transaction is ignored");
	lsn_tracker_close(tracker, first, 190, 200);
	second = lsn_tracker_open(tracker);
	lsn_tracker_sent(tracker, second);
	lsn_tracker_close(tracker, second, 290, 300);
	lsn_tracker_delivered(tracker, second);
	unit_is_uint(lsn_tracker_confirmable(tracker), 100, "a later report confirms nothing");
	unit_is_uint(lsn_tracker_outstanding(tracker), 2, "two outstanding");
	unit_is_uint(lsn_tracker_units_pending(tracker), 2, "two units");
	unit_ok(!lsn_tracker_idle(tracker), "not idle");
	unit_is_uint(lsn_tracker_last_commit_end(tracker), 300, "last commit's end");
	lsn_tracker_keepalive(tracker, 400);
	lsn_tracker_keepalive(tracker, 450);
	unit_is_uint(lsn_tracker_units_pending(tracker), 3, "keepalives in a row are one unit");
	lsn_tracker_delivered_many(tracker, first, 2);
	unit_is_uint(lsn_tracker_confirmable(tracker), 450, "all confirmed, keepalives too");
	unit_is_uint(lsn_tracker_last_commit(tracker), 0, "ended by a keepalive");
	unit_ok(lsn_tracker_idle(tracker), "idle");
	lsn_tracker_keepalive(tracker, 440);
	unit_is_uint(lsn_tracker_confirmable(tracker), 450, "never goes back");
	lsn_tracker_free(tracker);
	lsn_tracker_free(NULL);
}

static void
test_nonsense(void)
{
	LsnTracker *tracker = lsn_tracker_new(100);
	uint64_t ticket = lsn_tracker_open(tracker);

	lsn_tracker_sent(tracker, 99);
	lsn_tracker_delivered(tracker, 99);
	lsn_tracker_delivered(tracker, 0);
	lsn_tracker_close(tracker, 99, 1, 2);
	lsn_tracker_sent(tracker, ticket);
	lsn_tracker_delivered_many(tracker, ticket, 5);
	unit_is_uint(lsn_tracker_outstanding(tracker), 0, "more reports than records count as all");
	lsn_tracker_close(tracker, ticket, 40, 50);
	lsn_tracker_close(tracker, ticket, 400, 500);
	unit_is_uint(lsn_tracker_confirmable(tracker), 100, "an end that goes back does not take the position back");
	unit_is_uint(lsn_tracker_last_commit(tracker), 40, "its commit is known");
	lsn_tracker_free(tracker);
}

static void
test_stored(void)
{
	LsnTracker *tracker = lsn_tracker_new(100);
	uint64_t commit_lsn;
	uint64_t ticket = lsn_tracker_open(tracker);

	lsn_tracker_require_stored(tracker);
	unit_is_uint(lsn_tracker_confirmable(tracker), 100, "what was confirmed counts as stored");
	lsn_tracker_close(tracker, ticket, 190, 200);
	unit_is_uint(lsn_tracker_confirmable(tracker), 100, "delivered, but not stored");
	unit_ok(lsn_tracker_closed_end(tracker, &commit_lsn) == 200 && commit_lsn == 190, "what may be stored");
	lsn_tracker_stored(tracker, 300);
	unit_is_uint(lsn_tracker_confirmable(tracker), 200, "stored, but not delivered");
	lsn_tracker_keepalive(tracker, 250);
	unit_is_uint(lsn_tracker_confirmable(tracker), 250, "both");
	unit_ok(lsn_tracker_closed_end(tracker, &commit_lsn) == 250 && commit_lsn == 0, "a keepalive has no commit");
	lsn_tracker_stored(tracker, 120);
	unit_is_uint(lsn_tracker_confirmable(tracker), 250, "what is stored does not go back");
	lsn_tracker_free(tracker);
}

/* ---- property: against a model that looks at all units ---- */

#define MAX_UNITS 4000

typedef struct ModelUnit
{
	uint64_t ticket; /* 0: a keepalive */
	uint64_t sent;
	uint64_t delivered;
	uint64_t end_lsn;
	bool closed;
} ModelUnit;

typedef struct Model
{
	LsnTracker *tracker;
	ModelUnit units[MAX_UNITS];
	size_t count;
	uint64_t lsn;
	uint32_t random;
} Model;

static uint32_t
pick(Model *model, uint32_t limit)
{
	model->random = model->random * 1664525 + 1013904223;
	return (model->random >> 8) % limit;
}

static uint64_t
expected_position(const Model *model)
{
	uint64_t position = 1000;

	for (size_t i = 0; i < model->count; i++)
	{
		const ModelUnit *unit = &model->units[i];

		if (!unit->closed || unit->delivered < unit->sent)
			break;
		position = unit->end_lsn;
	}
	return position;
}

static void
model_stream(Model *model)
{
	ModelUnit *unit = model->count > 0 ? &model->units[model->count - 1] : NULL;

	model->lsn += pick(model, 100);
	if (unit && !unit->closed)
	{
		if (pick(model, 3) > 0)
		{
			lsn_tracker_sent(model->tracker, unit->ticket);
			unit->sent++;
			return;
		}
		lsn_tracker_close(model->tracker, unit->ticket, model->lsn, model->lsn + 8);
		unit->end_lsn = model->lsn + 8;
		model->lsn += 8;
		unit->closed = true;
		return;
	}
	unit = &model->units[model->count];
	if (pick(model, 3) == 0)
	{
		uint64_t last = model->count > 0 ? unit[-1].end_lsn : 1000;

		lsn_tracker_keepalive(model->tracker, model->lsn);
		if (model->lsn <= last)
			return;
		*unit = (ModelUnit){.end_lsn = model->lsn, .closed = true};
	}
	else
		*unit = (ModelUnit){.ticket = lsn_tracker_open(model->tracker)};
	model->count++;
}

static void
model_report(Model *model, uint32_t window)
{
	uint32_t back = pick(model, window);
	ModelUnit *unit;
	uint64_t count;

	if (model->count <= back)
		return;
	unit = &model->units[model->count - 1 - back];
	if (unit->ticket == 0 || unit->sent == unit->delivered)
		return;
	count = 1 + pick(model, (uint32_t) (unit->sent - unit->delivered));
	lsn_tracker_delivered_many(model->tracker, unit->ticket, count);
	unit->delivered += count;
}

static bool
run_model(uint32_t seed)
{
	static Model model;
	uint64_t before = 0;
	bool good = true;

	memset(&model, 0, sizeof(model));
	model.tracker = lsn_tracker_new(1000);
	model.lsn = 1000;
	model.random = seed;
	while (model.count < MAX_UNITS - 1)
	{
		uint64_t position;

		if (pick(&model, 2) == 0)
			model_stream(&model);
		else
			model_report(&model, seed % 2 ? 8 : MAX_UNITS);
		position = lsn_tracker_confirmable(model.tracker);
		good = good && position >= before && (model.count % 64 || position == expected_position(&model));
		before = position;
	}
	if (!model.units[model.count - 1].closed)
	{
		model.units[model.count - 1].end_lsn = model.lsn + 8;
		model.units[model.count - 1].closed = true;
		lsn_tracker_close(model.tracker, model.units[model.count - 1].ticket, model.lsn, model.lsn + 8);
	}
	for (size_t i = model.count; i-- > 0;)
		lsn_tracker_delivered_many(model.tracker, model.units[i].ticket,
								   model.units[i].sent - model.units[i].delivered);
	good = good && lsn_tracker_confirmable(model.tracker) == model.units[model.count - 1].end_lsn &&
		   lsn_tracker_idle(model.tracker) && lsn_tracker_outstanding(model.tracker) == 0;
	lsn_tracker_free(model.tracker);
	return good;
}

int
main(void)
{
	int good = 0;
	const int runs = 60;

	test_by_hand();
	test_nonsense();
	test_stored();
	for (int i = 0; i < runs; i++)
		good += run_model((uint32_t) i * 7919 + 1) ? 1 : 0;
	unit_is_int(good, runs, "random orders of reports agree with the model");
	return unit_done();
}

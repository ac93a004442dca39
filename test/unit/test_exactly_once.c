/*
 * test_exactly_once.c
 *	  When transactions of the sink end; and the promise itself, against a
 *	  stream, a Kafka and crashes made here: whatever happens when, Kafka holds
 *	  every record once, in order, and PostgreSQL has forgotten nothing that
 *	  Kafka does not have.
 */
#include "unit.h"

#include <stdlib.h>

#include "commit_policy.h"
#include "config.h"
#include "progress_json.h"
#include "progress_topic.h"
#include "relay_commit.h"

/* ---- when a transaction ends ---- */

static void
test_policy(void)
{
	static const struct
	{
		CommitSituation situation;
		CommitDecision decision;
		const char *name;
	} cases[] = {
		{{.dry_ms = 0}, COMMIT_NOT_YET, "nothing to store"},
		{{.open = true, .records = 1, .dry_ms = 0}, COMMIT_WHOLE, "a lone change leaves at once"},
		{{.open = true, .records = 1, .dry_ms = -1}, COMMIT_NOT_YET, "more is there already"},
		{{.open = true, .records = 1000, .dry_ms = 0}, COMMIT_NOT_YET, "a busy stream that pauses"},
		{{.open = true, .records = 1000, .dry_ms = 20}, COMMIT_WHOLE, "a stream that has fallen silent"},
		{{.open = true, .records = 1000, .dry_ms = -1, .age_ms = 5000}, COMMIT_WHOLE, "old enough"},
		{{.open = true, .records = 10000000, .dry_ms = -1}, COMMIT_WHOLE, "big enough"},
		{{.open = true,
		  .records = 10000000,
		  .dry_ms = 99,
		  .age_ms = 999,
		  .in_unit = true,
		  .split_ms = 1000,
		  .last = true},
		 COMMIT_NOT_YET,
		 "not in the middle"},
		{{.open = true, .age_ms = 1000, .in_unit = true, .split_ms = 1000}, COMMIT_PART, "unless it takes too long"},
		{{.open = true, .age_ms = 1000000, .in_unit = true}, COMMIT_NOT_YET, "which some sinks do not mind"},
		{{.unstored = 1, .stored_age_ms = 9000, .dry_ms = 0}, COMMIT_NOT_YET, "a position alone waits"},
		{{.unstored = 1, .stored_age_ms = 10000, .dry_ms = 0}, COMMIT_WHOLE, "ten seconds"},
		{{.unstored = 16777216, .dry_ms = 0}, COMMIT_WHOLE, "or 16 MB"},
		{{.unstored = 1, .stored_age_ms = 1000, .asked = true, .dry_ms = 0}, COMMIT_WHOLE, "or until the server asks"},
		{{.unstored = 1, .last = true, .dry_ms = 0}, COMMIT_WHOLE, "or the end"},
		{{.unstored = 99999999, .last = true, .in_unit = true}, COMMIT_NOT_YET, "never in the middle"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		unit_is_int(commit_policy(&cases[i].situation), cases[i].decision, "%s", cases[i].name);
}

/* ---- the world ---- */

#define TRANSACTIONS 300
#define MAX_RECORDS 60
#define MAX_LOG (TRANSACTIONS * MAX_RECORDS)
#define CONFIG_HASH 7

typedef struct World
{
	Sink sink; /* first: a Sink pointer is a World pointer */
	Relay relay;
	uint32_t random;
	int64_t now_ms;

	/* PostgreSQL: transaction i commits at 1000 * (i + 1) and ends 30 beyond */
	uint64_t records[TRANSACTIONS];
	uint64_t slot_lsn;

	/* Kafka: number of each record, first those that are committed */
	uint64_t log[MAX_LOG];
	size_t committed;
	size_t put;
	SinkTransaction state;
	Progress stored; /* committed */
	Progress ending;
	uint64_t open_ticket;
	uint64_t open_reports;

	/* the stream */
	size_t at;		/* transaction */
	uint64_t index; /* its next record */
	uint64_t ticket;
	uint64_t skip_commit_lsn;
	uint64_t skip_count;

	bool hello; /* has come in this stream */

	int parts;
	int strange_parts; /* without the options that they were made under */
	int crashes;
} World;

static uint32_t
pick(World *world, uint32_t limit)
{
	world->random = world->random * 1664525 + 1013904223;
	return (world->random >> 8) % limit;
}

static uint64_t
commit_lsn_of(size_t transaction)
{
	return 1000 * (transaction + 1);
}

static SinkTransaction
world_transaction(Sink *sink)
{
	return ((World *) sink)->state;
}

static SinkResult
world_end(Sink *sink, const char *topic, Bytes key, Bytes value, Error *error)
{
	World *world = (World *) sink;

	(void) topic, (void) key, (void) error;
	if (world->state == SINK_TRANSACTION_ENDING || pick(world, 8) == 0)
		return SINK_FULL;
	unit_state.failed += progress_parse(value.data, value.size, &world->ending) ? 0 : 1;
	world->state = SINK_TRANSACTION_ENDING;
	return SINK_OK;
}

static void
commit(World *world)
{
	uint64_t commit_lsn = world->ending.partial.commit_lsn;

	world->parts += commit_lsn != 0;
	world->strange_parts += commit_lsn != 0 && world->ending.config_hash != CONFIG_HASH;
	world->committed = world->put;
	world->stored = world->ending;
	world->state = SINK_TRANSACTION_NONE;
}

static bool
world_poll(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	World *world = (World *) sink;

	(void) timeout_ms, (void) error;
	if (world->state != SINK_TRANSACTION_ENDING || pick(world, 3) == 0)
		return true;
	commit(world);
	/* tickets in the order they were put */
	for (uint64_t ticket = 1; ticket <= world->open_ticket; ticket++)
		report(arg, ticket, MAX_RECORDS);
	return true;
}

static const SinkMethods methods = {.end = world_end, .poll = world_poll, .transaction = world_transaction};

static void
put_record(World *world)
{
	uint64_t number = world->at * MAX_RECORDS + world->index;

	/* a transaction of the sink may be ending */
	if (!world->hello)
		world->relay.progress.config_hash = CONFIG_HASH;
	world->hello = true;
	if (world->state == SINK_TRANSACTION_ENDING)
		return;
	/* the plugin sends nothing of what it skips */
	if (commit_lsn_of(world->at) != world->skip_commit_lsn || world->index >= world->skip_count)
	{
		if (world->ticket == 0)
			world->ticket = lsn_tracker_open(world->relay.tracker);
		world->open_ticket = world->ticket;
		lsn_tracker_sent(world->relay.tracker, world->ticket);
		world->relay.values.records++;
		world->log[world->put++] = number;
		world->state = SINK_TRANSACTION_OPEN;
	}
	world->index++;
}

/* A message outside of transactions, without a record, that ends where a commit record begins. */
static bool
message_comes(const World *world)
{
	uint64_t commit_lsn;

	return world->at < TRANSACTIONS && world->ticket == 0 && world->index == 0 && world->records[world->at] % 3 == 0 &&
		   lsn_tracker_closed_end(world->relay.tracker, &commit_lsn) < commit_lsn_of(world->at);
}

static void
stream_step(World *world)
{
	Relay *relay = &world->relay;

	if (message_comes(world))
		lsn_tracker_close(relay->tracker, lsn_tracker_open(relay->tracker), commit_lsn_of(world->at),
						  commit_lsn_of(world->at));
	else if (world->ticket == 0 && world->state == SINK_TRANSACTION_NONE && pick(world, 8) == 0)
		world->state = SINK_TRANSACTION_OPEN; /* a heartbeat */
	else if (world->at == TRANSACTIONS)
		lsn_tracker_keepalive(relay->tracker, commit_lsn_of(TRANSACTIONS) + pick(world, 500));
	/* the server has read up to a commit record, and what that record ends is not sent yet, or skipped */
	else if (world->ticket == 0 && pick(world, 8) == 0)
		lsn_tracker_keepalive(relay->tracker, commit_lsn_of(world->at));
	else if (world->index < world->records[world->at])
		put_record(world);
	else
	{
		uint64_t ticket = world->ticket ? world->ticket : lsn_tracker_open(relay->tracker);

		lsn_tracker_close(relay->tracker, ticket, commit_lsn_of(world->at), commit_lsn_of(world->at) + 30);
		world->ticket = 0;
		world->index = 0;
		world->at++;
		if (pick(world, 4) == 0)
			lsn_tracker_keepalive(relay->tracker, commit_lsn_of(world->at - 1) + 30 + pick(world, 900));
	}
}

/* What the real start does, as far as it concerns positions. False: refused. */
static bool
start(World *world)
{
	Relay *relay = &world->relay;
	ResumeInput input = {.slot_name = "s",
						 .slot_exists = true,
						 .slot_confirmed_lsn = world->slot_lsn,
						 .server_wal_end = UINT64_MAX,
						 .server_timeline = 1,
						 .sink_keeps_progress = true,
						 .progress = &world->stored,
						 .snapshot_mode = RESUME_SNAPSHOT_NO_DATA,
						 .exactly_once = true};
	ResumePlan plan;
	Error error = {0};

	world->put = world->committed;
	world->state = SINK_TRANSACTION_NONE;
	if (!resume_plan(&input, &plan, &error))
		return false;
	relay->progress = world->stored;
	relay->progress.end_lsn = plan.start_lsn;
	lsn_tracker_free(relay->tracker);
	relay->tracker = lsn_tracker_new(plan.start_lsn);
	relay_commit_begin(relay, world->now_ms);
	world->skip_commit_lsn = plan.skip_commit_lsn;
	world->skip_count = plan.skip_count;
	world->ticket = 0;
	world->index = 0;
	world->hello = false;
	for (world->at = 0; world->at < TRANSACTIONS && commit_lsn_of(world->at) + 30 <= plan.start_lsn;)
		world->at++;
	return true;
}

/* kill -9: what is ending may have come about, or not; the slot may know an older position. */
static bool
crash(World *world)
{
	world->crashes++;
	if (world->state == SINK_TRANSACTION_ENDING && pick(world, 2) == 0)
		commit(world);
	if (pick(world, 3) == 0)
		world->slot_lsn -= world->slot_lsn > 1000 ? pick(world, 1000) : 0;
	return start(world);
}

static bool
commit_step(World *world)
{
	Error error = {0};
	const CommitPoint point = {
		.in_unit = world->ticket != 0,
		.unit_commit_lsn = commit_lsn_of(world->at < TRANSACTIONS ? world->at : 0),
		.unit_count = world->index,
		.dry = pick(world, 10) == 0,
		.asked = pick(world, 2) == 0,
	};

	world->now_ms += pick(world, 40);
	return world_poll(&world->sink, 0, relay_report, &world->relay, &error) &&
		   relay_commit_step(&world->relay, &point, world->now_ms, &error);
}

static bool
log_is_right(const World *world)
{
	size_t at = 0;

	for (size_t transaction = 0; transaction < TRANSACTIONS; transaction++)
		for (uint64_t index = 0; index < world->records[transaction]; index++, at++)
			if (at >= world->committed || world->log[at] != transaction * MAX_RECORDS + index)
				return false;
	return at == world->committed;
}

/* Nothing is confirmed that is not stored; what is stored is in the log. */
static bool
slot_is_right(World *world)
{
	uint64_t confirmable = lsn_tracker_confirmable(world->relay.tracker);

	if (confirmable > world->stored.end_lsn)
		return false;
	if (confirmable > world->slot_lsn)
		world->slot_lsn = confirmable;
	return true;
}

static bool
run_world(uint32_t seed, const Config *config, int *parts, int *crashes)
{
	World *world = calloc(1, sizeof(World));
	const ProgressNames names = {"app", "s", 1, "db"};
	bool good;

	world->sink.methods = &methods;
	world->random = seed;
	world->slot_lsn = 500;
	world->stored = (Progress){.end_lsn = 500, .timeline = 1};
	world->relay.sink = &world->sink;
	world->relay.settings = (RelaySettings){.exactly_once = true, .transaction_timeout_ms = 1000};
	world->relay.progress_topic = progress_new(progress_topic_new(config, NULL), &names, NULL);
	for (size_t i = 0; i < TRANSACTIONS; i++)
		world->records[i] = pick(world, 10) == 0 ? pick(world, MAX_RECORDS) : pick(world, 4);
	good = start(world);
	for (int step = 0; good && step < 200000; step++)
	{
		stream_step(world);
		good = commit_step(world) && slot_is_right(world);
		if (world->at == TRANSACTIONS && world->stored.end_lsn > commit_lsn_of(TRANSACTIONS))
			break;
		if (good && pick(world, 150) == 0)
			good = crash(world);
	}
	good = good && log_is_right(world) && world->strange_parts == 0 &&
		   world->slot_lsn >= commit_lsn_of(TRANSACTIONS - 1) + 30;
	*parts += world->parts;
	*crashes += world->crashes;
	lsn_tracker_free(world->relay.tracker);
	progress_free(world->relay.progress_topic);
	free(world);
	return good;
}

int
main(void)
{
	Config *config = config_new();
	const int runs = 300;
	int good = 0;
	int parts = 0;
	int crashes = 0;

	config_set(config, "topic.prefix", "app", "test");
	test_policy();
	for (int i = 0; i < runs; i++)
		good += run_world((uint32_t) i * 7919 + 1, config, &parts, &crashes) ? 1 : 0;
	unit_is_int(good, runs, "every record once, in order, whatever happens when");
	unit_ok(parts > 10 && crashes > runs, "with %d transactions in parts and %d crashes", parts, crashes);
	config_free(config);
	return unit_done();
}

/*
 * test_slot_limit.c
 *	  A slot is never confirmed beyond what a start can know of, whatever dies
 *	  when; and after a stop, or a quiet while, not one byte is unaccounted for.
 */
#include "unit.h"

#include <stdlib.h>

#include "slot_limit.h"

static void
test_by_hand(void)
{
	SlotLimit limit = {0};
	uint64_t first;
	uint64_t second;

	slot_limit_begin(&limit, false, 100);
	unit_is_uint(slot_limit_next(&limit, 200, 0), 0, "not enforced: nothing to announce");
	unit_is_uint(slot_limit_allows(&limit, 200), 200, "not enforced: everything may be confirmed");

	slot_limit_begin(&limit, true, 100);
	unit_is_uint(slot_limit_next(&limit, 100, 0), 100, "a stream announces itself");
	first = slot_limit_put(&limit, 100, 0);
	unit_ok((first & SLOT_LIMIT_TICKET) != 0, "with a ticket of its kind");
	unit_is_uint(slot_limit_next(&limit, 200, 1), 0, "one at a time");
	unit_is_uint(slot_limit_allows(&limit, 200), 100, "nothing new may be confirmed yet");
	slot_limit_reported(&limit, first);
	unit_is_uint(slot_limit_next(&limit, 200, 2), 200 + SLOT_LIMIT_AHEAD_FIRST, "then some way ahead");
	second = slot_limit_put(&limit, 200 + SLOT_LIMIT_AHEAD_FIRST, 2);
	slot_limit_reported(&limit, first);
	unit_is_uint(slot_limit_allows(&limit, 200), 100, "a report of another is not its own");
	slot_limit_reported(&limit, second);
	unit_is_uint(slot_limit_allows(&limit, 200), 200, "stored, so it may be confirmed");
	unit_is_uint(slot_limit_allows(&limit, 300 + SLOT_LIMIT_AHEAD_FIRST), 200 + SLOT_LIMIT_AHEAD_FIRST, "and no more");
	unit_is_uint(slot_limit_next(&limit, 200, SLOT_LIMIT_IDLE_MS), 0, "not idle yet");
	unit_is_uint(slot_limit_next(&limit, 200, 1 + SLOT_LIMIT_IDLE_MS), 200, "idle: taken back");
	first = slot_limit_put(&limit, 200, 1 + SLOT_LIMIT_IDLE_MS);
	unit_is_uint(slot_limit_allows(&limit, 300), 200, "which holds at once");
	slot_limit_reported(&limit, first);
	unit_is_uint(slot_limit_next(&limit, 200, 3 * SLOT_LIMIT_IDLE_MS), 0, "and once is enough");

	slot_limit_begin(&limit, true, 700);
	slot_limit_reported(&limit, slot_limit_put(&limit, 900, 0));
	slot_limit_not_put(&limit, 950);
	unit_is_uint(slot_limit_allows(&limit, 900), 900, "more that was not taken matters nothing");
	slot_limit_not_put(&limit, 800);
	unit_is_uint(slot_limit_allows(&limit, 900), 800, "less may be stored all the same, so it holds");
	unit_is_uint(slot_limit_next(&limit, 800, 1), 800, "and is tried again");
	slot_limit_put(&limit, 800, 1);
	slot_limit_not_put(&limit, 800);
	unit_is_uint(slot_limit_next(&limit, 800, 2), 0, "until it is taken");

	slot_limit_begin(&limit, true, 500);
	slot_limit_put(&limit, 600, 0);
	slot_limit_reported(&limit, first);
	unit_is_uint(slot_limit_allows(&limit, 600), 500, "a late report of an earlier stream counts for nothing");
}

/* A busy stream: how many announcements a gigabyte in ten seconds takes. */
static void
test_rhythm(void)
{
	SlotLimit limit = {0};
	uint64_t position = 1000;
	int64_t now_ms = 0;
	int count = 0;

	slot_limit_begin(&limit, true, position);
	for (int i = 0; i < 1000; i++)
	{
		uint64_t next = slot_limit_next(&limit, position, now_ms);

		if (next != 0)
		{
			slot_limit_reported(&limit, slot_limit_put(&limit, next, now_ms));
			count++;
		}
		position += 1024 * 1024;
		now_ms += 10;
	}
	unit_ok(count >= 5 && count <= 40, "100 MB a second: %d announcements in 10 s", count);
}

/* ---- property: against a world in which anything may be killed or late ---- */

#define MAX_STREAMS 64
#define MAX_RECORDS 16

typedef struct Record
{
	int stream;
	uint64_t lsn; /* 0: dropped */
	uint64_t ticket;
} Record;

/* What a producer has on its way; the oldest first. */
typedef struct Wire
{
	Record records[MAX_RECORDS];
	size_t count;
} Wire;

typedef struct World
{
	uint32_t random;
	int64_t now_ms;
	uint64_t delivered;
	uint64_t progress;			  /* stored lazily */
	uint64_t limits[MAX_STREAMS]; /* as a start reads them */
	Wire wires[MAX_STREAMS];	  /* of dead and frozen relays, too */
	uint64_t slot;
	uint64_t slot_saved;
	int stream;
	bool known[MAX_STREAMS]; /* to the stream at work: others to be dropped */
	bool dropped;
	SlotLimit limit;
	int wrong;
} World;

static uint32_t
pick(World *world, uint32_t below)
{
	world->random = world->random * 1664525 + 1013904223;
	return (world->random >> 8) % below;
}

static uint64_t
known_limit(const World *world)
{
	uint64_t highest = world->progress;

	for (int i = 0; i < MAX_STREAMS; i++)
		if (world->limits[i] > highest)
			highest = world->limits[i];
	return highest;
}

static void
send_record(World *world, int stream, uint64_t lsn, uint64_t ticket)
{
	Wire *wire = &world->wires[world->stream];

	wire->records[wire->count++] = (Record){stream, lsn, ticket};
}

/* The oldest record of a producer becomes durable; only the one at work hears of it. */
static void
land(World *world, int producer)
{
	Wire *wire = &world->wires[producer];
	Record record = wire->records[0];

	if (wire->count == 0)
		return;
	memmove(wire->records, wire->records + 1, --wire->count * sizeof(Record));
	world->limits[record.stream] = record.lsn;
	if (producer == world->stream && record.ticket != 0)
		slot_limit_reported(&world->limit, record.ticket);
}

static void
announce(World *world)
{
	uint64_t lsn = slot_limit_next(&world->limit, world->delivered, world->now_ms);

	if (world->wires[world->stream].count > MAX_RECORDS / 2)
		return; /* full */
	if (lsn != 0)
		send_record(world, world->stream, lsn, slot_limit_put(&world->limit, lsn, world->now_ms));
	else if (!world->dropped && world->limit.announced && world->limit.pending == 0)
	{
		for (int i = 0; i < MAX_STREAMS && !world->dropped; i++)
			if (world->known[i] && world->wires[world->stream].count < MAX_RECORDS)
			{
				send_record(world, i, 0, 0);
				world->known[i] = false;
			}
		world->dropped = true;
	}
}

/* A status update that reaches the server, unless it is lost. */
static void
confirm(World *world)
{
	uint64_t lsn = slot_limit_allows(&world->limit, world->delivered);

	if (pick(world, 4) > 0 && lsn > world->slot)
		world->slot = lsn;
}

/* Kills leave records on their way that land now, later or never. */
static void
start(World *world)
{
	world->stream++;
	if (world->slot > known_limit(world))
		world->wrong++;
	for (int i = 0; i < MAX_STREAMS; i++)
		world->known[i] = world->limits[i] != 0;
	world->dropped = false;
	if (world->delivered < world->slot || pick(world, 2) == 0)
		world->delivered =
			world->slot > world->progress ? world->slot : world->progress; /* what was on its way comes again */
	slot_limit_begin(&world->limit, true, world->slot);
}

static void
turn(World *world)
{
	switch (pick(world, 12))
	{
		case 0:
			world->delivered += pick(world, 2) == 0 ? pick(world, 100) : pick(world, 1000000);
			break;
		case 1:
			world->now_ms += pick(world, 10) == 0 ? 6000 : pick(world, 300);
			break;
		case 2:
		case 3:
			announce(world);
			break;
		case 4:
		case 5:
		case 6:
			land(world, world->stream);
			break;
		case 7:
			land(world, (int) pick(world, (uint32_t) world->stream + 1)); /* an old relay wakes */
			break;
		case 8:
			if (pick(world, 20) == 0)
				world->progress = world->delivered;
			break;
		case 9:
			if (pick(world, 30) == 0)
				world->slot_saved = world->slot; /* a checkpoint */
			break;
		default:
			confirm(world);
	}
}

/* As relay_limit_settle() and what follows it; then somebody moves the slot by a byte. */
static void
stop(World *world, int *seen, int *stops)
{
	while (world->wires[world->stream].count > 0)
		land(world, world->stream);
	send_record(world, world->stream, world->delivered, slot_limit_put(&world->limit, world->delivered, world->now_ms));
	land(world, world->stream);
	world->progress = world->delivered;
	world->slot = slot_limit_allows(&world->limit, world->delivered);
	(*stops)++;
	*seen += world->slot + 1 > known_limit(world);
}

static void
run_world(uint32_t seed, int *wrong, int *seen, int *stops)
{
	World *world = calloc(1, sizeof(World));

	world->random = seed;
	world->slot = world->delivered = world->progress = world->slot_saved = 1000;
	for (int i = 0; i + 1 < MAX_STREAMS; i++)
	{
		start(world);
		for (uint32_t turns = pick(world, 200); turns > 0; turns--)
			turn(world);
		if (pick(world, 4) == 0)
			stop(world, seen, stops);
		if (pick(world, 8) == 0)
			world->slot = world->slot_saved; /* a crash of the server */
	}
	*wrong += world->wrong;
	free(world);
}

static void
test_property(void)
{
	int wrong = 0;
	int seen = 0;
	int stops = 0;

	for (uint32_t seed = 1; seed <= 2000; seed++)
		run_world(seed, &wrong, &seen, &stops);
	unit_is_int(wrong, 0, "in 126000 starts nobody is suspected for nothing");
	unit_ok(stops > 10000, "%d of them after a stop", stops);
	unit_ok(seen > stops / 2, "after %d of these a single byte would have been noticed", seen);
}

int
main(void)
{
	test_by_hand();
	test_rhythm();
	test_property();
	return unit_done();
}

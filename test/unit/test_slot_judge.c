/*
 * test_slot_judge.c
 *	  Samples in, warnings out.
 */
#include "unit.h"

#include <stdlib.h>

#include "bytes.h"
#include "slot_judge.h"

#define MB (INT64_C(1024) * 1024)

typedef struct Fixture
{
	SlotJudge *judge;
	SlotSample sample;
	MetricsValues relay;
	SlotValues values;
	char said[2048];
	int lines;
} Fixture;

static void
say(void *arg, LogLevel level, const char *text)
{
	Fixture *fixture = arg;

	(void) level;
	snprintf(fixture->said, sizeof(fixture->said), "%s", text);
	fixture->lines++;
}

static Fixture *
fixture_new(int64_t watchdog_ms)
{
	Fixture *fixture = bytes_alloc_zero(1, sizeof(Fixture));

	fixture->judge = slot_judge_new("s", watchdog_ms, say, fixture);
	fixture->sample = (SlotSample){.current_lsn = (uint64_t) (1000 * MB),
								   .confirmed_lsn = (uint64_t) (1000 * MB),
								   .restart_lsn = (uint64_t) (1000 * MB),
								   .safe_bytes = -1,
								   .keep_bytes = -1,
								   .wal_status = "reserved",
								   .work_mem = "64MB"};
	fixture->relay.connected = true;
	return fixture;
}

static void
fixture_free(Fixture *fixture)
{
	slot_judge_free(fixture->judge);
	free(fixture);
}

/* Ten seconds and so much WAL later; returns what the judge says, or "". */
static const char *
later(Fixture *fixture, int64_t wal, int64_t confirmed)
{
	fixture->said[0] = '\0';
	fixture->lines = 0;
	fixture->sample.at_ms += 10000;
	fixture->sample.current_lsn += (uint64_t) wal;
	fixture->sample.confirmed_lsn += (uint64_t) confirmed;
	if (fixture->sample.safe_bytes >= 0)
		fixture->sample.safe_bytes -= wal - confirmed;
	if (!slot_judge_sample(fixture->judge, &fixture->sample, &fixture->relay, &fixture->values))
		return "stuck";
	unit_ok(fixture->lines <= 1, "one line at most");
	return fixture->said;
}

static void
test_loss(void)
{
	Fixture *fixture = fixture_new(0);

	fixture->sample.keep_bytes = 1000 * MB;
	fixture->sample.safe_bytes = 1000 * MB;
	unit_is_str(later(fixture, 0, 0), "", "all is well");
	for (int i = 0; i < 4; i++)
		unit_is_str(later(fixture, MB, 0), "", "slowly");
	fixture->sample.at_ms += 3600000;
	unit_contains(later(fixture, 500 * MB, 0), "loses its WAL in about", "half of it is gone");
	unit_contains(fixture->said, "496 MB are left of max_slot_wal_keep_size (1000 MB)", "the sizes");
	unit_ok(fixture->values.seconds_to_loss > 1000 && fixture->values.seconds_to_loss < 10000, "time to loss: %g s",
			fixture->values.seconds_to_loss);
	unit_is_str(later(fixture, 0, 0), "", "said once");
	unit_contains(later(fixture, 440 * MB, 0), "loses its WAL", "worse");
	snprintf(fixture->sample.wal_status, sizeof(fixture->sample.wal_status), "unreserved");
	unit_contains(later(fixture, 0, 0), "next checkpoint", "unreserved");
	snprintf(fixture->sample.wal_status, sizeof(fixture->sample.wal_status), "reserved");
	fixture->sample.safe_bytes = 990 * MB;
	for (int i = 0; i < 20; i++)
		later(fixture, 0, 0);
	fixture->sample.safe_bytes = 400 * MB;
	unit_contains(later(fixture, 0, 0), "400 MB are left", "again after it was well");
	snprintf(fixture->sample.wal_status, sizeof(fixture->sample.wal_status), "lost");
	unit_contains(later(fixture, 0, 0), "has lost its WAL", "lost");
	fixture_free(fixture);
}

static void
test_spill(void)
{
	Fixture *fixture = fixture_new(0);

	fixture->sample.spilled_bytes = 500;
	unit_is_str(later(fixture, 0, 0), "", "what was spilled before concerns nobody");
	fixture->sample.spilled_transactions = 2;
	fixture->sample.spilled_bytes = (uint64_t) (100 * MB);
	unit_contains(later(fixture, 0, 0), "spilled 2 transactions (100 MB)", "spilled");
	unit_contains(fixture->said, "logical.decoding.work.mem", "the option");
	fixture->sample.spilled_bytes += (uint64_t) MB;
	unit_is_str(later(fixture, 0, 0), "", "not at once again");
	fixture_free(fixture);
}

static void
test_lag(void)
{
	Fixture *fixture = fixture_new(0);
	int said = 0;

	later(fixture, 0, 0);
	for (int i = 0; i < 20; i++)
		said += strstr(later(fixture, 10 * MB, 0), "falls behind") != NULL;
	unit_is_int(said, 2, "at a trend, and when it has doubled");
	unit_is_uint(fixture->values.lag_bytes, (uint64_t) (200 * MB), "lag");
	unit_contains(later(fixture, 0, 190 * MB), "catches up", "and when it is over");
	fixture_free(fixture);
}

static void
test_holder(void)
{
	Fixture *fixture = fixture_new(0);
	int said = 0;

	fixture->relay.connected = false;
	fixture->sample.active_pid = 42;
	snprintf(fixture->sample.holder, sizeof(fixture->sample.holder), "other, 10.0.0.1");
	for (int i = 0; i < 12; i++)
		said += strstr(later(fixture, MB, 0), "held by process 42 (other, 10.0.0.1)") != NULL;
	unit_is_int(said, 1, "said once");
	later(fixture, MB, MB);
	for (int i = 0; i < 12; i++)
		said += strstr(later(fixture, MB, MB), "held by") != NULL;
	unit_is_int(said, 1, "one that works is left alone");
	fixture_free(fixture);
}

static void
test_watchdog(void)
{
	Fixture *fixture = fixture_new(60000);

	later(fixture, 0, 0);
	for (int i = 0; i < 20; i++)
		later(fixture, 0, 0);
	unit_ok(strcmp(later(fixture, 0, 0), "stuck") != 0, "an idle server is no trouble");
	for (int i = 0; i < 5; i++)
		unit_ok(strcmp(later(fixture, MB, 0), "stuck") != 0, "not yet");
	unit_is_str(later(fixture, 0, 0), "stuck", "WAL grew, nothing moved");
	fixture->relay.records_delivered++;
	for (int i = 0; i < 6; i++)
		unit_ok(strcmp(later(fixture, MB, 0), "stuck") != 0, "something moved");
	unit_is_str(later(fixture, MB, 0), "stuck", "and nothing more");
	fixture_free(fixture);
	fixture = fixture_new(0);
	for (int i = 0; i < 100; i++)
		unit_ok(strcmp(later(fixture, MB, 0), "stuck") != 0, "no watchdog");
	fixture_free(fixture);
}

int
main(void)
{
	test_loss();
	test_spill();
	test_lag();
	test_holder();
	test_watchdog();
	return unit_done();
}

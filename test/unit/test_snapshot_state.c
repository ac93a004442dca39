/*
 * test_snapshot_state.c
 *	  What is missing of a snapshot: to JSON and back, and what is no such JSON.
 */
#include <stdlib.h>
#include <string.h>

#include "snapshot_state.h"
#include "unit.h"

static CutSnapshot *
example(void)
{
	CutSnapshot *cut = snapshot_state_new();
	SnapshotTable *table;

	cut->lsn = 0x1600000010;
	cut->stream_lsn = 0x1600000008;
	cut->timeline = 3;
	cut->options_hash = 0xFEDCBA9876543210u;
	cut->seen_by = strdup("700:712:703,709");
	cut->ts_us = strdup("1700000000000000");
	cut->begun = true;
	table = snapshot_state_add(cut);
	table->oid = 4294967295u;
	table->filenode = 16390;
	table->begun = true;
	snapshot_table_add_range(table, 5, 100);
	snapshot_table_add_range(table, 4294967294u, SNAPSHOT_TO_END);
	table = snapshot_state_add(cut);
	table->oid = 7;
	table->whole = true;
	return cut;
}

static void
test_round_trip(void)
{
	CutSnapshot *cut = example();
	char *json = snapshot_state_json(cut);
	CutSnapshot *again = snapshot_state_parse(json, strlen(json));
	char *same = again != NULL ? snapshot_state_json(again) : strdup("");
	const SnapshotTable *table = again != NULL ? snapshot_state_find(again, 4294967295u) : NULL;

	unit_is_str(same, json, "comes back as it was");
	unit_ok(table != NULL && table->range_count == 2 && table->ranges[1].end == SNAPSHOT_TO_END, "with its ranges");
	unit_ok(again != NULL && again->txid == NULL, "no transaction id, as on a standby");
	unit_ok(again != NULL && snapshot_state_find(again, 8) == NULL, "a table not listed is not missing");
	free(same);
	free(json);
	snapshot_state_free(again);
	snapshot_state_free(cut);
}

static void
refused(const char *json, const char *name)
{
	CutSnapshot *cut = snapshot_state_parse(json, strlen(json));

	unit_ok(cut == NULL, "refused: %s", name);
	snapshot_state_free(cut);
}

#define HEAD \
	"{\"lsn\":\"1\",\"stream_lsn\":\"1\",\"timeline\":1,\"options_hash\":\"2\",\"seen_by\":\"1:1:\",\"ts_us\":\"0\","

static void
test_refused(void)
{
	refused("", "nothing");
	refused("[]", "an array");
	refused("{}", "an empty object");
	refused(HEAD "\"begun\":true}", "no tables");
	refused(HEAD "\"begun\":1,\"tables\":[]}", "a number as a flag");
	refused(HEAD "\"begun\":true,\"tables\":[1]}", "a number as a table");
	refused(HEAD "\"begun\":true,\"tables\":[{\"oid\":1,\"filenode\":1,\"begun\":true,\"whole\":false}]}", "no blocks");
	refused(HEAD
			"\"begun\":true,\"tables\":[{\"oid\":1,\"filenode\":1,\"begun\":true,\"whole\":false,\"missing\":[1]}]}",
			"half a range");
	refused(
		HEAD
		"\"begun\":true,\"tables\":[{\"oid\":4294967296,\"filenode\":1,\"begun\":true,\"whole\":false,\"missing\":[]}]}",
		"an oid that is none");
	refused(HEAD
			"\"begun\":true,\"tables\":[{\"oid\":1,\"filenode\":1,\"begun\":true,\"whole\":false,\"missing\":[-1,2]}]}",
			"a negative block");
}

static void
test_hash(void)
{
	unit_ok(snapshot_state_hash("ab", "c") != snapshot_state_hash("a", "bc"), "the hash tells where a text ends");
	unit_ok(snapshot_state_hash("a", "b") == snapshot_state_hash("a", "b"), "and is the same for the same");
}

int
main(void)
{
	test_round_trip();
	test_refused();
	test_hash();
	return unit_done();
}

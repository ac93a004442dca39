/*
 * test_incremental.c
 *	  Signals, the state of incremental snapshots, and the window: random
 *	  histories of transactions against what a consumer then has.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "incremental_internal.h"
#include "incremental_state.h"
#include "incremental_window.h"
#include "memory.h"
#include "snapshot_signal.h"
#include "unit.h"

#define CHECK(condition) unit_ok(condition, "%s: %s", __func__, #condition)
#define KEYS 40
#define TRANSACTIONS 300
#define CHANGES_MAX 4
#define RELATION 16384

/* ---- the window ---- */

typedef struct Transaction
{
	int keys[CHANGES_MAX];
	size_t count;
	int commits_at;	 /* step at which its commit is in the stream */
	int visible_at;	 /* step at which snapshots see it; not before it commits */
	int begins_at;	 /* step from which on it has a number */
	int value[KEYS]; /* what it leaves in its keys */
} Transaction;

typedef struct History
{
	uint32_t random;
	uint64_t first_xid;
	Transaction transactions[TRANSACTIONS];
	int end; /* all is visible */
} History;

static uint32_t
pick(History *history, uint32_t limit)
{
	history->random = history->random * 1664525 + 1013904223;
	return (history->random >> 8) % limit;
}

/* 0, 1 and 2 are no numbers of transactions in any round. */
static uint64_t
xid_of(const History *history, int i)
{
	uint64_t xid = history->first_xid + (uint64_t) i;

	return (xid >> 32) == (history->first_xid >> 32) ? xid : xid + 3;
}

/*
 * Keys are locked by row locks, so who changes
 * one begins after the last who did was visible.
 */
static void
make_history(History *history)
{
	int free_at[KEYS] = {0};
	int value = 0;

	history->end = 0;
	for (int i = 0; i < TRANSACTIONS; i++)
	{
		Transaction *transaction = &history->transactions[i];
		int begin = i;

		memset(transaction, 0, sizeof(*transaction));
		transaction->count = 1 + pick(history, CHANGES_MAX);
		for (size_t k = 0; k < transaction->count; k++)
		{
			transaction->keys[k] = (int) pick(history, KEYS);
			if (free_at[transaction->keys[k]] > begin)
				begin = free_at[transaction->keys[k]];
		}
		transaction->begins_at = i;
		transaction->commits_at = begin + 1 + (int) pick(history, 20);
		transaction->visible_at = transaction->commits_at + (pick(history, 3) == 0 ? (int) pick(history, 15) : 0);
		for (size_t k = 0; k < transaction->count; k++)
		{
			free_at[transaction->keys[k]] = transaction->visible_at;
			transaction->value[transaction->keys[k]] = ++value;
		}
		if (history->end < transaction->visible_at)
			history->end = transaction->visible_at;
	}
}

static void
snapshot_text(const History *history, int step, char *text, size_t size)
{
	uint64_t xmin = 0;
	uint64_t xmax = history->first_xid;
	size_t used;

	for (int i = 0; i < TRANSACTIONS; i++)
		if (history->transactions[i].begins_at <= step)
			xmax = xid_of(history, i) + 1;
	xmin = xmax;
	for (int i = TRANSACTIONS - 1; i >= 0; i--)
		if (history->transactions[i].begins_at <= step && history->transactions[i].visible_at > step)
			xmin = xid_of(history, i);
	used = (size_t) snprintf(text, size, "%" PRIu64 ":%" PRIu64 ":", xmin, xmax);
	for (int i = 0, any = 0; i < TRANSACTIONS; i++)
		if (history->transactions[i].begins_at <= step && history->transactions[i].visible_at > step)
			used += (size_t) snprintf(text + used, size - used, "%s%" PRIu64, any++ ? "," : "", xid_of(history, i));
}

/* The table as seen at a step: the values of the transactions visible then. */
static void
table_at(const History *history, int step, int *table)
{
	for (int key = 0; key < KEYS; key++)
		table[key] = -1 - key;
	for (int i = 0; i < TRANSACTIONS; i++)
		for (size_t k = 0; k < history->transactions[i].count; k++)
		{
			int key = history->transactions[i].keys[k];

			if (history->transactions[i].visible_at <= step && history->transactions[i].value[key] > table[key])
				table[key] = history->transactions[i].value[key];
		}
}

/* What the stream brings at a step goes to the consumer and to the window. */
static void
stream_step(const History *history, int step, IncrementalWindow *window, int *consumer)
{
	for (int i = 0; i < TRANSACTIONS; i++)
	{
		const Transaction *transaction = &history->transactions[i];

		if (transaction->commits_at != step)
			continue;
		for (size_t k = 0; k < transaction->count; k++)
		{
			int key = transaction->keys[k];

			consumer[key] = transaction->value[key];
			incremental_window_note(window, RELATION, (uint64_t) key + 1, (uint32_t) xid_of(history, i));
		}
	}
}

/*
 * One chunk of all keys, asked for, read and closed at random steps; returns
 * how many rows went out.  At the end the consumer must have the table.
 */
static int
play(History *history)
{
	IncrementalWindow *window = incremental_window_new();
	int asked = 20 + (int) pick(history, TRANSACTIONS / 2);
	int read = asked + (int) pick(history, 20);
	int closed = read + 16 + (int) pick(history, 20); /* all that the snapshot saw has come by then */
	int consumer[KEYS] = {0};
	int rows[KEYS] = {0};
	int table[KEYS];
	char text[16384];
	int sent = 0;

	for (int step = 0; step <= history->end; step++)
	{
		stream_step(history, step, window, consumer);
		if (step == asked)
			incremental_window_begin(window);
		if (step == read)
		{
			table_at(history, step, rows);
			snapshot_text(history, step, text, sizeof(text));
			unit_state.failed += incremental_window_read(window, text, true) ? 0 : 1;
		}
		if (step != closed)
			continue;
		for (int key = 0; key < KEYS; key++)
			if (incremental_window_allows(window, RELATION, (uint64_t) key + 1))
			{
				/* values of a key only grow */
				unit_state.failed += consumer[key] != 0 && rows[key] < consumer[key];
				consumer[key] = rows[key];
				sent++;
			}
		incremental_window_end(window);
	}
	table_at(history, history->end, table);
	for (int key = 0; key < KEYS; key++)
		if (consumer[key] != table[key])
		{
			printf("# key %d: consumer %d, table %d (random %" PRIu32 ")\n", key, consumer[key], table[key],
				   history->random);
			unit_state.failed++;
		}
	incremental_window_free(window);
	return sent;
}

static void
test_histories(void)
{
	static History history;
	static const uint64_t first_xids[] = {700, UINT64_C(0xFFFFFFF0), UINT64_C(0x1FFFFFF80), UINT64_C(0x300000010)};
	int failed_before = unit_state.failed;
	int sent = 0;

	for (uint32_t seed = 1; seed <= 2000; seed++)
	{
		history.random = seed;
		history.first_xid = first_xids[seed % 4];
		make_history(&history);
		sent += play(&history);
	}
	CHECK(unit_state.failed == failed_before);
	CHECK(sent > 10000); /* rows do go out */
	CHECK(sent < 2000 * KEYS);
}

static void
test_window_rules(void)
{
	IncrementalWindow *window = incremental_window_new();

	incremental_window_note(window, 1, 7, 100);
	incremental_window_note(window, 1, 8, 90);
	incremental_window_note(window, 2, 0, 101); /* a TRUNCATE, or a key that is not known */
	incremental_window_note(window, 3, 0, 90);
	incremental_window_begin(window);
	CHECK(incremental_window_read(window, "95:100:", true));
	CHECK(!incremental_window_allows(window, 1, 7));
	CHECK(incremental_window_allows(window, 1, 8));
	CHECK(incremental_window_allows(window, 3, 7) && !incremental_window_is_blind_for(window, 3));
	CHECK(!incremental_window_is_blind_for(window, 1));
	CHECK(incremental_window_is_blind_for(window, 2));
	CHECK(!incremental_window_allows(window, 2, 55));
	CHECK(incremental_window_allows(window, 2, 0));
	incremental_window_note(window, 1, 8, 99);
	CHECK(incremental_window_allows(window, 1, 8));
	incremental_window_note(window, 1, 8, 300);
	CHECK(!incremental_window_allows(window, 1, 8));
	incremental_window_end(window);

	/* a standby lists no running transactions: what is not before xmin counts as not seen */
	incremental_window_begin(window);
	CHECK(incremental_window_read(window, "95:200:", false));
	CHECK(!incremental_window_allows(window, 1, 7));
	incremental_window_end(window);
	CHECK(!incremental_window_read(window, "95:", true));
	incremental_window_end(window);
	incremental_window_free(window);
}

/* Memory ends: a transaction that came by the stream long ago, and that the snapshot does not see. */
static void
test_blind_window(void)
{
	IncrementalWindow *window = incremental_window_new();

	incremental_window_note(window, 1, 1, 50);
	for (uint32_t i = 0; i < 70000; i++)
		incremental_window_note(window, 1, i + 2, 60 + i / 100);
	incremental_window_begin(window);
	CHECK(incremental_window_read(window, "50:2000:50", true));
	CHECK(incremental_window_is_blind(window));
	incremental_window_end(window);
	incremental_window_begin(window);
	CHECK(incremental_window_read(window, "2000:2000:", true));
	CHECK(!incremental_window_is_blind(window));
	incremental_window_end(window);
	incremental_window_free(window);
}

/* A bulk load is open for long: it is no reason to read again, and its rows win over those of the chunk. */
static void
test_long_transaction(void)
{
	IncrementalWindow *window = incremental_window_new();

	for (uint32_t i = 0; i < 200000; i++)
		incremental_window_note(window, 1, i + 2, 60 + i / 100);
	incremental_window_begin(window);
	CHECK(incremental_window_read(window, "50:3000:50", true));
	CHECK(!incremental_window_is_blind(window));
	CHECK(incremental_window_allows(window, 1, 1));
	incremental_window_note(window, 1, 1, 50);
	CHECK(!incremental_window_allows(window, 1, 1));
	CHECK(incremental_window_allows(window, 1, 199999));
	incremental_window_end(window);
	incremental_window_free(window);
}

/* ---- signals ---- */

static void
test_signal_forms(void)
{
	static const char text[] =
		"{\"id\":\"1\",\"slot\":\"s\",\"type\":\"execute-snapshot\",\"data\":\"{\\\"data-collections\\\":[\\\" public.t \\\",\\\"a.b\\\"],"
		"\\\"type\\\":\\\"BLOCKING\\\",\\\"surrogate-key\\\":\\\"k\\\",\\\"additional-conditions\\\":[{\\\"data-collection\\\":\\\"a.b\\\","
		"\\\"filter\\\":\\\"x > 1\\\"}]}\"}";
	static const char object[] = "{\"id\":\"1\",\"type\":\"stop-snapshot\",\"data\":{}}";
	static const char deleted[] = "{\"deleted\":\"u-open\"}";
	SnapshotSignal signal = snapshot_signal_parse(text, strlen(text));

	CHECK(signal.type == SIGNAL_EXECUTE && signal.blocking && signal.collection_count == 2);
	CHECK(strcmp(signal.collections[0], "public.t") == 0 && strcmp(signal.surrogate_key, "k") == 0);
	CHECK(signal.condition_count == 1 && strcmp(signal.conditions[0].filter, "x > 1") == 0);
	CHECK(strcmp(signal.slot, "s") == 0);
	snapshot_signal_clear(&signal);
	signal = snapshot_signal_parse(object, strlen(object));
	CHECK(signal.type == SIGNAL_STOP && signal.collection_count == 0);
	snapshot_signal_clear(&signal);
	signal = snapshot_signal_parse(deleted, strlen(deleted));
	CHECK(signal.type == SIGNAL_DELETED && strcmp(signal.id, "u-open") == 0);
	snapshot_signal_clear(&signal);
}

static void
test_signal_unusable(void)
{
	static const char *const texts[] = {
		"",
		"[]",
		"{",
		"{\"id\":\"x\"}",
		"{\"id\":\"x\",\"type\":\"nothing\"}",
		"{\"id\":\"x\",\"type\":\"execute-snapshot\"}",
		"{\"id\":\"x\",\"type\":\"execute-snapshot\",\"data\":\"no json\"}",
		"{\"id\":\"x\",\"type\":\"execute-snapshot\",\"data\":{\"data-collections\":[1]}}",
		"{\"id\":\"x\",\"type\":\"execute-snapshot\",\"data\":{\"data-collections\":[\"a\"],\"type\":\"odd\"}}",
		"{\"id\":\"x\",\"type\":\"execute-snapshot\",\"data\":{\"data-collections\":[\"a\"],\"additional-conditions\":[1]}}",
		"{\"id\":\"x\",\"type\":\"log\",\"data\":{}}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
	{
		SnapshotSignal signal = snapshot_signal_parse(texts[i], strlen(texts[i]));

		CHECK(signal.type == SIGNAL_NONE && signal.reason[0] != '\0');
		snapshot_signal_clear(&signal);
	}
}

static void
test_signal_log(void)
{
	static const char text[] = "{\"id\":\"x\",\"type\":\"log\",\"data\":{\"message\":\"at {} and {}\"}}";
	SnapshotSignal signal = snapshot_signal_parse(text, strlen(text));
	char *line = snapshot_signal_log_text(&signal, "0/16");

	CHECK(strcmp(line, "at 0/16 and {}") == 0);
	free(line);
	snapshot_signal_clear(&signal);
}

/* ---- the state ---- */

static void
test_state(void)
{
	IncrementalState *state = incremental_state_new();
	IncrementalState *again;
	char *values[] = {"1", "a\"b"};
	const IncrementalKey key = {.count = 2, .values = values};
	const IncrementalTable first = {.schema = "public", .table = "t", .condition = "x > 'y'", .correlation = "id"};
	const IncrementalTable second = {.schema = "", .table = "nothing", .surrogate_key = "k"};
	char *json;
	char *json_again;

	state->signal_commit_lsn = UINT64_C(0x1FFFFFFFF);
	state->signal_lsn = 77;
	state->paused = true;
	CHECK(incremental_state_push(state, "source:1:A {}", strlen("source:1:A {}")));
	incremental_state_add(state, &first);
	incremental_state_add(state, &second);
	state->position.columns = memory_strdup("[\"a\",\"b\"]");
	state->position.last = incremental_key_copy(&key);
	state->position.maximum = incremental_key_copy(&key);
	state->position.rows = 5;
	json = incremental_state_json(state);
	again = incremental_state_parse(json, strlen(json));
	CHECK(again != NULL);
	json_again = incremental_state_json(again);
	CHECK(strcmp(json, json_again) == 0);
	CHECK(again->table_count == 2 && again->inbox_count == 1 && again->paused && again->position.last.count == 2);
	CHECK(incremental_state_knows(again, UINT64_C(0x1FFFFFFFF), 77) && incremental_state_knows(again, 5, 1000));
	CHECK(!incremental_state_knows(again, UINT64_C(0x1FFFFFFFF), 78));
	CHECK(!incremental_state_knows(again, UINT64_C(0x200000000), 1));
	incremental_state_next(again);
	CHECK(again->table_count == 1 && again->position.columns == NULL && again->position.last.count == 0);
	for (size_t size = 0; size + 1 < strlen(json); size += 7)
		CHECK(incremental_state_parse(json, size) == NULL);
	free(json);
	free(json_again);
	incremental_state_free(state);
	incremental_state_free(again);
}

/* Whatever is written to the database, what is stored fits into a record. */
static void
test_state_limits(void)
{
	static char text[INCREMENTAL_SIGNAL_MAX + 1];
	IncrementalState *state = incremental_state_new();
	char *json;

	memset(text, '"', sizeof(text));
	CHECK(!incremental_state_push(state, text, sizeof(text)));
	CHECK(state->inbox_count == 0 && incremental_state_has_room(state));
	CHECK(incremental_state_push(state, text, INCREMENTAL_SIGNAL_MAX));
	CHECK(!incremental_state_has_room(state));
	while (incremental_state_push(state, text, INCREMENTAL_SIGNAL_MAX))
		continue;
	CHECK(state->inbox_count == 3);
	json = incremental_state_json(state);
	CHECK(strlen(json) > 3 * 2 * INCREMENTAL_SIGNAL_MAX && strlen(json) < INCREMENTAL_PART_MAX);
	free(json);
	while (state->inbox_count > 0)
		incremental_state_shift(state);
	memset(text, 1, sizeof(text)); /* \u0001 */
	CHECK(incremental_state_push(state, text, INCREMENTAL_SIGNAL_MAX));
	CHECK(!incremental_state_push(state, text, INCREMENTAL_SIGNAL_MAX) && state->inbox_count == 1);
	incremental_state_shift(state);
	while (incremental_state_push(state, "{}", 2))
		continue;
	CHECK(state->inbox_count == INCREMENTAL_INBOX_MAX && !incremental_state_has_room(state));
	incremental_state_shift(state);
	CHECK(incremental_state_push(state, "{}", 2));
	incremental_state_free(state);
}

/* A pattern that fits many tables, with a long condition for each. */
static void
test_table_limits(void)
{
	static char condition[1000];
	const IncrementalTable table = {.schema = "public", .table = "t", .condition = condition};
	IncrementalState *state = incremental_state_new();
	IncrementalState *many = incremental_state_new();

	memset(condition, 'x', sizeof(condition) - 1);
	for (int i = 0; i < 300; i++)
		incremental_state_add(many, &table);
	CHECK(incremental_state_add_all(state, many));
	CHECK(!incremental_state_add_all(state, many));
	CHECK(state->table_count == 300 && many->table_count == 300);
	incremental_state_free(state);
	incremental_state_free(many);
}

/* A server that was restored begins again before the last signal. */
static void
test_state_history(void)
{
	IncrementalState *state = incremental_state_new();

	state->signal_commit_lsn = 1000;
	state->signal_lsn = 900;
	CHECK(incremental_state_fits_history(state, 1000));
	CHECK(incremental_state_knows(state, 500, 400));
	CHECK(!incremental_state_fits_history(state, 999));
	CHECK(!incremental_state_knows(state, 500, 400));
	CHECK(incremental_state_fits_history(state, 999));
	incremental_state_free(state);
}

/* ---- a blocking snapshot ---- */

/*
 * Exactly once a failed transaction takes the state back: what was resolved
 * counts only while its signal is the first of the inbox.
 */
static void
test_blocking(void)
{
	static const char *const texts[] = {"kafka:0:0 {\"id\":\"blocking\"}", "kafka:0:0 {\"id\":\"next\"}"};
	Incremental self = {.blocking = incremental_state_new(),
						.blocking_signal = memory_strdup(texts[0]),
						.state = incremental_state_new(),
						.relay = bytes_alloc_zero(1, sizeof(Relay))};

	CHECK(incremental_state_push(self.state, texts[0], strlen(texts[0])));
	CHECK(incremental_state_push(self.state, texts[1], strlen(texts[1])));
	incremental_blocking_check(&self);
	CHECK(incremental_blocking(&self) != NULL);
	incremental_blocking_done(&self);
	CHECK(incremental_blocking(&self) == NULL && self.state->inbox_count == 1);
	CHECK(strcmp(self.state->inbox[0], texts[1]) == 0);

	/* the state no longer has the signal: the next one is not taken for it */
	self.blocking = incremental_state_new();
	self.blocking_signal = memory_strdup(texts[0]);
	incremental_blocking_done(&self);
	CHECK(self.state->inbox_count == 1);
	self.blocking = incremental_state_new();
	self.blocking_signal = memory_strdup(texts[0]);
	incremental_blocking_check(&self);
	CHECK(incremental_blocking(&self) == NULL);
	incremental_state_shift(self.state);
	incremental_blocking_check(&self);
	incremental_blocking_done(&self);
	CHECK(self.state->inbox_count == 0);
	incremental_state_free(self.state);
	free(self.relay);
}

/* ---- the end of a window ---- */

/* Whatever ends it: once the stream has passed its position, nothing else will. */
static void
test_position_closes(void)
{
	static const WindowMark marks[] = {MARK_ROWS, MARK_MESSAGE, MARK_POSITION};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
	{
		Incremental self = {.mark = marks[i], .phase = PHASE_WINDOW, .chunk.position_lsn = 1000};

		CHECK(incremental_wants_position(&self));
		CHECK(!incremental_closes(&self, 999));
		CHECK(incremental_closes(&self, 1000));
		self.phase = PHASE_CHUNK;
		CHECK(!incremental_closes(&self, 2000) && !incremental_wants_position(&self));
		self.phase = PHASE_IDLE;
		self.closing = true; /* the rows are out, the state behind them is not */
		CHECK(incremental_closes(&self, 0));
	}
}

int
main(void)
{
	test_histories();
	test_window_rules();
	test_blind_window();
	test_long_transaction();
	test_signal_forms();
	test_signal_unusable();
	test_signal_log();
	test_state();
	test_state_limits();
	test_table_limits();
	test_state_history();
	test_blocking();
	test_position_closes();
	return unit_done();
}

/*
 * incremental_notices.c
 *	  In the order in which Debezium tells it.
 */
#include "incremental_notices.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "notification.h"

static const struct
{
	const char *words;
	ScanStatus status;
} statuses[] = {
	[TABLE_SUCCEEDED] = {"is delivered", SCAN_SUCCEEDED},
	[TABLE_EMPTY] = {"is delivered: it is empty", SCAN_EMPTY},
	[TABLE_NO_PRIMARY_KEY] = {"is skipped: it has no key", SCAN_NO_PRIMARY_KEY},
	[TABLE_SQL_EXCEPTION] = {"has ended with an error", SCAN_SQL_EXCEPTION},
	[TABLE_UNKNOWN_SCHEMA] = {"is skipped: it is not known", SCAN_UNKNOWN_SCHEMA},
};

/* Names of tables, and what points at them. */
typedef struct Names
{
	char **items;
	size_t count;
} Names;

char *
notice_table_name(const IncrementalTable *table)
{
	return memory_printf("%s%s%s", table->schema, *table->schema != '\0' ? "." : "", table->table);
}

static Names
names_of(const IncrementalState *state)
{
	Names names = {.items = bytes_alloc_zero(state->table_count + 1, sizeof(char *)), .count = state->table_count};

	for (size_t i = 0; i < state->table_count; i++)
		names.items[i] = notice_table_name(&state->tables[i]);
	return names;
}

static void
free_names(Names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
	free(names->items);
}

/* Without the first `passed` ones. */
static NotifiedIncremental
snapshot_of(const Names *names, size_t passed, const char *id)
{
	return (NotifiedIncremental){
		.id = id,
		.tables = {.names = (const char *const *) names->items + passed, .count = names->count - passed},
	};
}

static NotifiedKey
key_of(const IncrementalKey *key)
{
	return (NotifiedKey){.values = (const char *const *) key->values, .count = key->count};
}

void
notice_tables(Relay *relay, const IncrementalState *state, const char *id, bool first)
{
	Names names = names_of(state);
	NotifiedIncremental snapshot = snapshot_of(&names, 0, id);

	if (first)
	{
		log_info(relay->log, "incremental snapshot of %zu tables begins (signal \"%s\")", names.count, id);
		notify_incremental_started(relay->notifications, &snapshot);
		notify_incremental_resolved(relay->notifications, &snapshot);
	}
	else
		log_info(relay->log, "incremental snapshot goes on with %zu tables more (signal \"%s\")", names.count, id);
	free_names(&names);
}

static void
notice_passed(Relay *relay, const Names *names, size_t i, const char *id, const ChunkPassed *passed)
{
	NotifiedIncremental snapshot = snapshot_of(names, i, id);

	log_info(relay->log, "incremental snapshot of table \"%s\" %s, %" PRIu64 " rows", names->items[i],
			 statuses[passed->status].words, passed->rows);
	notify_incremental_table_completed(relay->notifications, &snapshot, names->items[i], passed->rows,
									   passed->total_rows, statuses[passed->status].status);
}

void
notice_chunk(Relay *relay, const IncrementalState *state, const ChunkResult *result)
{
	Names names = names_of(state);
	size_t passed = result->passed_count;
	NotifiedIncremental snapshot = snapshot_of(&names, passed, state->correlation);
	NotifiedChunk chunk = {
		.maximum = key_of(&result->position.maximum),
		.last = key_of(&result->position.last),
		.rows = result->position.rows,
		.total_rows = result->position.total_rows,
	};

	for (size_t i = 0; i < passed; i++)
		notice_passed(relay, &names, i, state->correlation, &result->passed[i]);
	if (result->frames != NULL)
	{
		chunk.table = names.items[passed];
		if (result->began)
			log_info(relay->log, "incremental snapshot of table \"%s\" begins", chunk.table);
		notify_incremental_in_progress(relay->notifications, &snapshot, &chunk);
	}
	free_names(&names);
}

void
notice_paused(Relay *relay, const IncrementalState *state, bool paused)
{
	Names names = names_of(state);
	NotifiedIncremental snapshot = snapshot_of(&names, 0, state->correlation);

	log_info(relay->log, "incremental snapshot %s", paused ? "pauses" : "goes on");
	if (paused)
		notify_incremental_paused(relay->notifications, &snapshot);
	else
		notify_incremental_resumed(relay->notifications, &snapshot);
	free_names(&names);
}

void
notice_stopped(Relay *relay, const IncrementalState *state, const char *id, const char *const *stopped, size_t count)
{
	Names names = names_of(state);
	NotifiedIncremental snapshot = snapshot_of(&names, 0, id);
	const NotificationTables tables = {.names = stopped, .count = count};

	for (size_t i = 0; i < count; i++)
		log_info(relay->log, "incremental snapshot of table \"%s\" is stopped by a signal", stopped[i]);
	notify_incremental_aborted(relay->notifications, &snapshot, &tables);
	free_names(&names);
}

void
notice_completed(Relay *relay, const char *id)
{
	NotifiedIncremental snapshot = {.id = id};

	log_info(relay->log, "incremental snapshot is delivered (signal \"%s\")", id != NULL ? id : "");
	notify_incremental_completed(relay->notifications, &snapshot);
}

void
notice_state(Relay *relay, const IncrementalState *state)
{
	relay->values.incremental_tables = state->table_count;
	relay->values.incremental_paused = state->paused && state->table_count > 0;
	relay->values.incremental_rows = state->position.rows;
}

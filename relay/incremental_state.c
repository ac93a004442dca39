/*
 * incremental_state.c
 *	  Lists of tables and signals, and their JSON.
 */
#include "incremental_state.h"

#include <stdlib.h>
#include <string.h>

#include "json_object.h"
#include "memory.h"

static char *
copy_or_null(const char *text)
{
	return text != NULL ? memory_strdup(text) : NULL;
}

IncrementalState *
incremental_state_new(void)
{
	IncrementalState *state = bytes_alloc_zero(1, sizeof(IncrementalState));

	state->position.total_rows = -1;
	state->kafka_offset = -1;
	return state;
}

static void
clear_table(IncrementalTable *table)
{
	free(table->schema);
	free(table->table);
	free(table->condition);
	free(table->surrogate_key);
	free(table->correlation);
}

void
incremental_key_clear(IncrementalKey *key)
{
	for (size_t i = 0; i < key->count; i++)
		free(key->values[i]);
	free(key->values);
	memset(key, 0, sizeof(*key));
}

IncrementalKey
incremental_key_copy(const IncrementalKey *key)
{
	IncrementalKey copy = {.count = key->count, .values = bytes_alloc_zero(key->count + 1, sizeof(char *))};

	for (size_t i = 0; i < key->count; i++)
		copy.values[i] = memory_strdup(key->values[i]);
	return copy;
}

void
incremental_position_clear(IncrementalPosition *position)
{
	free(position->columns);
	incremental_key_clear(&position->last);
	incremental_key_clear(&position->maximum);
	memset(position, 0, sizeof(*position));
	position->total_rows = -1;
}

IncrementalPosition
incremental_position_copy(const IncrementalPosition *position)
{
	return (IncrementalPosition){
		.columns = copy_or_null(position->columns),
		.last = incremental_key_copy(&position->last),
		.maximum = incremental_key_copy(&position->maximum),
		.rows = position->rows,
		.total_rows = position->total_rows,
	};
}

void
incremental_state_free(IncrementalState *state)
{
	if (state == NULL)
		return;
	while (state->inbox_count > 0)
		incremental_state_shift(state);
	while (state->table_count > 0)
		incremental_state_remove(state, state->table_count - 1);
	incremental_position_clear(&state->position);
	free(state->inbox);
	free(state->tables);
	free(state->correlation);
	free(state);
}

/* Commits come in the order of their LSNs; LSNs of changes do only inside one. */
bool
incremental_state_knows(const IncrementalState *state, uint64_t commit_lsn, uint64_t lsn)
{
	return commit_lsn < state->signal_commit_lsn ||
		   (commit_lsn == state->signal_commit_lsn && lsn <= state->signal_lsn);
}

bool
incremental_state_fits_history(IncrementalState *state, uint64_t server_wal_end)
{
	if (state->signal_commit_lsn <= server_wal_end)
		return true;
	state->signal_commit_lsn = 0;
	state->signal_lsn = 0;
	return false;
}

/* As JSON, of the inbox alone or of all else. */
static size_t
part_size(const IncrementalState *state, bool inbox)
{
	IncrementalState part = {.kafka_offset = -1, .position.total_rows = -1};
	char *json;
	size_t size;

	if (inbox)
	{
		part.inbox = state->inbox;
		part.inbox_count = state->inbox_count;
	}
	else
	{
		part = *state;
		part.inbox_count = 0;
	}
	json = incremental_state_json(&part);
	size = strlen(json);
	free(json);
	return size;
}

static void
push(IncrementalState *state, const char *json, size_t size)
{
	state->inbox = bytes_realloc(state->inbox, (state->inbox_count + 1) * sizeof(char *));
	state->inbox[state->inbox_count++] = bytes_copy_text(json, size);
}

bool
incremental_state_push(IncrementalState *state, const char *json, size_t size)
{
	if (size > INCREMENTAL_SIGNAL_MAX || state->inbox_count >= INCREMENTAL_INBOX_MAX)
		return false;
	push(state, json, size);
	if (part_size(state, true) <= INCREMENTAL_PART_MAX)
		return true;
	free(state->inbox[--state->inbox_count]);
	return false;
}

/* What is JSON grows to twice its size at most inside of a text. */
bool
incremental_state_has_room(const IncrementalState *state)
{
	size_t size = 0;

	for (size_t i = 0; i < state->inbox_count; i++)
		size += strlen(state->inbox[i]);
	return state->inbox_count < INCREMENTAL_INBOX_MAX / 2 && size < INCREMENTAL_SIGNAL_MAX;
}

void
incremental_state_shift(IncrementalState *state)
{
	free(state->inbox[0]);
	state->inbox_count--;
	memmove(state->inbox, state->inbox + 1, state->inbox_count * sizeof(char *));
}

void
incremental_state_add(IncrementalState *state, const IncrementalTable *table)
{
	state->tables = bytes_realloc(state->tables, (state->table_count + 1) * sizeof(IncrementalTable));
	state->tables[state->table_count++] = (IncrementalTable){
		.schema = memory_strdup(table->schema),
		.table = memory_strdup(table->table),
		.condition = copy_or_null(table->condition),
		.surrogate_key = copy_or_null(table->surrogate_key),
		.correlation = copy_or_null(table->correlation),
	};
}

bool
incremental_state_add_all(IncrementalState *state, const IncrementalState *other)
{
	size_t count = state->table_count;

	for (size_t i = 0; i < other->table_count; i++)
		incremental_state_add(state, &other->tables[i]);
	if (part_size(state, false) <= INCREMENTAL_PART_MAX)
		return true;
	while (state->table_count > count)
		incremental_state_remove(state, state->table_count - 1);
	return false;
}

void
incremental_state_remove(IncrementalState *state, size_t i)
{
	clear_table(&state->tables[i]);
	state->table_count--;
	memmove(state->tables + i, state->tables + i + 1, (state->table_count - i) * sizeof(IncrementalTable));
	if (i == 0)
		incremental_position_clear(&state->position);
}

void
incremental_state_next(IncrementalState *state)
{
	incremental_state_remove(state, 0);
}

/* ---- writing ---- */

static void
put_texts(yajl_gen gen, const char *name, char *const *texts, size_t count)
{
	json_put_text(gen, name);
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < count; i++)
		json_put_text(gen, texts[i]);
	yajl_gen_array_close(gen);
}

static void
put_tables(yajl_gen gen, const IncrementalState *state)
{
	json_put_text(gen, "tables");
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < state->table_count; i++)
	{
		yajl_gen_map_open(gen);
		json_put(gen, "schema", state->tables[i].schema);
		json_put(gen, "table", state->tables[i].table);
		json_put(gen, "condition", state->tables[i].condition);
		json_put(gen, "surrogate_key", state->tables[i].surrogate_key);
		json_put(gen, "correlation", state->tables[i].correlation);
		yajl_gen_map_close(gen);
	}
	yajl_gen_array_close(gen);
}

char *
incremental_state_json(const IncrementalState *state)
{
	const IncrementalPosition *position = &state->position;
	yajl_gen gen = json_begin();

	yajl_gen_map_open(gen);
	json_put_lsn(gen, "signal_commit_lsn", state->signal_commit_lsn);
	json_put_lsn(gen, "signal_lsn", state->signal_lsn);
	json_put_number(gen, "kafka_offset", state->kafka_offset);
	json_put_flag(gen, "paused", state->paused);
	put_texts(gen, "inbox", state->inbox, state->inbox_count);
	json_put(gen, "correlation", state->correlation);
	put_tables(gen, state);
	json_put(gen, "columns", position->columns);
	put_texts(gen, "last_key", position->last.values, position->last.count);
	put_texts(gen, "maximum_key", position->maximum.values, position->maximum.count);
	json_put_number(gen, "rows", (int64_t) position->rows);
	json_put_number(gen, "total_rows", position->total_rows);
	yajl_gen_map_close(gen);
	return json_end(gen);
}

/* ---- reading ---- */

static char *
get_copy(yajl_val map, const char *name)
{
	return copy_or_null(json_get_text(map, name));
}

static bool
get_texts(yajl_val map, const char *name, IncrementalKey *texts)
{
	yajl_val array = json_get_array(map, name);

	if (array == NULL)
		return false;
	texts->values = bytes_alloc_zero(YAJL_GET_ARRAY(array)->len + 1, sizeof(char *));
	for (size_t i = 0; i < YAJL_GET_ARRAY(array)->len; i++)
	{
		const char *text = YAJL_GET_STRING(YAJL_GET_ARRAY(array)->values[i]);

		if (text == NULL)
			return false;
		texts->values[texts->count++] = memory_strdup(text);
	}
	return true;
}

static bool
get_inbox(yajl_val map, IncrementalState *state)
{
	IncrementalKey texts = {0};
	bool good = get_texts(map, "inbox", &texts);

	for (size_t i = 0; i < texts.count; i++)
		push(state, texts.values[i], strlen(texts.values[i]));
	incremental_key_clear(&texts);
	return good;
}

static bool
get_tables(yajl_val map, IncrementalState *state)
{
	yajl_val array = json_get_array(map, "tables");

	if (array == NULL)
		return false;
	for (size_t i = 0; i < YAJL_GET_ARRAY(array)->len; i++)
	{
		yajl_val value = YAJL_GET_ARRAY(array)->values[i];
		IncrementalTable table = {0};

		if (!YAJL_IS_OBJECT(value) || json_get_text(value, "schema") == NULL || json_get_text(value, "table") == NULL)
			return false;
		table.schema = get_copy(value, "schema");
		table.table = get_copy(value, "table");
		table.condition = get_copy(value, "condition");
		table.surrogate_key = get_copy(value, "surrogate_key");
		table.correlation = get_copy(value, "correlation");
		incremental_state_add(state, &table);
		clear_table(&table);
	}
	return true;
}

static bool
get_position(yajl_val map, IncrementalPosition *position)
{
	int64_t rows;

	if (!get_texts(map, "last_key", &position->last) || !get_texts(map, "maximum_key", &position->maximum) ||
		!json_get_number(map, "rows", 0, INT64_MAX, &rows) ||
		!json_get_number(map, "total_rows", -1, INT64_MAX, &position->total_rows))
		return false;
	position->rows = (uint64_t) rows;
	position->columns = get_copy(map, "columns");
	return true;
}

IncrementalState *
incremental_state_parse(const char *json, size_t size)
{
	IncrementalState *state = incremental_state_new();
	yajl_val tree = json_parse(json, size);
	bool good = YAJL_IS_OBJECT(tree) && json_get_lsn(tree, "signal_commit_lsn", &state->signal_commit_lsn) &&
				json_get_lsn(tree, "signal_lsn", &state->signal_lsn) &&
				json_get_number(tree, "kafka_offset", -1, INT64_MAX, &state->kafka_offset) &&
				json_get_flag(tree, "paused", &state->paused) && get_inbox(tree, state) && get_tables(tree, state) &&
				get_position(tree, &state->position);

	if (good)
		state->correlation = get_copy(tree, "correlation");
	yajl_tree_free(tree);
	if (good)
		return state;
	incremental_state_free(state);
	return NULL;
}

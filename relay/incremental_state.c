/*
 * incremental_state.c
 *	  JSON with yajl, as in snapshot_state.c.
 */
#include "incremental_state.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

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

void
incremental_state_push(IncrementalState *state, const char *json, size_t size)
{
	state->inbox = bytes_realloc(state->inbox, (state->inbox_count + 1) * sizeof(char *));
	state->inbox[state->inbox_count++] = bytes_copy_text(json, size);
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
put_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

static void
put_named(yajl_gen gen, const char *name, const char *text)
{
	if (text == NULL)
		return;
	put_text(gen, name);
	put_text(gen, text);
}

static void
put_hex(yajl_gen gen, const char *name, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIX64, number);
	put_named(gen, name, text);
}

static void
put_number(yajl_gen gen, const char *name, int64_t number)
{
	put_text(gen, name);
	yajl_gen_integer(gen, number);
}

static void
put_texts(yajl_gen gen, const char *name, char *const *texts, size_t count)
{
	put_text(gen, name);
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < count; i++)
		put_text(gen, texts[i]);
	yajl_gen_array_close(gen);
}

static void
put_tables(yajl_gen gen, const IncrementalState *state)
{
	put_text(gen, "tables");
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < state->table_count; i++)
	{
		yajl_gen_map_open(gen);
		put_named(gen, "schema", state->tables[i].schema);
		put_named(gen, "table", state->tables[i].table);
		put_named(gen, "condition", state->tables[i].condition);
		put_named(gen, "surrogate_key", state->tables[i].surrogate_key);
		put_named(gen, "correlation", state->tables[i].correlation);
		yajl_gen_map_close(gen);
	}
	yajl_gen_array_close(gen);
}

char *
incremental_state_json(const IncrementalState *state)
{
	yajl_gen gen = memory_checked(yajl_gen_alloc(NULL));
	const IncrementalPosition *position = &state->position;
	const unsigned char *json;
	size_t size;
	char *copy;

	yajl_gen_map_open(gen);
	put_hex(gen, "signal_commit_lsn", state->signal_commit_lsn);
	put_hex(gen, "signal_lsn", state->signal_lsn);
	put_number(gen, "kafka_offset", state->kafka_offset);
	put_text(gen, "paused");
	yajl_gen_bool(gen, state->paused);
	put_texts(gen, "inbox", state->inbox, state->inbox_count);
	put_named(gen, "correlation", state->correlation);
	put_tables(gen, state);
	put_named(gen, "columns", position->columns);
	put_texts(gen, "last_key", position->last.values, position->last.count);
	put_texts(gen, "maximum_key", position->maximum.values, position->maximum.count);
	put_number(gen, "rows", (int64_t) position->rows);
	put_number(gen, "total_rows", position->total_rows);
	yajl_gen_map_close(gen);
	yajl_gen_get_buf(gen, &json, &size);
	copy = bytes_copy_text((const char *) json, size);
	yajl_gen_free(gen);
	return copy;
}

/* ---- reading ---- */

static char *
get_text(yajl_val map, const char *name)
{
	const char *path[] = {name, NULL};

	return copy_or_null(YAJL_GET_STRING(yajl_tree_get(map, path, yajl_t_string)));
}

static bool
get_hex(yajl_val map, const char *name, uint64_t *number)
{
	const char *path[] = {name, NULL};
	const char *text = YAJL_GET_STRING(yajl_tree_get(map, path, yajl_t_string));
	char rest;

	return text != NULL && sscanf(text, "%16" SCNx64 "%c", number, &rest) == 1;
}

static bool
get_number(yajl_val map, const char *name, int64_t *number)
{
	const char *path[] = {name, NULL};
	yajl_val value = yajl_tree_get(map, path, yajl_t_number);

	if (!YAJL_IS_INTEGER(value))
		return false;
	*number = YAJL_GET_INTEGER(value);
	return true;
}

static bool
get_key(yajl_val map, const char *name, IncrementalKey *key)
{
	const char *path[] = {name, NULL};
	yajl_val array = yajl_tree_get(map, path, yajl_t_array);

	if (!YAJL_IS_ARRAY(array))
		return false;
	key->values = bytes_alloc_zero(YAJL_GET_ARRAY(array)->len + 1, sizeof(char *));
	for (size_t i = 0; i < YAJL_GET_ARRAY(array)->len; i++)
	{
		const char *text = YAJL_GET_STRING(YAJL_GET_ARRAY(array)->values[i]);

		if (text == NULL)
			return false;
		key->values[key->count++] = memory_strdup(text);
	}
	return true;
}

static bool
get_inbox(yajl_val map, IncrementalState *state)
{
	IncrementalKey texts = {0};
	bool good = get_key(map, "inbox", &texts);

	for (size_t i = 0; i < texts.count; i++)
		incremental_state_push(state, texts.values[i], strlen(texts.values[i]));
	incremental_key_clear(&texts);
	return good;
}

static bool
get_tables(yajl_val map, IncrementalState *state)
{
	const char *path[] = {"tables", NULL};
	yajl_val array = yajl_tree_get(map, path, yajl_t_array);
	bool good = YAJL_IS_ARRAY(array);

	for (size_t i = 0; good && i < YAJL_GET_ARRAY(array)->len; i++)
	{
		yajl_val value = YAJL_GET_ARRAY(array)->values[i];
		IncrementalTable table = {0};

		good = YAJL_IS_OBJECT(value);
		if (!good)
			break;
		table.schema = get_text(value, "schema");
		table.table = get_text(value, "table");
		table.condition = get_text(value, "condition");
		table.surrogate_key = get_text(value, "surrogate_key");
		table.correlation = get_text(value, "correlation");
		good = table.schema != NULL && table.table != NULL;
		if (good)
			incremental_state_add(state, &table);
		clear_table(&table);
	}
	return good;
}

static bool
get_position(yajl_val map, IncrementalPosition *position)
{
	int64_t rows;

	if (!get_key(map, "last_key", &position->last) || !get_key(map, "maximum_key", &position->maximum) ||
		!get_number(map, "rows", &rows) || rows < 0 || !get_number(map, "total_rows", &position->total_rows))
		return false;
	position->rows = (uint64_t) rows;
	position->columns = get_text(map, "columns");
	return true;
}

IncrementalState *
incremental_state_parse(const char *json, size_t size)
{
	IncrementalState *state = incremental_state_new();
	const char *paused_path[] = {"paused", NULL};
	char *text = bytes_copy_text(json, size);
	char reason[128];
	yajl_val tree = yajl_tree_parse(text, reason, sizeof(reason));
	bool good = YAJL_IS_OBJECT(tree) && get_hex(tree, "signal_commit_lsn", &state->signal_commit_lsn) &&
				get_hex(tree, "signal_lsn", &state->signal_lsn) &&
				get_number(tree, "kafka_offset", &state->kafka_offset) && get_inbox(tree, state) &&
				get_tables(tree, state) && get_position(tree, &state->position);

	if (good)
	{
		state->paused = YAJL_IS_TRUE(yajl_tree_get(tree, paused_path, yajl_t_any));
		state->correlation = get_text(tree, "correlation");
	}
	yajl_tree_free(tree);
	free(text);
	if (good)
		return state;
	incremental_state_free(state);
	return NULL;
}

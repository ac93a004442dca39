/*
 * snapshot_state.c
 *	  See snapshot_state.h.
 */
#include "snapshot_state.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "json_object.h"
#include "memory.h"

CutSnapshot *
snapshot_state_new(void)
{
	return bytes_alloc_zero(1, sizeof(CutSnapshot));
}

void
snapshot_state_free(CutSnapshot *state)
{
	if (state == NULL)
		return;
	for (size_t i = 0; i < state->table_count; i++)
		free(state->tables[i].ranges);
	free(state->tables);
	free(state->seen_by);
	free(state->txid);
	free(state->ts_us);
	free(state);
}

SnapshotTable *
snapshot_state_add(CutSnapshot *state)
{
	state->tables = bytes_realloc(state->tables, (state->table_count + 1) * sizeof(SnapshotTable));
	memset(&state->tables[state->table_count], 0, sizeof(SnapshotTable));
	return &state->tables[state->table_count++];
}

void
snapshot_table_add_range(SnapshotTable *table, uint32_t next, uint32_t end)
{
	table->ranges = bytes_realloc(table->ranges, (table->range_count + 1) * sizeof(SnapshotRange));
	table->ranges[table->range_count++] = (SnapshotRange){next, end};
}

const SnapshotTable *
snapshot_state_find(const CutSnapshot *state, uint32_t oid)
{
	for (size_t i = 0; i < state->table_count; i++)
		if (state->tables[i].oid == oid)
			return &state->tables[i];
	return NULL;
}

uint64_t
snapshot_state_hash(const char *first, const char *second)
{
	const char *const texts[] = {first, second};
	uint64_t hash = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < 2; i++)
		for (const unsigned char *c = (const unsigned char *) texts[i];; c++)
		{
			hash = (hash ^ *c) * 1099511628211u;
			if (*c == '\0')
				break;
		}
	return hash;
}

/* ---- writing ---- */

static void
put_table(yajl_gen gen, const SnapshotTable *table)
{
	yajl_gen_map_open(gen);
	json_put_number(gen, "oid", table->oid);
	json_put_number(gen, "filenode", table->filenode);
	json_put_flag(gen, "begun", table->begun);
	json_put_flag(gen, "whole", table->whole);
	json_put_text(gen, "missing");
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < table->range_count; i++)
	{
		yajl_gen_integer(gen, table->ranges[i].next);
		yajl_gen_integer(gen, table->ranges[i].end);
	}
	yajl_gen_array_close(gen);
	yajl_gen_map_close(gen);
}

char *
snapshot_state_json(const CutSnapshot *state)
{
	yajl_gen gen = json_begin();

	yajl_gen_map_open(gen);
	json_put_hex(gen, "lsn", state->lsn);
	json_put_hex(gen, "stream_lsn", state->stream_lsn);
	json_put_number(gen, "timeline", state->timeline);
	json_put_hex(gen, "options_hash", state->options_hash);
	json_put(gen, "seen_by", state->seen_by);
	json_put(gen, "txid", state->txid);
	json_put(gen, "ts_us", state->ts_us);
	json_put_flag(gen, "begun", state->begun);
	json_put_text(gen, "tables");
	yajl_gen_array_open(gen);
	for (size_t i = 0; i < state->table_count; i++)
		put_table(gen, &state->tables[i]);
	yajl_gen_array_close(gen);
	yajl_gen_map_close(gen);
	return json_end(gen);
}

/* ---- reading ---- */

static bool
get_text(yajl_val map, const char *name, char **text)
{
	const char *found = json_get_text(map, name);

	*text = found != NULL ? memory_strdup(found) : NULL;
	return found != NULL;
}

static bool
as_block(yajl_val value, uint32_t *number)
{
	if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0 || YAJL_GET_INTEGER(value) > (long long) UINT32_MAX)
		return false;
	*number = (uint32_t) YAJL_GET_INTEGER(value);
	return true;
}

static bool
get_number(yajl_val map, const char *name, uint32_t *number)
{
	int64_t found;

	if (!json_get_number(map, name, 0, UINT32_MAX, &found))
		return false;
	*number = (uint32_t) found;
	return true;
}

static bool
get_ranges(yajl_val map, SnapshotTable *table)
{
	yajl_val array = json_get_array(map, "missing");

	if (!YAJL_IS_ARRAY(array) || YAJL_GET_ARRAY(array)->len % 2 != 0)
		return false;
	for (size_t i = 0; i < YAJL_GET_ARRAY(array)->len; i += 2)
	{
		uint32_t next;
		uint32_t end;

		if (!as_block(YAJL_GET_ARRAY(array)->values[i], &next) || !as_block(YAJL_GET_ARRAY(array)->values[i + 1], &end))
			return false;
		snapshot_table_add_range(table, next, end);
	}
	return true;
}

static bool
get_tables(yajl_val map, CutSnapshot *state)
{
	yajl_val array = json_get_array(map, "tables");
	bool good = YAJL_IS_ARRAY(array);

	for (size_t i = 0; good && i < YAJL_GET_ARRAY(array)->len; i++)
	{
		yajl_val value = YAJL_GET_ARRAY(array)->values[i];
		SnapshotTable *table = snapshot_state_add(state);

		good = YAJL_IS_OBJECT(value) && get_number(value, "oid", &table->oid) &&
			   get_number(value, "filenode", &table->filenode) && json_get_flag(value, "begun", &table->begun) &&
			   json_get_flag(value, "whole", &table->whole) && get_ranges(value, table);
	}
	return good;
}

CutSnapshot *
snapshot_state_parse(const char *json, size_t size)
{
	CutSnapshot *state = snapshot_state_new();
	yajl_val tree = json_parse(json, size);
	bool good = YAJL_IS_OBJECT(tree) && json_get_hex(tree, "lsn", &state->lsn) &&
				json_get_hex(tree, "stream_lsn", &state->stream_lsn) &&
				get_number(tree, "timeline", &state->timeline) &&
				json_get_hex(tree, "options_hash", &state->options_hash) &&
				get_text(tree, "seen_by", &state->seen_by) && get_text(tree, "ts_us", &state->ts_us) &&
				json_get_flag(tree, "begun", &state->begun) && get_tables(tree, state);

	if (good)
		(void) get_text(tree, "txid", &state->txid);
	yajl_tree_free(tree);
	if (good)
		return state;
	snapshot_state_free(state);
	return NULL;
}

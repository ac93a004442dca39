/*
 * progress_json.c
 *	  See progress_json.h.
 */
#include "progress_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_object.h"
#include "memory.h"

#define LIMIT_KIND "confirmed"

static const char *const snapshot_names[] = {
	[SNAPSHOT_NONE] = "none",
	[SNAPSHOT_PLANNED] = "planned",
	[SNAPSHOT_DONE] = "done",
};

/* ---- writing ---- */

char *
progress_value_json(const Progress *progress)
{
	yajl_gen gen = json_begin();

	yajl_gen_map_open(gen);
	json_put_lsn(gen, "end_lsn", progress->end_lsn);
	json_put_lsn(gen, "commit_lsn", progress->commit_lsn);
	json_put_lsn(gen, "last_commit_end_lsn", progress->last_commit_end_lsn);
	json_put_number(gen, "xid", progress->xid);
	json_put_number(gen, "commit_time_us", progress->commit_time_us);
	json_put_number(gen, "timeline", progress->timeline);
	json_put_text(gen, "partial");
	yajl_gen_map_open(gen);
	json_put_lsn(gen, "commit_lsn", progress->partial.commit_lsn);
	json_put_number(gen, "n", (int64_t) progress->partial.count);
	yajl_gen_map_close(gen);
	json_put_hex(gen, "config_hash", progress->config_hash);
	json_put_text(gen, "snapshot");
	yajl_gen_map_open(gen);
	json_put(gen, "state", snapshot_names[progress->snapshot]);
	json_put_lsn(gen, "lsn", progress->snapshot_lsn);
	json_put_flag(gen, "on_old_slot", progress->snapshot_on_old_slot);
	yajl_gen_map_close(gen);
	json_put_flag(gen, "slot_limited", progress->slot_limited);
	yajl_gen_map_close(gen);
	return json_end(gen);
}

static char *
make_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database, const char *what,
		 const char *which)
{
	yajl_gen gen = json_begin();
	char identifier[32];

	snprintf(identifier, sizeof(identifier), "%" PRIu64, system_identifier);
	yajl_gen_array_open(gen);
	json_put_text(gen, prefix);
	json_put_text(gen, slot_name);
	json_put_text(gen, identifier);
	json_put_text(gen, database);
	if (what != NULL)
		json_put_text(gen, what);
	if (which != NULL)
		json_put_text(gen, which);
	yajl_gen_array_close(gen);
	return json_end(gen);
}

char *
progress_json_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database)
{
	return make_key(prefix, slot_name, system_identifier, database, NULL, NULL);
}

char *
progress_json_snapshot_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database)
{
	return make_key(prefix, slot_name, system_identifier, database, "snapshot", NULL);
}

char *
progress_json_signals_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database)
{
	return make_key(prefix, slot_name, system_identifier, database, "signals", NULL);
}

char *
progress_json_limit_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database,
						const char *stream)
{
	return make_key(prefix, slot_name, system_identifier, database, LIMIT_KIND, stream);
}

char *
progress_limit_json(uint64_t limit_lsn)
{
	yajl_gen gen = json_begin();

	yajl_gen_map_open(gen);
	json_put_lsn(gen, "lsn", limit_lsn);
	yajl_gen_map_close(gen);
	return json_end(gen);
}

/* ---- reading ---- */

static bool
get_snapshot(yajl_val map, Progress *progress)
{
	yajl_val snapshot = json_get_object(map, "snapshot");
	const char *state = json_get_text(snapshot, "state");

	if (state == NULL || !json_get_lsn(snapshot, "lsn", &progress->snapshot_lsn))
		return false;
	(void) json_get_flag(snapshot, "on_old_slot", &progress->snapshot_on_old_slot);
	for (SnapshotState i = SNAPSHOT_NONE; i <= SNAPSHOT_DONE; i++)
	{
		if (strcmp(state, snapshot_names[i]) == 0)
		{
			progress->snapshot = i;
			return true;
		}
	}
	return false;
}

static bool
get_progress(yajl_val map, Progress *progress)
{
	yajl_val partial = json_get_object(map, "partial");
	int64_t count;
	int64_t xid;
	int64_t timeline;
	bool good = json_get_lsn(map, "end_lsn", &progress->end_lsn) &&
				json_get_lsn(map, "commit_lsn", &progress->commit_lsn) &&
				json_get_lsn(map, "last_commit_end_lsn", &progress->last_commit_end_lsn) &&
				json_get_number(map, "xid", 0, UINT32_MAX, &xid) &&
				json_get_number(map, "timeline", 0, UINT32_MAX, &timeline) &&
				json_get_lsn(partial, "commit_lsn", &progress->partial.commit_lsn) &&
				json_get_number(partial, "n", 0, INT64_MAX, &count) &&
				json_get_hex(map, "config_hash", &progress->config_hash) && get_snapshot(map, progress);

	if (!good)
		return false;
	progress->xid = (uint32_t) xid;
	progress->timeline = (uint32_t) timeline;
	progress->partial.count = (uint64_t) count;
	/* left out by earlier versions */
	(void) json_get_flag(map, "slot_limited", &progress->slot_limited);
	(void) json_get_number(map, "commit_time_us", 0, INT64_MAX, &progress->commit_time_us);
	return true;
}

bool
progress_parse(const char *json, size_t size, Progress *progress)
{
	yajl_val tree = json_parse(json, size);
	bool good;

	memset(progress, 0, sizeof(*progress));
	good = YAJL_IS_OBJECT(tree) && get_progress(tree, progress);
	yajl_tree_free(tree);
	return good;
}

bool
progress_json_same_names(const char *json, size_t size, const char *prefix, const char *slot_name, const char *database)
{
	yajl_val tree = json_parse(json, size);
	const char *const wanted[] = {prefix, slot_name, NULL, database};
	bool same = YAJL_IS_ARRAY(tree) && YAJL_GET_ARRAY(tree)->len == 4;

	for (size_t i = 0; same && i < 4; i++)
	{
		const char *part = YAJL_GET_STRING(YAJL_GET_ARRAY(tree)->values[i]);

		same = part && (wanted[i] == NULL || strcmp(part, wanted[i]) == 0);
	}
	yajl_tree_free(tree);
	return same;
}

char *
progress_json_limit_stream(const char *json, size_t size, const char *prefix, const char *slot_name,
						   uint64_t system_identifier, const char *database)
{
	yajl_val tree = json_parse(json, size);
	size_t count = YAJL_IS_ARRAY(tree) ? YAJL_GET_ARRAY(tree)->len : 0;
	const char *stream = count == 6 ? YAJL_GET_STRING(YAJL_GET_ARRAY(tree)->values[5]) : NULL;
	char *found = stream != NULL ? memory_strdup(stream) : NULL;
	char *key = found != NULL ? progress_json_limit_key(prefix, slot_name, system_identifier, database, found) : NULL;

	yajl_tree_free(tree);
	if (key != NULL && (strlen(key) != size || memcmp(key, json, size) != 0))
	{
		free(found);
		found = NULL;
	}
	free(key);
	return found;
}

bool
progress_limit_parse(const char *json, size_t size, uint64_t *limit_lsn)
{
	yajl_val tree = json_parse(json, size);
	bool good = YAJL_IS_OBJECT(tree) && json_get_lsn(tree, "lsn", limit_lsn);

	yajl_tree_free(tree);
	return good;
}

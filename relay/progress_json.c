/*
 * progress_json.c
 *	  The value of a progress record: written with yajl_gen, read with
 *	  yajl_tree.
 *
 * LSNs stand as PostgreSQL writes them and the hash as text, since JSON
 * numbers of 64 bits do not survive all tools that people will look with.
 */
#include "progress_json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include <yajl/yajl_tree.h>

#include "bytes.h"

static const char *const snapshot_names[] = {
	[SNAPSHOT_NONE] = "none",
	[SNAPSHOT_PLANNED] = "planned",
	[SNAPSHOT_DONE] = "done",
};

/* ---- writing ---- */

static void
put_text(yajl_gen gen, const char *text)
{
	yajl_gen_string(gen, (const unsigned char *) text, strlen(text));
}

static void
put_number(yajl_gen gen, const char *name, uint64_t number)
{
	put_text(gen, name);
	yajl_gen_integer(gen, (long long) number);
}

static void
put_lsn(yajl_gen gen, const char *name, uint64_t lsn)
{
	char text[32];

	snprintf(text, sizeof(text), "%X/%X", (unsigned int) (lsn >> 32), (unsigned int) lsn);
	put_text(gen, name);
	put_text(gen, text);
}

static char *
finish_json(yajl_gen gen)
{
	const unsigned char *json;
	size_t size;
	char *copy;

	yajl_gen_get_buf(gen, &json, &size);
	copy = bytes_copy_text((const char *) json, size);
	yajl_gen_free(gen);
	return copy;
}

char *
progress_value_json(const Progress *progress)
{
	yajl_gen gen = yajl_gen_alloc(NULL);
	char hash[32];

	yajl_gen_map_open(gen);
	put_lsn(gen, "end_lsn", progress->end_lsn);
	put_lsn(gen, "commit_lsn", progress->commit_lsn);
	put_lsn(gen, "last_commit_end_lsn", progress->last_commit_end_lsn);
	put_number(gen, "xid", progress->xid);
	put_number(gen, "commit_time_us", (uint64_t) progress->commit_time_us);
	put_number(gen, "timeline", progress->timeline);
	put_text(gen, "partial");
	yajl_gen_map_open(gen);
	put_lsn(gen, "commit_lsn", progress->partial.commit_lsn);
	put_number(gen, "n", progress->partial.count);
	yajl_gen_map_close(gen);
	snprintf(hash, sizeof(hash), "%016" PRIx64, progress->config_hash);
	put_text(gen, "config_hash");
	put_text(gen, hash);
	put_text(gen, "snapshot");
	yajl_gen_map_open(gen);
	put_text(gen, "state");
	put_text(gen, snapshot_names[progress->snapshot]);
	put_lsn(gen, "lsn", progress->snapshot_lsn);
	put_text(gen, "on_old_slot");
	yajl_gen_bool(gen, progress->snapshot_on_old_slot);
	yajl_gen_map_close(gen);
	yajl_gen_map_close(gen);
	return finish_json(gen);
}

static char *
make_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database, const char *what)
{
	yajl_gen gen = yajl_gen_alloc(NULL);
	char identifier[32];

	snprintf(identifier, sizeof(identifier), "%" PRIu64, system_identifier);
	yajl_gen_array_open(gen);
	put_text(gen, prefix);
	put_text(gen, slot_name);
	put_text(gen, identifier);
	put_text(gen, database);
	if (what != NULL)
		put_text(gen, what);
	yajl_gen_array_close(gen);
	return finish_json(gen);
}

char *
progress_json_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database)
{
	return make_key(prefix, slot_name, system_identifier, database, NULL);
}

char *
progress_json_snapshot_key(const char *prefix, const char *slot_name, uint64_t system_identifier, const char *database)
{
	return make_key(prefix, slot_name, system_identifier, database, "snapshot");
}

/* ---- reading ---- */

static bool
get_lsn(yajl_val map, const char *name, uint64_t *lsn)
{
	const char *path[] = {name, NULL};
	const char *text = YAJL_GET_STRING(yajl_tree_get(map, path, yajl_t_string));
	unsigned int high;
	unsigned int low;
	char rest;

	if (text == NULL || sscanf(text, "%8X/%8X%c", &high, &low, &rest) != 2)
		return false;
	*lsn = (uint64_t) high << 32 | low;
	return true;
}

static bool
get_number(yajl_val map, const char *name, uint64_t maximum, uint64_t *number)
{
	const char *path[] = {name, NULL};
	yajl_val value = yajl_tree_get(map, path, yajl_t_number);

	if (!YAJL_IS_INTEGER(value) || YAJL_GET_INTEGER(value) < 0 || (uint64_t) YAJL_GET_INTEGER(value) > maximum)
		return false;
	*number = (uint64_t) YAJL_GET_INTEGER(value);
	return true;
}

/* Left out by earlier versions. */
static uint64_t
get_optional(yajl_val map, const char *name)
{
	uint64_t number = 0;

	return get_number(map, name, INT64_MAX, &number) ? number : 0;
}

static bool
get_hash(yajl_val map, uint64_t *hash)
{
	const char *path[] = {"config_hash", NULL};
	const char *text = YAJL_GET_STRING(yajl_tree_get(map, path, yajl_t_string));
	char rest;

	return text && sscanf(text, "%16" SCNx64 "%c", hash, &rest) == 1;
}

static bool
get_snapshot(yajl_val map, Progress *progress)
{
	const char *snapshot_path[] = {"snapshot", NULL};
	const char *state_path[] = {"state", NULL};
	const char *slot_path[] = {"on_old_slot", NULL};
	yajl_val snapshot = yajl_tree_get(map, snapshot_path, yajl_t_object);
	const char *state = YAJL_GET_STRING(yajl_tree_get(snapshot, state_path, yajl_t_string));

	if (state == NULL || !get_lsn(snapshot, "lsn", &progress->snapshot_lsn))
		return false;
	progress->snapshot_on_old_slot = YAJL_IS_TRUE(yajl_tree_get(snapshot, slot_path, yajl_t_any));
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
	const char *partial_path[] = {"partial", NULL};
	yajl_val partial = yajl_tree_get(map, partial_path, yajl_t_object);
	uint64_t xid;
	uint64_t timeline;
	bool good = get_lsn(map, "end_lsn", &progress->end_lsn) && get_lsn(map, "commit_lsn", &progress->commit_lsn) &&
				get_lsn(map, "last_commit_end_lsn", &progress->last_commit_end_lsn) &&
				get_number(map, "xid", UINT32_MAX, &xid) && get_number(map, "timeline", UINT32_MAX, &timeline) &&
				get_lsn(partial, "commit_lsn", &progress->partial.commit_lsn) &&
				get_number(partial, "n", INT64_MAX, &progress->partial.count) &&
				get_hash(map, &progress->config_hash) && get_snapshot(map, progress);

	if (!good)
		return false;
	progress->xid = (uint32_t) xid;
	progress->timeline = (uint32_t) timeline;
	progress->commit_time_us = (int64_t) get_optional(map, "commit_time_us");
	return true;
}

bool
progress_parse(const char *json, size_t size, Progress *progress)
{
	char *text = bytes_copy_text(json, size);
	char reason[128];
	yajl_val tree = yajl_tree_parse(text, reason, sizeof(reason));
	bool good;

	memset(progress, 0, sizeof(*progress));
	good = YAJL_IS_OBJECT(tree) && get_progress(tree, progress);
	yajl_tree_free(tree);
	free(text);
	return good;
}

bool
progress_json_same_names(const char *json, size_t size, const char *prefix, const char *slot_name, const char *database)
{
	char *text = bytes_copy_text(json, size);
	char reason[128];
	yajl_val tree = yajl_tree_parse(text, reason, sizeof(reason));
	const char *const wanted[] = {prefix, slot_name, NULL, database};
	bool same = YAJL_IS_ARRAY(tree) && YAJL_GET_ARRAY(tree)->len == 4;

	for (size_t i = 0; same && i < 4; i++)
	{
		const char *part = YAJL_GET_STRING(YAJL_GET_ARRAY(tree)->values[i]);

		same = part && (wanted[i] == NULL || strcmp(part, wanted[i]) == 0);
	}
	yajl_tree_free(tree);
	free(text);
	return same;
}

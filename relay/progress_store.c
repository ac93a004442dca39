/*
 * progress_store.c
 *	  What records of progress mean, and when they are written; where they lie
 *	  is the medium's business.
 */
#include "progress_store.h"

#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "clock.h"
#include "memory.h"
#include "progress_json.h"

#define WRITE_GAP_MS 5000

typedef struct Limit
{
	char *stream;
	uint64_t limit_lsn;
} Limit;

struct ProgressStore
{
	ProgressMedium *medium;
	Logger *log;
	char *prefix;
	char *slot_name;
	uint64_t system_identifier;
	char *database;
	char *key;
	char *snapshot_key;
	char *snapshot; /* NULL: none that counts */
	char *signals_key;
	char *signals; /* NULL: none */
	Limit *limits; /* one of each stream */
	size_t limit_count;
	bool has_written;
	int64_t written_at_ms;
	Progress written;
};

/* One reading of the medium. */
typedef struct Reading
{
	ProgressStore *store;
	Progress *progress;
	bool found;
	bool other_system;
	char *other_names; /* a key of nobody we know; NULL: none */
} Reading;

ProgressStore *
progress_new(ProgressMedium *medium, const ProgressNames *names, Logger *log)
{
	ProgressStore *store = bytes_alloc_zero(1, sizeof(ProgressStore));

	store->medium = medium;
	store->log = log;
	store->prefix = memory_strdup(names->prefix);
	store->slot_name = memory_strdup(names->slot_name);
	store->database = memory_strdup(names->database);
	store->system_identifier = names->system_identifier;
	store->key = progress_json_key(names->prefix, names->slot_name, names->system_identifier, names->database);
	store->snapshot_key =
		progress_json_snapshot_key(names->prefix, names->slot_name, names->system_identifier, names->database);
	store->signals_key =
		progress_json_signals_key(names->prefix, names->slot_name, names->system_identifier, names->database);
	return store;
}

void
progress_free(ProgressStore *store)
{
	if (store == NULL)
		return;
	store->medium->methods->free(store->medium);
	free(store->prefix);
	free(store->slot_name);
	free(store->database);
	free(store->key);
	free(store->snapshot_key);
	free(store->snapshot);
	free(store->signals_key);
	free(store->signals);
	for (size_t i = 0; i < store->limit_count; i++)
		free(store->limits[i].stream);
	free(store->limits);
	free(store);
}

/* ---- reading ---- */

static bool
has_key(Bytes key, const char *wanted)
{
	return key.size == strlen(wanted) && memcmp(key.data, wanted, key.size) == 0;
}

/* A snapshot's state belongs to the record of progress before it. */
static void
keep_snapshot(ProgressStore *store, Bytes value)
{
	free(store->snapshot);
	store->snapshot = value.data != NULL ? bytes_copy_text(value.data, value.size) : NULL;
}

static void
keep_signals(ProgressStore *store, Bytes value)
{
	free(store->signals);
	store->signals = value.data != NULL ? bytes_copy_text(value.data, value.size) : NULL;
}

static Limit *
find_limit(const ProgressStore *store, const char *stream)
{
	for (size_t i = 0; i < store->limit_count; i++)
		if (strcmp(store->limits[i].stream, stream) == 0)
			return &store->limits[i];
	return NULL;
}

static void
keep_limit(ProgressStore *store, const char *stream, uint64_t limit_lsn)
{
	Limit *limit = find_limit(store, stream);

	if (limit == NULL)
	{
		store->limits = bytes_realloc(store->limits, (store->limit_count + 1) * sizeof(Limit));
		limit = &store->limits[store->limit_count++];
		limit->stream = memory_strdup(stream);
	}
	limit->limit_lsn = limit_lsn;
}

static void
drop_limit(ProgressStore *store, Limit *limit)
{
	free(limit->stream);
	*limit = store->limits[--store->limit_count];
}

/* Takes ownership of stream. value.data NULL: it is dropped. */
static void
take_limit(ProgressStore *store, char *stream, Bytes value)
{
	Limit *limit = find_limit(store, stream);
	uint64_t limit_lsn;

	if (value.data == NULL && limit != NULL)
		drop_limit(store, limit);
	else if (value.data != NULL && progress_limit_parse(value.data, value.size, &limit_lsn))
		keep_limit(store, stream, limit_lsn);
	free(stream);
}

static void
take_record(void *arg, Bytes key, Bytes value)
{
	Reading *reading = arg;
	ProgressStore *store = reading->store;
	char *stream = progress_json_limit_stream(key.data, key.size, store->prefix, store->slot_name,
											  store->system_identifier, store->database);

	if (stream != NULL)
		take_limit(store, stream, value);
	else if (has_key(key, store->snapshot_key))
		keep_snapshot(store, value);
	else if (has_key(key, store->signals_key))
		keep_signals(store, value);
	else if (has_key(key, store->key))
	{
		keep_snapshot(store, (Bytes){NULL, 0});
		/* a null value is progress forgotten, and signals with it */
		reading->found = value.data != NULL;
		if (!reading->found)
			keep_signals(store, value);
		if (reading->found && !progress_parse(value.data, value.size, reading->progress))
		{
			reading->found = false;
			log_warning(store->log, "a record of progress in %s \"%s\" is not one of ours: %.*s", store->medium->kind,
						store->medium->place, value.size < 200 ? (int) value.size : 200, value.data);
		}
	}
	else if (value.data != NULL &&
			 progress_json_same_names(key.data, key.size, store->prefix, store->slot_name, store->database))
		reading->other_system = true;
	else if (value.data != NULL && reading->other_names == NULL)
		reading->other_names = bytes_copy_text(key.data, key.size);
}

/* Two relays that share a file of progress would each forget the other's. */
static bool
refuse_other_names(const Reading *reading, Error *error)
{
	const ProgressStore *store = reading->store;

	error_set(error, ERROR_REFUSED, "%s \"%s\" keeps the progress of another relay, %s, not of %s", store->medium->kind,
			  store->medium->place, reading->other_names, store->key);
	error_hint(error, "These are topic.prefix, slot, system identifier and database. Each relay needs a file of its "
					  "own: choose another one.");
	return false;
}

bool
progress_read(ProgressStore *store, const ProgressReading *how, Progress *progress, bool *found, bool *other_system,
			  Error *error)
{
	Reading reading = {.store = store, .progress = progress};
	bool good = store->medium->methods->read(store->medium, how, take_record, &reading, error);

	*found = good && reading.found;
	*other_system = good && !reading.found && reading.other_system;
	if (good && !*found && !*other_system && reading.other_names != NULL && store->medium->serves_one)
		good = refuse_other_names(&reading, error);
	free(reading.other_names);
	return good;
}

void
progress_drop_snapshot(ProgressStore *store)
{
	keep_snapshot(store, (Bytes){NULL, 0});
}

const char *
progress_stored_snapshot(const ProgressStore *store)
{
	return store->snapshot;
}

const char *
progress_stored_signals(const ProgressStore *store)
{
	return store->signals;
}

/* ---- writing ---- */

SinkResult
progress_put_snapshot(ProgressStore *store, Sink *sink, const char *json, Error *error)
{
	Bytes key = {store->snapshot_key, strlen(store->snapshot_key)};
	Bytes value = {json, strlen(json)};

	return store->medium->methods->put(store->medium, sink, key, value, error);
}

SinkResult
progress_put_signals(ProgressStore *store, Sink *sink, const char *json, uint64_t ticket, bool *reported, Error *error)
{
	const ProgressMediumMethods *methods = store->medium->methods;
	Bytes key = {store->signals_key, strlen(store->signals_key)};
	Bytes value = {json, strlen(json)};

	*reported = ticket != 0 && methods->put_reported != NULL;
	if (*reported)
		return methods->put_reported(store->medium, sink, key, value, ticket, error);
	return methods->put(store->medium, sink, key, value, error);
}

static SinkResult
put_limit_value(ProgressStore *store, Sink *sink, const char *stream, Bytes value, uint64_t ticket, Error *error)
{
	const ProgressMediumMethods *methods = store->medium->methods;
	char *key =
		progress_json_limit_key(store->prefix, store->slot_name, store->system_identifier, store->database, stream);
	Bytes key_bytes = {key, strlen(key)};
	SinkResult result;

	if (ticket != 0)
		result = methods->put_reported(store->medium, sink, key_bytes, value, ticket, error);
	else
		result = methods->put(store->medium, sink, key_bytes, value, error);
	free(key);
	return result;
}

SinkResult
progress_put_limit(ProgressStore *store, Sink *sink, const char *stream, uint64_t limit_lsn, uint64_t ticket,
				   bool *reported, Error *error)
{
	char *json = progress_limit_json(limit_lsn);
	SinkResult result;

	*reported = store->medium->methods->put_reported != NULL;
	result = put_limit_value(store, sink, stream, (Bytes){json, strlen(json)}, *reported ? ticket : 0, error);
	free(json);
	if (result == SINK_OK)
		keep_limit(store, stream, limit_lsn);
	return result;
}

SinkResult
progress_drop_limits(ProgressStore *store, Sink *sink, const char *keep, Error *error)
{
	size_t i = 0;

	while (i < store->limit_count)
	{
		Limit *limit = &store->limits[i];
		SinkResult result;

		if (strcmp(limit->stream, keep) == 0)
		{
			i++;
			continue;
		}
		result = put_limit_value(store, sink, limit->stream, (Bytes){NULL, 0}, 0, error);
		if (result != SINK_OK)
			return result;
		drop_limit(store, limit);
	}
	return SINK_OK;
}

uint64_t
progress_slot_limit(const ProgressStore *store)
{
	uint64_t highest = 0;

	for (size_t i = 0; i < store->limit_count; i++)
		if (store->limits[i].limit_lsn > highest)
			highest = store->limits[i].limit_lsn;
	return highest;
}

SinkResult
progress_end_snapshot(ProgressStore *store, Sink *sink, const char *json, Error *error)
{
	Bytes key = {store->snapshot_key, strlen(store->snapshot_key)};
	Bytes value = {json, strlen(json)};

	return sink->methods->end(sink, store->medium->place, key, value, error);
}

static SinkResult
put(ProgressStore *store, Sink *sink, const char *value, Error *error)
{
	Bytes key_bytes = {store->key, strlen(store->key)};
	Bytes value_bytes = {value, value ? strlen(value) : 0};

	if (sink->methods->end != NULL)
		return sink->methods->end(sink, store->medium->place, key_bytes, value_bytes, error);
	return store->medium->methods->put(store->medium, sink, key_bytes, value_bytes, error);
}

SinkResult
progress_end(ProgressStore *store, Sink *sink, const Progress *progress, Error *error)
{
	char *value = progress_value_json(progress);
	SinkResult result = put(store, sink, value, error);

	free(value);
	return result;
}

static bool
has_moved(const ProgressStore *store, const Progress *progress)
{
	return !store->has_written || store->written.end_lsn != progress->end_lsn ||
		   store->written.partial.count != progress->partial.count || store->written.snapshot != progress->snapshot ||
		   store->written.slot_limited != progress->slot_limited;
}

static void
note_written(ProgressStore *store, const Progress *progress, int64_t now_ms)
{
	store->has_written = true;
	store->written_at_ms = now_ms;
	store->written = *progress;
}

bool
progress_write_lazily(ProgressStore *store, Sink *sink, const Progress *progress, int64_t now_ms, Error *error)
{
	SinkResult result;

	if (store->has_written && now_ms - store->written_at_ms < WRITE_GAP_MS)
		return true;
	if (!has_moved(store, progress))
		return true;
	result = progress_end(store, sink, progress, error);
	if (result == SINK_OK)
		note_written(store, progress, now_ms);
	return result != SINK_ERROR;
}

/* All that stands beside the progress. */
static SinkResult
forget_rest(ProgressStore *store, Sink *sink, Error *error)
{
	const char *const keys[] = {store->signals_key, store->snapshot_key};
	SinkResult result = progress_drop_limits(store, sink, "", error);

	for (size_t i = 0; i < 2 && result == SINK_OK; i++)
		result = store->medium->methods->put(store->medium, sink, (Bytes){keys[i], strlen(keys[i])}, (Bytes){NULL, 0},
											 error);
	return result;
}

/* value NULL: a tombstone, behind those of all that stands beside it. */
static SinkResult
put_or_forget(ProgressStore *store, Sink *sink, const char *value, Error *error)
{
	SinkResult result = value == NULL ? forget_rest(store, sink, error) : SINK_OK;

	return result == SINK_OK ? put(store, sink, value, error) : result;
}

/* Puts value (NULL: a tombstone), waiting while the sink is full, and flushes. */
static bool
put_and_wait(ProgressStore *store, Sink *sink, const char *value, int timeout_ms, SinkReport report, void *arg,
			 Error *error)
{
	int64_t end_ms = clock_monotonic_ms() + timeout_ms;
	const int step_ms = 20;
	SinkResult result;
	int64_t left_ms;

	while ((result = put_or_forget(store, sink, value, error)) == SINK_FULL)
	{
		if (!sink->methods->poll(sink, step_ms, report, arg, error))
			return false;
		if (clock_monotonic_ms() >= end_ms)
			return error_set(error, ERROR_RETRY, "could not write progress to %s \"%s\" in %d ms", store->medium->kind,
							 store->medium->place, timeout_ms);
	}
	left_ms = end_ms - clock_monotonic_ms();
	return result == SINK_OK && sink->methods->flush(sink, left_ms > 0 ? (int) left_ms : 0, report, arg, error);
}

bool
progress_write_now(ProgressStore *store, Sink *sink, const Progress *progress, int timeout_ms, SinkReport report,
				   void *arg, Error *error)
{
	char *value = progress_value_json(progress);
	bool good = put_and_wait(store, sink, value, timeout_ms, report, arg, error);

	free(value);
	if (good)
		note_written(store, progress, clock_monotonic_ms());
	return good;
}

bool
progress_forget(ProgressStore *store, Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error)
{
	return put_and_wait(store, sink, NULL, timeout_ms, report, arg, error);
}

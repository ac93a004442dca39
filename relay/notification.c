/*
 * notification.c
 *	  What Debezium tells about the course of snapshots: one function an event,
 *	  and the queue of records on their way to the sink.
 */
#include "notification.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <sys/random.h>

#include "clock.h"
#include "java_order.h"
#include "memory.h"
#include "notification_text.h"

#define UUID_SIZE 37
#define NUMBER_SIZE 24
#define NULL_KEY_VALUE "<null>"

/* One record, until it is reported. */
typedef struct Waiting
{
	char *key;
	char *value;
	bool reported;
	bool told_once; /* what it tells of is not done again with a new sink */
} Waiting;

struct Notifications
{
	Logger *log;
	const char *topic; /* NULL: the channel "sink" is not enabled */
	bool to_log;
	const char *connector_name;
	int64_t chunk_size; /* incremental.snapshot.chunk.size */
	bool parallel;		/* tables are told of in another order then */
	ConverterForm key_form;
	ConverterForm value_form;

	/* those from first_ticket on; the first put_count have been handed over */
	Waiting *items;
	size_t count;
	size_t capacity;
	size_t put_count;
	uint64_t first_ticket; /* without NOTIFICATION_TICKET */
};

Notifications *
notifications_new(const Config *config, Logger *log)
{
	Notifications *self = bytes_alloc_zero(1, sizeof(Notifications));

	self->log = log;
	if (config_has_item(config, OPT_NOTIFICATION_ENABLED_CHANNELS, "sink"))
		self->topic = config_text(config, OPT_NOTIFICATION_SINK_TOPIC_NAME);
	self->to_log = config_has_item(config, OPT_NOTIFICATION_ENABLED_CHANNELS, "log");
	self->connector_name = config_text(config, OPT_TOPIC_PREFIX);
	self->chunk_size = config_int(config, OPT_INCREMENTAL_SNAPSHOT_CHUNK_SIZE);
	self->parallel = config_int(config, OPT_SNAPSHOT_MAX_THREADS) > 1;
	self->key_form = config_key_form(config);
	self->value_form = config_value_form(config);
	self->first_ticket = 1;
	return self;
}

static void
free_first(Notifications *self, size_t count)
{
	for (size_t i = 0; i < count; i++)
	{
		free(self->items[i].key);
		free(self->items[i].value);
	}
	if (count == 0)
		return;
	self->count -= count;
	self->put_count -= count < self->put_count ? count : self->put_count;
	self->first_ticket += count;
	memmove(self->items, self->items + count, self->count * sizeof(Waiting));
}

void
notifications_free(Notifications *self)
{
	if (self == NULL)
		return;
	free_first(self, self->count);
	free(self->items);
	free(self);
}

/* ---- to the sink ---- */

static Bytes
bytes_of(const char *text)
{
	return (Bytes){.data = text, .size = text != NULL ? strlen(text) : 0};
}

SinkResult
notifications_put(Notifications *self, Sink *sink, Error *error)
{
	while (self->put_count < self->count)
	{
		const Waiting *item = &self->items[self->put_count];
		uint64_t ticket = NOTIFICATION_TICKET | (self->first_ticket + self->put_count);
		SinkResult result =
			sink->methods->put_raw(sink, self->topic, -1, bytes_of(item->key), bytes_of(item->value), ticket, error);

		if (result != SINK_OK)
			return result;
		self->put_count++;
	}
	return SINK_OK;
}

size_t
notifications_waiting(const Notifications *self)
{
	return self != NULL ? self->count - self->put_count : 0;
}

size_t
notifications_unreported(const Notifications *self)
{
	return self != NULL ? self->count : 0;
}

void
notifications_report(Notifications *self, uint64_t ticket, uint64_t count)
{
	uint64_t place = (ticket & ~NOTIFICATION_TICKET) - self->first_ticket;
	size_t done = 0;

	if (count == 0 || place >= self->put_count)
		return;
	self->items[place].reported = true;
	while (done < self->put_count && self->items[done].reported)
		done++;
	free_first(self, done);
}

/* All but those that nothing would tell again. */
static void
forget(Notifications *self)
{
	size_t kept = 0;

	for (size_t i = 0; i < self->count; i++)
	{
		Waiting item = self->items[i];

		if (!item.told_once)
			continue;
		self->items[i] = self->items[kept];
		self->items[kept++] = item;
	}
	for (size_t i = kept; i < self->count; i++)
	{
		free(self->items[i].key);
		free(self->items[i].value);
	}
	self->first_ticket += self->count; /* no ticket means two things */
	self->count = kept;
}

/* Those reported out of order go again with the others: what is told twice harms less than what is told late. */
void
notifications_sink_lost(Notifications *self, bool keep)
{
	if (self == NULL)
		return;
	if (!keep)
		forget(self);
	self->put_count = 0;
	for (size_t i = 0; i < self->count; i++)
		self->items[i].reported = false;
}

static void
push(Notifications *self, char *key, char *value)
{
	if (self->count == self->capacity)
	{
		self->capacity = self->capacity == 0 ? 16 : 2 * self->capacity;
		self->items = bytes_realloc(self->items, self->capacity * sizeof(Waiting));
	}
	self->items[self->count++] = (Waiting){.key = key, .value = value};
}

/* ---- telling ---- */

/* UUID version 4. */
static void
random_id(char *text)
{
	unsigned char id[16];

	if (getrandom(id, sizeof(id), 0) != (ssize_t) sizeof(id))
		memset(id, 0, sizeof(id)); /* cannot happen for 16 bytes */
	id[6] = (unsigned char) (0x40 | (id[6] & 0x0F));
	id[8] = (unsigned char) (0x80 | (id[8] & 0x3F));
	for (size_t i = 0, at = 0; i < sizeof(id); i++)
	{
		if (i == 4 || i == 6 || i == 8 || i == 10)
			text[at++] = '-';
		at += (size_t) snprintf(text + at, UUID_SIZE - at, "%02x", id[i]);
	}
}

static void
tell(Notifications *self, bool incremental, const char *id, const char *type, const NotificationField *fields,
	 size_t field_count)
{
	char uuid[UUID_SIZE];
	Notification notification = {
		.id = id,
		.aggregate_type = incremental ? "Incremental Snapshot" : "Initial Snapshot",
		.type = type,
		.connector_name = self->connector_name,
		.timestamp_ms = clock_wall_us() / 1000,
		.field_count = field_count,
		.hashed = incremental,
	};

	if (id == NULL)
	{
		random_id(uuid);
		notification.id = uuid;
	}
	if (field_count > 0)
		memcpy(notification.fields, fields, field_count * sizeof(NotificationField));
	if (self->to_log)
	{
		char *line = notification_log_line(&notification);

		log_info(self->log, "%s", line);
		free(line);
	}
	if (self->topic != NULL)
		push(self, notification_key(&notification, self->key_form),
			 notification_value(&notification, self->value_form));
}

static bool
silent(const Notifications *self)
{
	return self->topic == NULL && !self->to_log;
}

/* The caller frees. */
static char *
joined(const char *const *names, size_t count, const size_t *order, const char *for_null)
{
	Buffer text = {0};

	for (size_t i = 0; i < count; i++)
	{
		const char *name = names[order != NULL ? order[i] : i];

		if (i > 0)
			buffer_append_text(&text, ",");
		buffer_append_text(&text, name != NULL ? name : for_null);
	}
	buffer_append(&text, "", 1);
	return text.data;
}

/* The caller frees.  Empty where nobody is told: tables may be many. */
static char *
table_list(const Notifications *self, const NotificationTables *tables)
{
	return joined(tables->names, silent(self) ? 0 : tables->count, NULL, "");
}

/* ---- initial and blocking snapshots ---- */

static void
tell_initial(Notifications *self, const char *type, const NotificationField *fields, size_t field_count)
{
	tell(self, false, NULL, type, fields, field_count);
}

void
notify_initial_started(Notifications *self)
{
	tell_initial(self, "STARTED", NULL, 0);
}

void
notify_initial_completed(Notifications *self)
{
	tell_initial(self, "COMPLETED", NULL, 0);
}

void
notify_initial_aborted(Notifications *self)
{
	tell_initial(self, "ABORTED", NULL, 0);
}

void
notify_initial_skipped(Notifications *self)
{
	size_t place = self->count;

	tell_initial(self, "SKIPPED", NULL, 0);
	if (self->count > place)
		self->items[place].told_once = true;
}

static int
compare_names(const void *left, const void *right)
{
	return strcmp(*(const char *const *) left, *(const char *const *) right);
}

/* A TreeSet. */
void
notify_initial_resolved(Notifications *self, const NotificationTables *tables)
{
	const char **sorted;
	char *list;

	if (silent(self))
		return;
	sorted = bytes_alloc(tables->count * sizeof(char *) + 1);
	if (tables->count > 0)
		memcpy(sorted, tables->names, tables->count * sizeof(char *));
	qsort(sorted, tables->count, sizeof(char *), compare_names);
	list = joined(sorted, tables->count, NULL, "");
	tell_initial(self, "DATA_COLLECTIONS_RESOLVED", &(NotificationField){"data_collections", list}, 1);
	free(list);
	free(sorted);
}

/* A HashSet, or with several connections the keys of a LinkedHashMap. */
void
notify_initial_in_progress(Notifications *self, const NotificationTables *tables, const char *table)
{
	size_t *order = NULL;
	char *list;

	if (silent(self))
		return;
	if (!self->parallel)
	{
		order = bytes_alloc(tables->count * sizeof(size_t) + 1);
		java_map_order(tables->names, tables->count, java_copied_set_size(tables->count), order);
	}
	list = joined(tables->names, tables->count, order, "");
	tell_initial(self, "IN_PROGRESS",
				 (NotificationField[]){{"current_collection_in_progress", table}, {"data_collections", list}}, 2);
	free(list);
	free(order);
}

void
notify_initial_chunk_in_progress(Notifications *self, const char *table, size_t index, size_t total, uint64_t rows)
{
	char numbers[3][NUMBER_SIZE];
	const NotificationField fields[] = {
		{"current_collection_in_progress", table},
		{"chunk_index", numbers[0]},
		{"total_chunks", numbers[1]},
		{"total_rows_scanned", numbers[2]},
	};

	snprintf(numbers[0], NUMBER_SIZE, "%zu", index);
	snprintf(numbers[1], NUMBER_SIZE, "%zu", total);
	snprintf(numbers[2], NUMBER_SIZE, "%" PRIu64, rows);
	tell_initial(self, "TABLE_CHUNK_IN_PROGRESS", fields, 4);
}

void
notify_initial_chunk_completed(Notifications *self, const NotificationTables *tables, const char *table, size_t index,
							   size_t total)
{
	char numbers[2][NUMBER_SIZE];
	char *list = table_list(self, tables);
	const NotificationField fields[] = {
		{"scanned_collection", table}, {"status", "SUCCEEDED"},		 {"data_collections", list},
		{"chunk_index", numbers[0]},   {"total_chunks", numbers[1]},
	};

	snprintf(numbers[0], NUMBER_SIZE, "%zu", index);
	snprintf(numbers[1], NUMBER_SIZE, "%zu", total);
	tell_initial(self, "TABLE_CHUNK_COMPLETED", fields, 5);
	free(list);
}

void
notify_initial_table_completed(Notifications *self, const NotificationTables *tables, const char *table, uint64_t rows)
{
	char number[NUMBER_SIZE];
	char *list = table_list(self, tables);
	const NotificationField fields[] = {
		{"scanned_collection", table},
		{"status", "SUCCEEDED"},
		{"data_collections", list},
		{"total_rows_scanned", number},
	};

	snprintf(number, NUMBER_SIZE, "%" PRIu64, rows);
	tell_initial(self, "TABLE_SCAN_COMPLETED", fields, 4);
	free(list);
}

void
notify_initial_table_failed(Notifications *self, const char *table)
{
	tell_initial(self, "TABLE_SCAN_COMPLETED",
				 (NotificationField[]){{"scanned_collection", table}, {"status", "SQL_EXCEPTION"}}, 2);
}

/* ---- incremental snapshots ---- */

static void
tell_incremental(Notifications *self, const NotifiedIncremental *snapshot, const char *type,
				 const NotificationField *fields, size_t field_count)
{
	tell(self, true, snapshot->id, type, fields, field_count);
}

static void
tell_with_tables(Notifications *self, const NotifiedIncremental *snapshot, const char *type,
				 const NotificationTables *tables)
{
	char *list = table_list(self, tables);

	tell_incremental(self, snapshot, type, &(NotificationField){"data_collections", list}, 1);
	free(list);
}

void
notify_incremental_started(Notifications *self, const NotifiedIncremental *snapshot)
{
	tell_with_tables(self, snapshot, "STARTED", &snapshot->tables);
}

void
notify_incremental_resolved(Notifications *self, const NotifiedIncremental *snapshot)
{
	tell_with_tables(self, snapshot, "DATA_COLLECTIONS_RESOLVED", &snapshot->tables);
}

void
notify_incremental_paused(Notifications *self, const NotifiedIncremental *snapshot)
{
	tell_with_tables(self, snapshot, "PAUSED", &snapshot->tables);
}

void
notify_incremental_resumed(Notifications *self, const NotifiedIncremental *snapshot)
{
	tell_with_tables(self, snapshot, "RESUMED", &snapshot->tables);
}

void
notify_incremental_aborted(Notifications *self, const NotifiedIncremental *snapshot, const NotificationTables *stopped)
{
	if (stopped != NULL)
		tell_with_tables(self, snapshot, "ABORTED", stopped);
	else
		tell_incremental(self, snapshot, "ABORTED", NULL, 0);
}

void
notify_incremental_completed(Notifications *self, const NotifiedIncremental *snapshot)
{
	tell_incremental(self, snapshot, "COMPLETED", NULL, 0);
}

/* The caller frees.  A missing maximum is told with quotes, as Debezium does. */
static char *
key_text(const NotifiedKey *key)
{
	if (key->values == NULL)
		return memory_strdup("\"" NULL_KEY_VALUE "\"");
	return joined(key->values, key->count, NULL, NULL_KEY_VALUE);
}

static int64_t
chunks_of(int64_t rows, int64_t chunk_size)
{
	return (rows + chunk_size - 1) / chunk_size;
}

void
notify_incremental_in_progress(Notifications *self, const NotifiedIncremental *snapshot, const NotifiedChunk *chunk)
{
	char total_rows[NUMBER_SIZE];
	char total_chunks[NUMBER_SIZE];
	char chunk_index[NUMBER_SIZE];
	char *list = table_list(self, &snapshot->tables);
	char *maximum = key_text(&chunk->maximum);
	char *last = joined(chunk->last.values, chunk->last.count, NULL, NULL_KEY_VALUE);
	int64_t total = chunk->total_rows >= 0 ? chunks_of(chunk->total_rows, self->chunk_size) : 0;
	int64_t index = chunks_of((int64_t) chunk->rows, self->chunk_size);
	const NotificationField fields[] = {
		{"data_collections", list},	  {"current_collection_in_progress", chunk->table},
		{"maximum_key", maximum},	  {"last_processed_key", last},
		{"total_rows", total_rows},	  {"total_chunks", total_chunks},
		{"chunk_index", chunk_index},
	};

	snprintf(total_rows, NUMBER_SIZE, "%" PRId64, chunk->total_rows);
	snprintf(total_chunks, NUMBER_SIZE, "%" PRId64, total);
	snprintf(chunk_index, NUMBER_SIZE, "%" PRId64, index < total ? index : total);
	tell_incremental(self, snapshot, "IN_PROGRESS", fields, chunk->total_rows >= 0 ? 7 : 4);
	free(list);
	free(maximum);
	free(last);
}

static const char *
status_name(ScanStatus status)
{
	static const char *const names[] = {
		[SCAN_EMPTY] = "EMPTY",			[SCAN_NO_PRIMARY_KEY] = "NO_PRIMARY_KEY",
		[SCAN_SKIPPED] = "SKIPPED",		[SCAN_SQL_EXCEPTION] = "SQL_EXCEPTION",
		[SCAN_SUCCEEDED] = "SUCCEEDED", [SCAN_UNKNOWN_SCHEMA] = "UNKNOWN_SCHEMA",
	};

	return names[status];
}

void
notify_incremental_table_completed(Notifications *self, const NotifiedIncremental *snapshot, const char *table,
								   uint64_t rows, int64_t total_rows, ScanStatus status)
{
	char scanned[NUMBER_SIZE];
	char total[NUMBER_SIZE];
	char *list = table_list(self, &snapshot->tables);
	const NotificationField fields[] = {
		{"data_collections", list},		 {"scanned_collection", table}, {"total_rows_scanned", scanned},
		{"status", status_name(status)}, {"total_rows", total},
	};

	snprintf(scanned, NUMBER_SIZE, "%" PRIu64, rows);
	snprintf(total, NUMBER_SIZE, "%" PRId64, total_rows);
	tell_incremental(self, snapshot, "TABLE_SCAN_COMPLETED", fields,
					 status == SCAN_SUCCEEDED && total_rows >= 0 ? 5 : 4);
	free(list);
}

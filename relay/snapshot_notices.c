/*
 * snapshot_notices.c
 *	  Notifications of an initial snapshot, in their place among its records.
 */
#include "snapshot_notices.h"

#include <stdlib.h>

#include "memory.h"

struct SnapshotNotices
{
	Relay *relay;
	bool parallel;
	char **names; /* "schema.table", in the order of the targets */
	size_t count;
};

SnapshotNotices *
snapshot_notices_new(Relay *relay)
{
	SnapshotNotices *notices = bytes_alloc_zero(1, sizeof(SnapshotNotices));

	notices->relay = relay;
	notices->parallel = config_int(relay->config, OPT_SNAPSHOT_MAX_THREADS) > 1;
	relay->snapshot_told = true;
	notify_initial_started(relay->notifications);
	return notices;
}

void
snapshot_notices_free(SnapshotNotices *notices)
{
	for (size_t i = 0; i < notices->count; i++)
		free(notices->names[i]);
	free(notices->names);
	free(notices);
}

static char *
name_of(const SnapshotTarget *target)
{
	return memory_printf("%s.%s", target->schema, target->table);
}

static NotificationTables
tables_of(const SnapshotNotices *notices)
{
	return (NotificationTables){(const char *const *) notices->names, notices->count};
}

void
snapshot_notices_tables(SnapshotNotices *notices, const SnapshotTargets *targets)
{
	NotificationTables tables;

	notices->names = bytes_alloc_zero(targets->count + 1, sizeof(char *));
	for (size_t i = 0; i < targets->count; i++)
		notices->names[i] = name_of(targets->items[i]);
	notices->count = targets->count;
	tables = tables_of(notices);
	notify_initial_resolved(notices->relay->notifications, &tables);
}

/* Between the records before and those that follow. */
static bool
put_all(SnapshotNotices *notices, SnapshotReader *reader, Error *error)
{
	for (;;)
	{
		if (!relay_notify(notices->relay, error))
			return false;
		if (notifications_waiting(notices->relay->notifications) == 0)
			return true;
		if (!snapshot_reader_wait(reader, NULL, 0, error))
			return false;
	}
}

static size_t
index_of(const SnapshotPart *part)
{
	return (size_t) (part - part->target->parts);
}

bool
snapshot_notices_begin(SnapshotNotices *notices, SnapshotReader *reader, const SnapshotPart *part, Error *error)
{
	Notifications *notifications = notices->relay->notifications;
	const SnapshotTarget *target = part->target;
	NotificationTables tables = tables_of(notices);
	char *name = name_of(target);

	if (target->parts_started == 1)
		notify_initial_in_progress(notifications, &tables, name);
	if (notices->parallel)
		notify_initial_chunk_in_progress(notifications, name, index_of(part), target->part_count, target->marks.rows);
	free(name);
	return put_all(notices, reader, error);
}

bool
snapshot_notices_end(SnapshotNotices *notices, SnapshotReader *reader, const SnapshotPart *part, Error *error)
{
	Notifications *notifications = notices->relay->notifications;
	const SnapshotTarget *target = part->target;
	NotificationTables tables = tables_of(notices);
	char *name = name_of(target);

	if (notices->parallel)
		notify_initial_chunk_completed(notifications, &tables, name, index_of(part), target->part_count);
	if (target->parts_read == target->part_count)
		notify_initial_table_completed(notifications, &tables, name, target->marks.rows);
	free(name);
	return put_all(notices, reader, error);
}

bool
snapshot_notices_completed(SnapshotNotices *notices, SnapshotReader *reader, Error *error)
{
	notify_initial_completed(notices->relay->notifications);
	return put_all(notices, reader, error);
}

void
snapshot_notices_failed(SnapshotNotices *notices, const SnapshotTarget *target)
{
	char *name = name_of(target);

	notify_initial_table_failed(notices->relay->notifications, name);
	free(name);
}

void
snapshot_notices_aborted(SnapshotNotices *notices)
{
	notify_initial_aborted(notices->relay->notifications);
}

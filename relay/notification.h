/*
 * notification.h
 *	  What Debezium tells about the course of snapshots, to a topic
 *	  (notification.enabled.channels has "sink") and to the log ("log").
 *
 * A call that tells something cannot fail: its line is logged at once, its
 * record waits until notifications_put hands it to the sink.  So who calls
 * notifications_put before the next data record keeps the order between both.
 * A record is kept until the sink reports it, and put again into a new sink.
 *
 * Names, types and additional_data are those of Debezium 3.7.0.Final
 * (InitialSnapshotNotificationService, IncrementalSnapshotNotificationService),
 * also the order in which Java's HashMap gives the latter.
 */
#ifndef NOTIFICATION_H
#define NOTIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "log.h"
#include "sink.h"

/* Tickets of notifications have this bit, those of an LsnTracker do not. */
#define NOTIFICATION_TICKET ((uint64_t) 1 << 63)

typedef struct Notifications Notifications;

/* Tables as "schema.table", in the order of the snapshot; borrowed for the call. */
typedef struct NotificationTables
{
	const char *const *names;
	size_t count;
} NotificationTables;

/*
 * config and log are borrowed.  Never NULL: without channels all calls do
 * nothing.  What concerns the sink takes NULL as one without channels.
 */
extern Notifications *notifications_new(const Config *config, Logger *log);
extern void notifications_free(Notifications *self);

/*
 * Hands over what waits, in order.  SINK_OK: all of it; SINK_FULL: the rest
 * goes with a later call; SINK_ERROR: *error.  A record refused by the topic is
 * the sink's matter, as a data record would be (errors.tolerance).
 */
extern SinkResult notifications_put(Notifications *self, Sink *sink, Error *error) MUST_CHECK;
/* How many records wait for notifications_put; how many, these included, are not reported yet. */
extern size_t notifications_waiting(const Notifications *self);
extern size_t notifications_unreported(const Notifications *self);
/* A SinkReport for tickets with NOTIFICATION_TICKET. */
extern void notifications_report(Notifications *self, uint64_t ticket, uint64_t count);
/*
 * The sink is gone.  What it had not reported is put again (keep), or forgotten
 * since whatever it tells of is done again (exactly once; but for SKIPPED, which
 * a process tells once).
 */
extern void notifications_sink_lost(Notifications *self, bool keep);

/* ---- initial and blocking snapshots ---- */

extern void notify_initial_started(Notifications *self);
extern void notify_initial_resolved(Notifications *self, const NotificationTables *tables);
extern void notify_initial_in_progress(Notifications *self, const NotificationTables *tables, const char *table);
/* A part of a table that is read in several; index counts from 1. */
extern void notify_initial_chunk_in_progress(Notifications *self, const char *table, size_t index, size_t total,
											 uint64_t rows);
extern void notify_initial_chunk_completed(Notifications *self, const NotificationTables *tables, const char *table,
										   size_t index, size_t total);
extern void notify_initial_table_completed(Notifications *self, const NotificationTables *tables, const char *table,
										   uint64_t rows);
/* status SQL_EXCEPTION */
extern void notify_initial_table_failed(Notifications *self, const char *table);
extern void notify_initial_completed(Notifications *self);
extern void notify_initial_aborted(Notifications *self);
extern void notify_initial_skipped(Notifications *self);

/* ---- incremental snapshots ---- */

typedef enum ScanStatus
{
	SCAN_EMPTY,
	SCAN_NO_PRIMARY_KEY,
	SCAN_SKIPPED,
	SCAN_SQL_EXCEPTION,
	SCAN_SUCCEEDED,
	SCAN_UNKNOWN_SCHEMA,
} ScanStatus;

/* The snapshot that is told of; borrowed for the call. */
typedef struct NotifiedIncremental
{
	const char *id;			   /* of the signal (correlation id), NULL: a random one is made */
	NotificationTables tables; /* what is left of it: the one at work first, then those that wait */
} NotifiedIncremental;

/* Values of a key as text; an item is NULL for SQL's null. */
typedef struct NotifiedKey
{
	const char *const *values;
	size_t count; /* 0 with values NULL: there is none */
} NotifiedKey;

/* How far the table at work is. */
typedef struct NotifiedChunk
{
	const char *table;
	NotifiedKey maximum;
	NotifiedKey last;	/* of the chunk just read */
	uint64_t rows;		/* read so far of this table, this chunk's included; chunk_index follows from it */
	int64_t total_rows; /* counted when the table began; -1: not known, then chunk numbers are left out */
} NotifiedChunk;

extern void notify_incremental_started(Notifications *self, const NotifiedIncremental *snapshot);
extern void notify_incremental_resolved(Notifications *self, const NotifiedIncremental *snapshot);
extern void notify_incremental_paused(Notifications *self, const NotifiedIncremental *snapshot);
extern void notify_incremental_resumed(Notifications *self, const NotifiedIncremental *snapshot);
extern void notify_incremental_in_progress(Notifications *self, const NotifiedIncremental *snapshot,
										   const NotifiedChunk *chunk);
/* total_rows as in NotifiedChunk; told with SCAN_SUCCEEDED only. */
extern void notify_incremental_table_completed(Notifications *self, const NotifiedIncremental *snapshot,
											   const char *table, uint64_t rows, int64_t total_rows, ScanStatus status);
/* stopped: the tables that a signal took out of it; NULL: all of it is stopped. */
extern void notify_incremental_aborted(Notifications *self, const NotifiedIncremental *snapshot,
									   const NotificationTables *stopped);
extern void notify_incremental_completed(Notifications *self, const NotifiedIncremental *snapshot);

#endif

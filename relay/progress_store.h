/*
 * progress_store.h
 *	  What was delivered, kept where the sink's records are.
 *
 * A store holds records of a key and a JSON value, of which the newest of a
 * key counts.  Where they lie is a medium's business: a compacted topic
 * (progress_topic.h) or a file (progress_file.h).  Key of progress: JSON array
 * [topic.prefix, slot, system identifier, database]; other records of the same
 * relay have a fifth element.
 *
 * At least once, progress is written lazily and only advises (resume_plan.h);
 * exactly once, it is the last record of every transaction of the sink and the
 * only truth.
 */
#ifndef PROGRESS_STORE_H
#define PROGRESS_STORE_H

#include "log.h"
#include "resume_plan.h"
#include "sink.h"

typedef struct ProgressReading
{
	int timeout_ms; /* of silence: however much there is to read */
	/*
	 * Waits for what other relays have open in the medium, up to its end as it
	 * is now; else their open transactions hide what stands behind them.
	 */
	bool to_high_watermark;
	bool only_look; /* takes no lock, and makes nothing */
	/*
	 * With to_high_watermark: what others have open for longer than timeout_ms is not waited for; true: what stands
	 * behind it was not read.  NULL: that is an error.
	 */
	bool *hidden;
} ProgressReading;

/* A record that was read; value.data is NULL for one that was removed.  Borrowed for the call. */
typedef void (*ProgressVisit)(void *arg, Bytes key, Bytes value);

typedef struct ProgressMedium ProgressMedium;

typedef struct ProgressMediumMethods
{
	/* Visits all records that are committed, oldest first. ERROR_RETRY: not in time, or in use by another process. */
	bool (*read)(ProgressMedium *medium, const ProgressReading *how, ProgressVisit visit, void *arg, Error *error);
	/*
	 * Takes a record, through the sink or by itself; value.data NULL removes
	 * the key's.  In a sink with transactions it becomes durable with the
	 * open one, else by the sink's next flush at the latest.  SINK_FULL: not
	 * taken.
	 */
	SinkResult (*put)(ProgressMedium *medium, Sink *sink, Bytes key, Bytes value, Error *error);
	/* The same, reported by the sink with the ticket once it is durable; NULL: what put has taken is durable. */
	SinkResult (*put_reported)(ProgressMedium *medium, Sink *sink, Bytes key, Bytes value, uint64_t ticket,
							   Error *error);
	void (*free)(ProgressMedium *medium);
} ProgressMediumMethods;

struct ProgressMedium
{
	const ProgressMediumMethods *methods;
	const char *place; /* the topic's name or the file's path; SinkMethods.end gets it */
	const char *kind;  /* for messages: topic, file */
	bool serves_one;   /* relay only: records under other names are another's, and refused */
};

typedef struct ProgressStore ProgressStore;

typedef struct ProgressNames
{
	const char *prefix; /* topic.prefix */
	const char *slot_name;
	uint64_t system_identifier;
	const char *database;
} ProgressNames;

/* Takes ownership of medium; copies the rest. */
extern ProgressStore *progress_new(ProgressMedium *medium, const ProgressNames *names, Logger *log);
extern void progress_free(ProgressStore *store);

/*
 * Reads the newest committed record of our key.  *found: there is one.
 * *other_system: there is none, but one of another system identifier under the
 * same names.  ERROR_REFUSED: the medium serves one relay, and that is another.
 */
extern bool progress_read(ProgressStore *store, const ProgressReading *how, Progress *progress, bool *found,
						  bool *other_system, Error *error) MUST_CHECK;

/*
 * Hands a record over when the last is more than 5 s old (by now_ms, a
 * monotonic clock) and the position has changed.  A full sink is no error: the
 * next call tries again.
 */
extern bool progress_write_lazily(ProgressStore *store, Sink *sink, const Progress *progress, int64_t now_ms,
								  Error *error) MUST_CHECK;
/*
 * Exactly once: ends the sink's transaction with progress as its last record,
 * without waiting.  SINK_FULL: call again.
 */
extern SinkResult progress_end(ProgressStore *store, Sink *sink, const Progress *progress, Error *error);
/* Writes and waits until it is durable, with all that the sink holds: at stop, and for snapshot states. */
extern bool progress_write_now(ProgressStore *store, Sink *sink, const Progress *progress, int timeout_ms,
							   SinkReport report, void *arg, Error *error) MUST_CHECK;
/*
 * What of a snapshot is missing (snapshot_state.h), a record with a key of its
 * own.  It counts until the next record of progress, which begins or ends a
 * snapshot.  SINK_FULL: not taken.
 */
extern SinkResult progress_put_snapshot(ProgressStore *store, Sink *sink, const char *json, Error *error);
/* The same as the last record of the sink's transaction, which begins to end: exactly once. */
extern SinkResult progress_end_snapshot(ProgressStore *store, Sink *sink, const char *json, Error *error);
/* Forgets what progress_read() found: another snapshot begins. */
extern void progress_drop_snapshot(ProgressStore *store);
/* The one that progress_read() found; NULL: none that counts.  Borrowed. */
extern const char *progress_stored_snapshot(const ProgressStore *store);

/*
 * What is known of signals (incremental_state.h), a record with a key of its
 * own, that counts until the next.  With a ticket that is not 0 the sink
 * reports it; *reported: it will.
 */
extern SinkResult progress_put_signals(ProgressStore *store, Sink *sink, const char *json, uint64_t ticket,
									   bool *reported, Error *error);
/* The one that progress_read() found; NULL: none.  Borrowed. */
extern const char *progress_stored_signals(const ProgressStore *store);

/*
 * How far the slot may be confirmed by this stream (slot_limit.h), a record
 * with a key of its own, that counts until it is dropped.  Reported as above.
 */
extern SinkResult progress_put_limit(ProgressStore *store, Sink *sink, const char *stream, uint64_t limit_lsn,
									 uint64_t ticket, bool *reported, Error *error);
/* Forgets those of all other streams that are known.  SINK_FULL: not all yet. */
extern SinkResult progress_drop_limits(ProgressStore *store, Sink *sink, const char *keep, Error *error);
/* The highest that progress_read() found or that was put since; 0: none. */
extern uint64_t progress_slot_limit(const ProgressStore *store);

/*
 * Forgets it and all that stands beside it (tombstones), and waits: after the
 * slot was dropped on purpose (slot.drop.on.stop).
 */
extern bool progress_forget(ProgressStore *store, Sink *sink, int timeout_ms, SinkReport report, void *arg,
							Error *error) MUST_CHECK;

#endif

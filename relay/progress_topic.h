/*
 * progress_topic.h
 *	  What was delivered, kept in a compacted Kafka topic.
 *
 * Key: JSON array [topic.prefix, slot, system identifier, database].  The
 * topic may serve any number of relays.  At least once, the record is written
 * lazily and only advises (resume_plan.h); exactly once, it is the last record
 * of every transaction and the only truth.  There is no progress for stdout,
 * file and null sinks: ResumeInput.sink_keeps_progress is false for them.
 */
#ifndef PROGRESS_TOPIC_H
#define PROGRESS_TOPIC_H

#include "config.h"
#include "log.h"
#include "resume_plan.h"
#include "sink.h"

typedef struct ProgressTopic ProgressTopic;

/* slot, system identifier and database name the reader of the slot; topic and prefix come from config. Copies all. */
extern ProgressTopic *progress_new(const Config *config, Logger *log, const char *slot_name, uint64_t system_identifier,
								   const char *database);
extern void progress_free(ProgressTopic *topic);

typedef struct ProgressReading
{
	int timeout_ms;
	/*
	 * Waits for what other relays have open in the topic, up to its end as it
	 * is now; else their open transactions hide what stands behind them.
	 */
	bool to_high_watermark;
} ProgressReading;

/*
 * Reads the newest committed record of our key, from the topic's beginning;
 * makes the topic if it is missing (compacted, one partition).  *found: there
 * is one.  *other_system: there is none, but one of another system identifier
 * under the same names.  ERROR_RETRY: not in time.
 */
extern bool progress_read(ProgressTopic *topic, const ProgressReading *how, Progress *progress, bool *found,
						  bool *other_system, Error *error) MUST_CHECK;

/*
 * Hands a record to the sink when the last is more than 5 s old (by now_ms, a
 * monotonic clock) and the position has changed.  A full sink is no error: the
 * next call tries again.
 */
extern bool progress_write_lazily(ProgressTopic *topic, Sink *sink, const Progress *progress, int64_t now_ms,
								  Error *error) MUST_CHECK;
/*
 * Exactly once: ends the sink's transaction with progress as its last record,
 * without waiting.  SINK_FULL: call again.
 */
extern SinkResult progress_end(ProgressTopic *topic, Sink *sink, const Progress *progress, Error *error);
/* Writes and waits until it is durable, with all that the sink holds: at stop, and for snapshot states. */
extern bool progress_write_now(ProgressTopic *topic, Sink *sink, const Progress *progress, int timeout_ms,
							   SinkReport report, void *arg, Error *error) MUST_CHECK;
/*
 * What of a snapshot is missing (snapshot_state.h), a record with a key of its
 * own.  It counts until the next record of progress, which begins or ends a
 * snapshot.  SINK_FULL: not taken.
 */
extern SinkResult progress_put_snapshot(ProgressTopic *topic, Sink *sink, const char *json, Error *error);
/* Forgets what progress_read() found: another snapshot begins. */
extern void progress_drop_snapshot(ProgressTopic *topic);
/* The one that progress_read() found; NULL: none that counts.  Borrowed. */
extern const char *progress_stored_snapshot(const ProgressTopic *topic);

/* Forgets it (a tombstone), and waits: after the slot was dropped on purpose (slot.drop.on.stop). */
extern bool progress_forget(ProgressTopic *topic, Sink *sink, int timeout_ms, SinkReport report, void *arg,
							Error *error) MUST_CHECK;

#endif

/*
 * incremental_snapshot.h
 *	  Signals and incremental snapshots beside the stream.
 *
 * The stream never waits for the database here: signals are resolved and
 * chunks read by incremental_worker.h, the loop looks in between.  What has to
 * survive (incremental_state.h) goes where progress is stored: a signal with
 * the transaction that brought it, the position in a table once its rows are
 * delivered, or exactly once together with them.
 *
 * A sink without stored progress keeps it in memory: a restart forgets it.
 */
#ifndef INCREMENTAL_SNAPSHOT_H
#define INCREMENTAL_SNAPSHOT_H

#include "incremental_state.h"
#include "relay.h"

/* Relay is borrowed. */
extern Incremental *incremental_new(Relay *relay);
extern void incremental_free(Incremental *self);

/* What was stored, before a stream begins; json NULL: nothing.  Exactly once each time, else only the first counts. */
extern void incremental_load(Incremental *self, const char *json);
/* At least once, no stream is open: another relay has stored something since, and what is loaded next counts. */
extern void incremental_unload(Incremental *self);
/* Behind incremental_load(): where the server's WAL ends.  Signals of a history that is no more are forgotten. */
extern void incremental_server_ends(Incremental *self, uint64_t wal_end);
/* Of the last Kafka signal that is taken; -1: none. */
extern int64_t incremental_kafka_offset(const Incremental *self);

/* Around a stream: what is under way inside one does not outlive it. */
extern void incremental_stream_begins(Incremental *self);
extern void incremental_stream_ended(Incremental *self);

/* A record of the stream went out; refused ones count too. */
extern void incremental_record(Incremental *self, const FrameRelation *relation, uint64_t key_hash, uint32_t xid);

/*
 * A MARK of the stream, inside the unit of that ticket.  SINK_FULL: call again
 * with the same one before anything that follows it.
 */
extern SinkResult incremental_mark(Incremental *self, const FrameHeader *header, const FrameEntry *entry,
								   uint64_t ticket, Error *error);

/* A signal from Kafka: its value.  False: the next ones are to wait, see incremental_takes_signals(). */
extern bool incremental_kafka_signal(Incremental *self, Bytes json, int64_t offset);
/* Is there room for a signal that can wait? */
extern bool incremental_takes_signals(const Incremental *self);

/* Does a window close now that everything up to received_lsn has come?  Between transactions only. */
extern bool incremental_closes(const Incremental *self, uint64_t received_lsn);
/* Sends its rows under a unit of their own.  SINK_FULL: call again before anything else. */
extern SinkResult incremental_close(Incremental *self, Error *error);

/* Is a transaction of the sink not to end now, since a window's rows are on their way? */
extern bool incremental_in_window(const Incremental *self);

/* Takes what the worker has done, asks for more, stores what has changed.  Between transactions or in one. */
extern bool incremental_step(Incremental *self, int64_t now_ms, Error *error) MUST_CHECK;
/* At a stop, once all that was sent is delivered: what is stored next says so. */
extern void incremental_settle(Incremental *self);
extern int64_t incremental_due_ms(const Incremental *self);
/* Does a window wait for a position, of which an idle server must be asked? */
extern bool incremental_wants_position(const Incremental *self);

/* The blocking snapshot that is due, NULL: none; its tables, with conditions that are SELECTs.  Borrowed. */
extern const IncrementalState *incremental_blocking(const Incremental *self);
/* It is delivered; incremental_store() is next. */
extern void incremental_blocking_done(Incremental *self);
/* Has the sink, or whoever keeps progress, been given all that is known? */
extern bool incremental_is_stored(const Incremental *self);
/* Hands the state over, waiting while the sink is full; durable with its next flush or end of a transaction. */
extern bool incremental_store(Incremental *self, Error *error) MUST_CHECK;

#endif

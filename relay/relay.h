/*
 * relay.h
 *	  What a running relay holds; shared by the start procedure (relay_run),
 *	  the loop (relay_loop) and the snapshot (snapshot_coordinator).
 */
#ifndef RELAY_H
#define RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "error.h"
#include "heartbeat.h"
#include "log.h"
#include "lsn_tracker.h"
#include "metrics.h"
#include "position_headers.h"
#include "notification.h"
#include "progress_store.h"
#include "resume_plan.h"
#include "signal_kafka.h"
#include "sink.h"
#include "slot_limit.h"

#define RUN_ID_SIZE 37
#define RELAY_WAIT_MAX 64
#define LIMIT_NAME_SIZE (RUN_ID_SIZE + 12)

/* From main; all borrowed. */
typedef struct RelaySettings
{
	const Config *config;
	Logger *log;
	Metrics *metrics;
	/* Makes the sink, again after an error that needs a new one; NULL: *error is set. identity NULL: at least once. */
	Sink *(*make_sink)(void *arg, const SinkIdentity *identity, Error *error);
	/* Refused records the sink has let go so far, NULL if it never does. */
	uint64_t (*sink_refused)(const Sink *sink);
	/* Where the progress of what the sink delivers is kept; called only if sink_keeps_progress. */
	ProgressMedium *(*make_progress)(void *arg);
	void *make_sink_arg;	  /* of both */
	const char *sink_name;	  /* for messages: Kafka, stdout, ... */
	bool sink_keeps_progress; /* Kafka, a file, and with --progress-file any */
	bool endpos_now;		  /* --endpos now */
	uint64_t endpos_lsn;	  /* --endpos LSN; 0: none */
	bool exactly_once;
	int transaction_timeout_ms; /* exactly once: of the sink's transactions; 0: they may last */
	int snapshot_timeout_ms;	/* the same for that of a snapshot */
	bool accept_gap;			/* see ResumeInput */
	bool start_at_slot;
	bool accept_new_system;
	bool takeover; /* end whoever uses the slot */
} RelaySettings;

/* Exactly once: the sink's transaction (relay_commit.c). */
typedef struct RelayCommit
{
	bool ending;
	Progress progress; /* of the one that is ending */
	bool open;
	int64_t began_ms;
	uint64_t records_seen;
	uint64_t records_before; /* the open one */
	int64_t stored_ms;		 /* of the last end */
	int64_t dry_since_ms;	 /* -1: the stream has more */
} RelayCommit;

typedef struct Incremental Incremental;

typedef struct Relay
{
	RelaySettings settings;
	const Config *config;
	Logger *log;
	const char *slot_name;
	char run_id[RUN_ID_SIZE];
	uint64_t endpos_lsn;		  /* 0: none */
	bool never_confirm;			  /* lsn.flush.mode=manual */
	PositionedRecord *positioned; /* position.headers.enable: the record at work; NULL: off */

	Sink *sink;		  /* NULL: to be made */
	bool sink_broken; /* an error of the sink asked for a new one */
	Heartbeat *heartbeat;
	Notifications *notifications;
	Incremental *incremental; /* incremental_snapshot.h */
	SignalKafka *signals;	  /* relay_signals.h; NULL: not enabled, or not made yet */
	bool signals_looked;
	int work_fd;		  /* readable when it has something to do; -1: never */
	bool snapshot_told;	  /* of this process: a snapshot, or that there is none */
	LsnTracker *tracker;  /* tickets of the stream or snapshot at work */
	uint64_t refused_lsn; /* where the stream stood when a record was refused that is tried again; 0: none */
	int64_t refused_ms;	  /* since when */
	bool delivered;		  /* the sink reported something since this was last cleared */

	ProgressStore *progress_topic; /* NULL: the sink keeps none, or not yet known whose */
	Progress progress;			   /* what is known to be delivered */
	bool progress_known;
	bool progress_of_other_system;
	bool progress_hidden; /* there may be records that were not read */
	bool no_packs;		  /* transactions are asked for one by one */
	SlotLimit limit;	  /* relay_limit.h; not enforced exactly once */
	char limit_name[LIMIT_NAME_SIZE];
	unsigned int limit_streams; /* begun so far */
	bool limits_dropped;
	bool ignore_partial;
	bool snapshot_taken;  /* a snapshot of this process is delivered */
	char *snapshot_state; /* JSON of snapshot_state.h, of a snapshot that was cut; NULL: none, or it cannot go on */
	/* the transaction open when the last stream ended, and how many of its records were handed over; 0: none */
	uint64_t cut_commit_lsn;
	uint64_t cut_count;
	RelayCommit commit;
	bool took_over;	   /* --takeover is done with */
	uint32_t last_xid; /* of the transaction received last; 0: a message outside of transactions */

	MetricsValues values;
} Relay;

/* A SinkReport for all that the relay puts; arg is the Relay. */
extern void relay_report(void *arg, uint64_t ticket, uint64_t count);

/* The sink's functions, remembering whether it is broken. */
extern SinkResult relay_sink_put(Relay *relay, const SinkRecord *record, Error *error);
extern bool relay_sink_poll(Relay *relay, int timeout_ms, Error *error) MUST_CHECK;
extern bool relay_sink_flush(Relay *relay, int timeout_ms, Error *error) MUST_CHECK;
extern bool relay_sink_commit(Relay *relay, Error *error) MUST_CHECK;
/* The sink has delivered nothing for ten seconds: ERROR_RETRY with the reason. May block for seconds. */
extern void relay_sink_stuck(Relay *relay, Error *error);
/* What the relay itself has to say: notifications that wait, and a heartbeat if it is due. */
extern bool relay_heartbeat(Relay *relay, int64_t now_ms, Error *error) MUST_CHECK;

/* Hands over the notifications that wait; those that a full sink does not take go with a later call. */
extern bool relay_notify(Relay *relay, Error *error) MUST_CHECK;

/* Callbacks for frame readers: the sink lets go of what it hung on dictionary entries. */
extern FrameReaderCallbacks relay_reader_callbacks(Relay *relay);

/*
 * A record that the plugin refused.  SINK_OK: it is let go, counted and logged
 * (errors.tolerance=all), or parked in the dead letter topic under the ticket.
 * SINK_FULL: as for put.  SINK_ERROR: ERROR_FAILED with what it was.
 */
extern SinkResult relay_refused(Relay *relay, const FrameEntry *entry, uint64_t ticket, Error *error) MUST_CHECK;

/* Takes over into relay->progress what the tracker says is delivered. */
extern void relay_note_progress(Relay *relay);
/*
 * The same after the end of a stream; once nothing is outstanding, the part of
 * the transaction that was cut is delivered too and need not be repeated.
 */
extern void relay_note_cut(Relay *relay);

/* Fills in what the sink and the tracker know, and publishes. */
extern void relay_publish(Relay *relay, int64_t now_ms);

/* Waits in poll() for the sink, a signal and optionally one more descriptor (-1: none). */
extern void relay_wait(Relay *relay, int fd, short events, int timeout_ms);
/* The same for up to RELAY_WAIT_MAX descriptors to become readable. */
extern void relay_wait_readable(Relay *relay, const int *fds, int count, int timeout_ms);

#endif

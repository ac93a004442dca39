/*
 * sink.h
 *	  Where records go: a table of functions, one contract.
 *
 * A sink takes records in order, makes them durable in its own time, and
 * reports tickets.  It never parses a payload.
 */
#ifndef SINK_H
#define SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "frame_reader.h"

typedef enum SinkResult
{
	SINK_OK,
	SINK_FULL,	/* not taken: queue full; poll and hand over the same record again */
	SINK_ERROR, /* *error is set */
} SinkResult;

/* One record ready to go; all pointers are borrowed for the call. */
typedef struct SinkRecord
{
	const FrameRecord *record;
	const char *snapshot_mark; /* fills HOLE_SNAPSHOT_MARK; NULL outside snapshots */
	const char *sequence;	   /* fills HOLE_SEQUENCE; may be NULL */
	uint64_t ticket;		   /* reported back once durable */
	uint64_t commit_lsn;	   /* of its transaction; 0: it is in none, or not to be told (position.headers.enable) */
	bool read_again;		   /* a row of a snapshot, which may come again from another place in the WAL */
} SinkRecord;

/* Durable reports since the last poll: ticket and how many of its records. */
typedef void (*SinkReport)(void *arg, uint64_t ticket, uint64_t count);

typedef struct Sink Sink;

/* Who writes exactly once. Only one sink of a name can make anything durable: the one fenced last. */
typedef struct SinkIdentity
{
	const char *name;  /* stable over restarts */
	bool for_snapshot; /* its transaction may take long */
} SinkIdentity;

typedef enum SinkTransaction
{
	SINK_TRANSACTION_NONE,	 /* nothing was put since the last end */
	SINK_TRANSACTION_OPEN,	 /* something was put */
	SINK_TRANSACTION_ENDING, /* nothing is taken until poll has seen the end */
} SinkTransaction;

typedef struct SinkMethods
{
	/* Takes a record or says why not. Never blocks. */
	SinkResult (*put)(Sink *sink, const SinkRecord *record, Error *error);
	/* A record of the relay's own (heartbeat): key, value as they are; reported with the ticket if it is not 0. */
	SinkResult (*put_raw)(Sink *sink, const char *topic, int32_t partition, Bytes key, Bytes value, uint64_t ticket,
						  Error *error);
	/*
	 * A transaction has ended here: what was put is worth sending on (file and
	 * stdout flush; Kafka need not wait for more).
	 */
	bool (*commit)(Sink *sink, Error *error);
	/*
	 * Serves reports, waiting at most timeout_ms; false on an error that
	 * needs a new sink (ERROR_RETRY) or an end (ERROR_FAILED).
	 */
	bool (*poll)(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error);
	/* File descriptor that becomes readable when poll has something to do, or -1. */
	int (*wake_fd)(Sink *sink);
	/* Everything put is durable or false with the reason; reports come through report. */
	bool (*flush)(Sink *sink, int timeout_ms, SinkReport report, void *arg, Error *error);
	/* Bytes and records waiting, for metrics. */
	void (*queue)(Sink *sink, uint64_t *records, uint64_t *bytes);
	/* Can it take anything now? False while the brokers are away; why is for people. */
	bool (*available)(Sink *sink, const char **why);
	/*
	 * Nothing was delivered for long, although it is available: the reason, for
	 * people.  False: not known.  May block for seconds; NULL: it never knows.
	 */
	bool (*explain)(Sink *sink, char *why, size_t size);
	void (*topic_forgotten)(Sink *sink, FrameTopic *topic);
	void (*headerset_forgotten)(Sink *sink, FrameHeaderset *headerset);
	/*
	 * Sinks that write exactly once have these three, others NULL.  What is put
	 * belongs to a transaction and is reported once that has become durable as
	 * a whole; flush waits for one that is ending.  A sink that is freed takes
	 * back what was put since the last end.
	 *
	 * fence: no other sink of the same name can make anything durable from now
	 * on, and what it had open is taken back. Blocks at most timeout_ms.
	 */
	bool (*fence)(Sink *sink, int timeout_ms, Error *error);
	/* Puts the record (of progress) as the last one and begins to end the transaction. value.data NULL: a tombstone. */
	SinkResult (*end)(Sink *sink, const char *topic, Bytes key, Bytes value, Error *error);
	SinkTransaction (*transaction)(Sink *sink);
	void (*free)(Sink *sink);
} SinkMethods;

struct Sink
{
	const SinkMethods *methods;
	uint64_t parked;	   /* records refused that went to the dead letter topic instead */
	bool refusal_may_pass; /* ERROR_RETRY was about a refused record: errors.retry.timeout is running */
	bool no_room;		   /* a disk is full: a new sink would meet the same, this one goes on once there is room */
	bool retries_over;	   /* set by the owner: that time is over, errors.tolerance decides */
};

#endif

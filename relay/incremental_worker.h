/*
 * incremental_worker.h
 *	  A thread with a connection of its own, so that the database may take its
 *	  time while the stream goes on.  One job at a time.
 */
#ifndef INCREMENTAL_WORKER_H
#define INCREMENTAL_WORKER_H

#include "incremental_chunk.h"
#include "snapshot_signal.h"

typedef enum WorkerJob
{
	JOB_NONE,
	JOB_SIGNAL, /* of the inbox: is it genuine, and which tables does it mean? */
	JOB_CHUNK,
} WorkerJob;

typedef struct IncrementalWorker IncrementalWorker;

/* What a job needs; borrowed until it is taken, and not changed meanwhile. */
typedef struct WorkerRequest
{
	WorkerJob job;
	ChunkRequest chunk;
	bool verify;  /* JOB_SIGNAL: it came as a message */
	uint32_t xid; /* of this transaction */
	const char *json;
	const SnapshotSignal *signal;
	const IncrementalState *state;
} WorkerRequest;

/* What came of it; who takes it frees chunk (chunk_result_clear), tables and matched. */
typedef struct WorkerResult
{
	WorkerJob job;
	bool good;
	Error error; /* unless good; ERROR_RETRY: it may go well another time, whatever was asked */
	ChunkResult chunk;
	bool genuine;
	IncrementalState *tables; /* of an execute-snapshot */
	bool *matched;			  /* of a stop-snapshot, for each table of the state */
} WorkerResult;

/* NULL and *error if there can be no thread.  config and log are borrowed. */
extern IncrementalWorker *incremental_worker_new(const Config *config, Logger *log, Error *error);
/* Interrupts what is going on. */
extern void incremental_worker_free(IncrementalWorker *worker);

/* Nothing may be under way. */
extern void incremental_worker_ask(IncrementalWorker *worker, const WorkerRequest *request);
/* True once the job is done, and once a job; then *result is the caller's.  Never waits. */
extern bool incremental_worker_take(IncrementalWorker *worker, WorkerResult *result);
/* Readable when there is something to take. */
extern int incremental_worker_fd(const IncrementalWorker *worker);
/* Lets go of the connection, whatever it does, and waits until the job is over; its result is dropped. */
extern void incremental_worker_abandon(IncrementalWorker *worker);

#endif

/*
 * replication_stream.h
 *	  START_REPLICATION on a connection: messages in, status updates out.
 *	  Nothing here blocks except where a deadline is given.
 */
#ifndef REPLICATION_STREAM_H
#define REPLICATION_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libpq-fe.h>

#include "error.h"

typedef struct ReplicationStream ReplicationStream;

typedef enum StreamStep
{
	STREAM_NOTHING, /* wait until the socket is readable */
	STREAM_DATA,	/* one frame, alone or out of a pack */
	STREAM_KEEPALIVE,
	STREAM_ERROR, /* ended or lost: ERROR_RETRY; ERROR_FAILED with the server's text */
} StreamStep;

typedef struct StreamMessage
{
	const char *data; /* STREAM_DATA: borrowed until the next call of replication_stream_next */
	size_t size;
	uint64_t wal_end;	  /* STREAM_KEEPALIVE: what the server has decoded and sent up to */
	bool reply_requested; /* STREAM_KEEPALIVE */
	bool held;			  /* the plugin is far behind, and may hold back transactions before wal_end */
} StreamMessage;

/*
 * Starts streaming of frames; plugin_config is the JSON object of options.
 * Takes over conn in any case.  NULL: *error is set.
 */
extern ReplicationStream *replication_stream_start(PGconn *conn, const char *slot_name, uint64_t start_lsn,
												   const char *plugin_config, Error *error);

/* The next message that has arrived. Never blocks. */
extern StreamStep replication_stream_next(ReplicationStream *stream, StreamMessage *message, Error *error);

/*
 * Standby status update: written is what was received, flushed what may be
 * confirmed (0: confirm nothing).  Never blocks; what the socket does not take
 * goes with replication_stream_flush.
 */
extern bool replication_stream_status(ReplicationStream *stream, uint64_t written_lsn, uint64_t flushed_lsn,
									  bool request_reply, Error *error) MUST_CHECK;

/* Sends what is left; *unsent: wait for writability as well. */
extern bool replication_stream_flush(ReplicationStream *stream, bool *unsent, Error *error) MUST_CHECK;

extern int replication_stream_fd(const ReplicationStream *stream);

/*
 * Ends the COPY and waits until the server has said so: it has then processed
 * every status update sent before.  Frames still arriving are dropped.  The
 * connection may be used for commands afterwards.  False if the deadline came
 * first or the connection was lost.
 */
extern bool replication_stream_finish(ReplicationStream *stream, int timeout_ms, Error *error) MUST_CHECK;

/* Borrowed, after replication_stream_finish. */
extern PGconn *replication_stream_connection(ReplicationStream *stream);

/* Closes the connection. */
extern void replication_stream_free(ReplicationStream *stream);

#endif

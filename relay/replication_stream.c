/*
 * replication_stream.c
 *	  The streaming replication protocol, the client's side.
 *
 * CopyData from the server:
 *		'w'	u64 WAL start, u64 WAL end, i64 clock, then one frame or pack
 *		'k'	u64 WAL end, i64 clock, u8 reply requested
 * CopyData to the server:
 *		'r'	u64 written, u64 flushed, u64 applied, i64 clock, u8 reply requested
 * Integers are big endian, clocks microseconds since 2000.
 */
#include "replication_stream.h"

#include <endian.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "frame_pack.h"
#include "memory.h"
#include "pg_session.h"

#define WAL_DATA_HEADER_SIZE (1 + 8 + 8 + 8)
#define KEEPALIVE_SIZE (1 + 8 + 8 + 1)
#define STATUS_SIZE (1 + 8 + 8 + 8 + 8 + 1)

struct ReplicationStream
{
	PGconn *conn;
	char *message;	/* libpq's buffer of the message lent out; NULL: none */
	FramePack pack; /* the one at work, in message */
};

static uint64_t
get_u64(const char *at)
{
	uint64_t number;

	memcpy(&number, at, sizeof(number));
	return be64toh(number);
}

static char *
put_u64(char *at, uint64_t number)
{
	number = htobe64(number);
	memcpy(at, &number, sizeof(number));
	return at + sizeof(number);
}

/*
 * A string of the replication grammar: only quotes are doubled.  Backslashes
 * mean themselves there and E'' does not exist, so PQescapeLiteral is of no use.
 */
static void
append_quoted(Buffer *buffer, const char *text)
{
	buffer_append(buffer, "'", 1);
	for (const char *quote; (quote = strchr(text, '\'')) != NULL; text = quote + 1)
	{
		buffer_append(buffer, text, (size_t) (quote - text));
		buffer_append(buffer, "''", 2);
	}
	buffer_append_text(buffer, text);
	buffer_append(buffer, "'", 1);
}

static void
build_start_command(Buffer *buffer, PGconn *conn, const char *slot_name, uint64_t start_lsn, const char *plugin_config)
{
	char *identifier = memory_checked(PQescapeIdentifier(conn, slot_name, strlen(slot_name)));
	char *head = memory_printf("START_REPLICATION SLOT %s LOGICAL " LSN_FORMAT " (\"format\" 'frames', \"config\" ",
							   identifier, LSN_ARGS(start_lsn));

	buffer_append_text(buffer, head);
	append_quoted(buffer, plugin_config);
	buffer_append(buffer, ")", 2);
	PQfreemem(identifier);
	free(head);
}

ReplicationStream *
replication_stream_start(PGconn *conn, const char *slot_name, uint64_t start_lsn, const char *plugin_config,
						 Error *error)
{
	const PgPatience patience = {0};
	Buffer command = {0};
	char *what = memory_printf("could not stream from replication slot \"%s\"", slot_name);
	ReplicationStream *stream = NULL;
	PGresult *result;

	build_start_command(&command, conn, slot_name, start_lsn, plugin_config);
	result = pg_session_query(conn, command.data, 0, NULL, patience, what, error);
	if (result != NULL && PQresultStatus(result) == PGRES_COPY_BOTH && PQsetnonblocking(conn, 1) == 0)
	{
		stream = bytes_alloc_zero(1, sizeof(ReplicationStream));
		stream->conn = conn;
	}
	else if (result != NULL)
		error_set(error, ERROR_FAILED, "%s: unexpected answer to START_REPLICATION", what);
	PQclear(result);
	buffer_free(&command);
	free(what);
	if (stream == NULL)
		PQfinish(conn);
	return stream;
}

static void
release_message(ReplicationStream *stream)
{
	PQfreemem(stream->message);
	stream->message = NULL;
}

/* The COPY is over though we did not end it: the server stopped, or the plugin raised an error. */
static bool
fail_ended(ReplicationStream *stream, Error *error)
{
	PGresult *result = PQgetResult(stream->conn);

	if (result != NULL && PQresultStatus(result) != PGRES_FATAL_ERROR)
		error_set(error, ERROR_RETRY, "the server ended the replication stream");
	else
		pg_session_fail(stream->conn, result, "replication stream ended", error);
	PQclear(result);
	return false;
}

/* One CopyData, reading from the socket if none is complete yet; 0: nothing there. */
static int
take_copy_data(ReplicationStream *stream, Error *error)
{
	int size = PQgetCopyData(stream->conn, &stream->message, 1);

	if (size == 0)
	{
		if (!PQconsumeInput(stream->conn))
		{
			pg_session_fail(stream->conn, NULL, "replication stream lost", error);
			return -1;
		}
		size = PQgetCopyData(stream->conn, &stream->message, 1);
	}
	if (size < 0)
		fail_ended(stream, error);
	return size;
}

static StreamStep
fail_malformed(Error *error)
{
	error_set(error, ERROR_FAILED, "malformed message in the replication stream");
	return STREAM_ERROR;
}

/* A message of size bytes, from its header on. */
static StreamStep
take_message(ReplicationStream *stream, size_t size, StreamMessage *message, Error *error)
{
	if (stream->message[0] == 'w')
	{
		if (size < WAL_DATA_HEADER_SIZE ||
			!frame_pack_begin(&stream->pack, stream->message + WAL_DATA_HEADER_SIZE, size - WAL_DATA_HEADER_SIZE))
			return fail_malformed(error);
		message->held = stream->pack.holds;
		return frame_pack_next(&stream->pack, &message->data, &message->size) ? STREAM_DATA : STREAM_NOTHING;
	}
	if (stream->message[0] != 'k' || size < KEEPALIVE_SIZE)
		return fail_malformed(error);
	message->wal_end = get_u64(stream->message + 1);
	message->reply_requested = stream->message[KEEPALIVE_SIZE - 1] != 0;
	message->held = stream->pack.holds;
	return STREAM_KEEPALIVE;
}

StreamStep
replication_stream_next(ReplicationStream *stream, StreamMessage *message, Error *error)
{
	StreamStep step;
	int size;

	message->held = stream->pack.holds;
	if (frame_pack_next(&stream->pack, &message->data, &message->size))
		return STREAM_DATA;
	do
	{
		release_message(stream);
		size = take_copy_data(stream, error);
		if (size == 0)
			return STREAM_NOTHING;
		if (size < 0)
			return STREAM_ERROR;
		step = take_message(stream, (size_t) size, message, error);
	} while (step == STREAM_NOTHING); /* a pack without frames */
	return step;
}

bool
replication_stream_status(ReplicationStream *stream, uint64_t written_lsn, uint64_t flushed_lsn, bool request_reply,
						  Error *error)
{
	char update[STATUS_SIZE];
	char *at = update;
	bool unsent;

	*at++ = 'r';
	at = put_u64(at, written_lsn);
	at = put_u64(at, flushed_lsn);
	at = put_u64(at, flushed_lsn);
	at = put_u64(at, (uint64_t) (clock_wall_us() - POSTGRES_EPOCH_US));
	*at = request_reply ? 1 : 0;
	if (PQputCopyData(stream->conn, update, STATUS_SIZE) < 0)
		return pg_session_fail(stream->conn, NULL, "could not send a status update", error);
	return replication_stream_flush(stream, &unsent, error);
}

bool
replication_stream_flush(ReplicationStream *stream, bool *unsent, Error *error)
{
	int left = PQflush(stream->conn);

	*unsent = left > 0;
	if (left < 0)
		return pg_session_fail(stream->conn, NULL, "could not send a status update", error);
	return true;
}

int
replication_stream_fd(const ReplicationStream *stream)
{
	return PQsocket(stream->conn);
}

/* Waits for more bytes, or until there is room for ours. */
static bool
wait_stream(ReplicationStream *stream, int64_t deadline_ms, Error *error)
{
	struct pollfd fd = {.fd = PQsocket(stream->conn), .events = POLLIN};
	int64_t left = deadline_ms - clock_monotonic_ms();
	bool unsent;

	if (!replication_stream_flush(stream, &unsent, error))
		return false;
	if (left <= 0)
		return error_set(error, ERROR_RETRY, "the server did not end the replication stream in time");
	if (unsent)
		fd.events |= POLLOUT;
	(void) poll(&fd, 1, (int) left);
	return true;
}

/* Drops what the server still sends until its side of the COPY ends. */
static bool
drain_copy(ReplicationStream *stream, int64_t deadline_ms, Error *error)
{
	int size;

	do
	{
		release_message(stream);
		size = PQgetCopyData(stream->conn, &stream->message, 1);
		if (size == 0 && !wait_stream(stream, deadline_ms, error))
			return false;
		if (size == 0 && !PQconsumeInput(stream->conn))
			return pg_session_fail(stream->conn, NULL, "replication stream lost", error);
		if (size > 0 && clock_monotonic_ms() > deadline_ms)
			return error_set(error, ERROR_RETRY, "the server did not end the replication stream in time");
	} while (size >= 0);
	return true;
}

bool
replication_stream_finish(ReplicationStream *stream, int timeout_ms, Error *error)
{
	const PgPatience patience = {.timeout_ms = timeout_ms, .despite_stop = true};
	int64_t deadline_ms = clock_monotonic_ms() + timeout_ms;
	PGresult *result = NULL;
	bool good = true;

	if (PQputCopyEnd(stream->conn, NULL) < 0)
		return pg_session_fail(stream->conn, NULL, "could not end the replication stream", error);
	if (!drain_copy(stream, deadline_ms, error))
		return false;
	while (good)
	{
		good = pg_session_wait_result(stream->conn, patience, &result, "could not end the replication stream", error);
		if (!good || result == NULL)
			break;
		if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_COPY_OUT &&
			PQresultStatus(result) != PGRES_COPY_IN)
			good = pg_session_fail(stream->conn, result, "could not end the replication stream", error);
		PQclear(result);
	}
	if (good)
		PQsetnonblocking(stream->conn, 0);
	return good;
}

PGconn *
replication_stream_connection(ReplicationStream *stream)
{
	return stream->conn;
}

void
replication_stream_free(ReplicationStream *stream)
{
	if (stream == NULL)
		return;
	release_message(stream);
	PQfinish(stream->conn);
	free(stream);
}

/*
 * relay_loop_status.c
 *	  What the loop tells the server, and the metrics.
 */
#include "relay_loop_internal.h"

#include "incremental_snapshot.h"
#include "relay_limit.h"

/* A confirmed position that moves is told at most this often. */
#define STATUS_PAUSE_MS 100
/* A position that a window waits for is asked for that often. */
#define POSITION_PAUSE_MS 20
#define PUBLISH_PAUSE_MS 200

bool
relay_loop_send_status(Loop *loop, Error *error)
{
	Relay *relay = loop->relay;
	uint64_t confirmable_lsn = relay_limit_confirmable(relay);

	if (!replication_stream_status(loop->stream, loop->received_lsn, confirmable_lsn, loop->request_reply, error))
		return false;
	if (confirmable_lsn > loop->flushed_sent_lsn)
		loop->confirmation_asked = false;
	loop->flushed_sent_lsn = confirmable_lsn;
	loop->status_sent_ms = loop->now_ms;
	loop->reply_wanted = false;
	loop->request_reply = false;
	return true;
}

/* When the next status update is due. */
int64_t
relay_loop_status_due_ms(const Loop *loop)
{
	const Relay *relay = loop->relay;
	int64_t due_ms = loop->status_sent_ms + loop->status_interval_ms;
	uint64_t position = relay->never_confirm ? loop->received_lsn : relay_limit_confirmable(relay);

	if (loop->reply_wanted || loop->request_reply)
		return 0;
	if (position > loop->flushed_sent_lsn && !relay->never_confirm && due_ms > loop->status_sent_ms + STATUS_PAUSE_MS)
		due_ms = loop->status_sent_ms + STATUS_PAUSE_MS;
	return due_ms;
}

bool
relay_loop_status(Loop *loop, Error *error)
{
	/* With the regular ones, ask for an answer: silence shows in /healthz. */
	if (loop->now_ms >= loop->status_sent_ms + loop->status_interval_ms)
		loop->request_reply = true;
	/* a window's end is not to wait for the server's own rhythm */
	if (incremental_wants_position(loop->relay->incremental) &&
		loop->now_ms >= loop->status_sent_ms + POSITION_PAUSE_MS)
		loop->request_reply = true;
	if (loop->now_ms >= relay_loop_status_due_ms(loop) && !relay_loop_send_status(loop, error))
		return false;
	return replication_stream_flush(loop->stream, &loop->status_unsent, error);
}

void
relay_loop_metrics(Loop *loop)
{
	if (loop->now_ms - loop->published_ms < PUBLISH_PAUSE_MS)
		return;
	loop->published_ms = loop->now_ms;
	loop->relay->values.received_lsn = loop->received_lsn;
	relay_publish(loop->relay, loop->now_ms);
}

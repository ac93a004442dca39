/*
 * relay_loop_internal.h
 *	  One run of the loop, shared by the files that make it up.
 */
#ifndef RELAY_LOOP_INTERNAL_H
#define RELAY_LOOP_INTERNAL_H

#include "relay_loop.h"

typedef struct Loop
{
	Relay *relay;
	ReplicationStream *stream;
	const ResumePlan *plan;
	FrameReader *reader;
	int status_interval_ms;
	int64_t now_ms;

	/* the frame at work */
	bool frame_open;
	bool entry_pending;	 /* the sink was full: entry comes again */
	bool window_pending; /* the same of the rows of a window that closes here */
	FrameHeader header;
	FrameEntry *entry;

	uint64_t ticket;		  /* of the open unit; 0: none */
	uint64_t unit_commit_lsn; /* its commit LSN */
	uint64_t unit_count;	  /* its records delivered or settled, the skipped ones included */

	bool hello_fits; /* false: see LOOP_AGAIN */
	bool endpos_reached;
	bool stream_dry; /* nothing more to read at the moment */
	bool behind;	 /* the plugin is, and more will come soon */
	int64_t rest_until_ms;

	bool reply_wanted;
	bool confirmation_asked; /* since a position was confirmed last */
	bool request_reply;
	uint64_t received_lsn;
	uint64_t flushed_sent_lsn;
	int64_t status_sent_ms;
	bool status_unsent;

	int64_t sink_moved_ms; /* when the sink took or reported something, or had nothing to do */
	int64_t stop_since_ms; /* 0: no stop requested */
	int64_t published_ms;
} Loop;

/* A status update now; false: the stream is lost. */
extern bool relay_loop_send_status(Loop *loop, Error *error) MUST_CHECK;
/* When the next one is due. */
extern int64_t relay_loop_status_due_ms(const Loop *loop);
/* One if it is due, and what the socket did not take before. */
extern bool relay_loop_status(Loop *loop, Error *error) MUST_CHECK;
/* Publishes, every now and then. */
extern void relay_loop_metrics(Loop *loop);

#endif

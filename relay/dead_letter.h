/*
 * dead_letter.h
 *	  Records that cannot be delivered: what errors.* wants done with them, and
 *	  what their headers tell in the dead letter topic.
 *
 * Names, header keys and stages are Kafka Connect's, which has dead letter
 * topics for sinks only (Kafka's documentation, "errors.deadletterqueue.*").
 * A record on its way to Kafka has no offset: in its place stands the LSN, in
 * decimal as source.lsn has it.
 */
#ifndef DEAD_LETTER_H
#define DEAD_LETTER_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "frame_reader.h"

#define DEAD_LETTER_HEADERS 9

/* Texts are borrowed from the configuration. */
typedef struct DeadLetterPolicy
{
	bool tolerates;			  /* errors.tolerance=all */
	const char *topic;		  /* NULL: what cannot be delivered is dropped */
	bool headers;			  /* tell in headers what happened */
	bool log;				  /* log what is parked, too; what is dropped is logged in any case */
	bool log_contents;		  /* with keys and values */
	int replication_factor;	  /* of the topic, if it is to be created */
	int64_t retry_timeout_ms; /* for refusals that may pass; 0: none, -1: for ever */
	const char *connector_name;
} DeadLetterPolicy;

typedef struct DeadLetter
{
	const char *topic; /* where the record was to go */
	int32_t partition; /* -1: not known */
	uint64_t lsn;	   /* 0: not known */
	const char *stage;
	const char *class_name; /* that was at work, in Java */
	const char *exception;	/* Java's name for what happened */
	const char *message;
	char numbers[2][24]; /* the relay's own: partition and LSN as text */
} DeadLetter;

extern DeadLetterPolicy dead_letter_policy(const Config *config);

/* Fills fields (room for DEAD_LETTER_HEADERS) and returns how many; they borrow from letter and policy. */
extern size_t dead_letter_headers(DeadLetter *letter, const DeadLetterPolicy *policy, FrameHeaderField *fields);

/*
 * For messages: ` TEXT` if the bytes are text (cut after some hundred bytes),
 * else "".  Returns buffer.
 */
extern const char *dead_letter_excerpt(Bytes bytes, char *buffer, size_t size);

#endif

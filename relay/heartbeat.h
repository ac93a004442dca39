/*
 * heartbeat.h
 *	  Heartbeat records by the relay's clock, and the query that goes with
 *	  them (heartbeat.interval.ms, heartbeat.action.query).
 *
 * Topic, key and value are Debezium's, byte for byte.
 */
#ifndef HEARTBEAT_H
#define HEARTBEAT_H

#include <stdbool.h>
#include <stdint.h>

#include "config.h"
#include "error.h"
#include "log.h"
#include "sink.h"

typedef struct Heartbeat Heartbeat;

/*
 * Borrows config and log; neither form is impossible.  The first heartbeat is due at once, as Debezium
 * sends one when streaming begins.  Without heartbeat.interval.ms nothing is
 * ever due.
 */
extern Heartbeat *heartbeat_new(const Config *config, Logger *log);
extern void heartbeat_free(Heartbeat *heartbeat);

/* One is due now: at the end of a snapshot. */
extern void heartbeat_force(Heartbeat *heartbeat);

/*
 * Sends a heartbeat if one is due and starts the action query; *sent tells
 * whether a record went out.  A full sink leaves it due.  Trouble with the
 * query is logged, once until it works again, and never an error.
 */
extern bool heartbeat_step(Heartbeat *heartbeat, Sink *sink, int64_t now_ms, bool *sent, Error *error) MUST_CHECK;

/* When the next step has something to do (monotonic ms); INT64_MAX: never. */
extern int64_t heartbeat_due_ms(const Heartbeat *heartbeat);
/* The query's socket for poll(), or -1, and the events it waits for. */
extern int heartbeat_fd(const Heartbeat *heartbeat, short *events);

/* For tests: the exact bytes; the caller frees. */
extern char *heartbeat_key(const char *server_name, ConverterForm form);
extern char *heartbeat_value(int64_t now_ms, ConverterForm form);

#endif

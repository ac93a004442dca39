/*
 * pending_lines.h
 *	  Tickets of lines that were put into an output and are not yet durable.
 *
 * Positions count bytes put since the sink began; they only grow.
 */
#ifndef PENDING_LINES_H
#define PENDING_LINES_H

#include "sink.h"

/* Lines of one ticket in a row, up to a position. */
typedef struct PendingLine
{
	uint64_t ticket;
	uint64_t count;
	uint64_t end;
} PendingLine;

/* All zero: none. */
typedef struct PendingLines
{
	PendingLine *lines;
	size_t head;
	size_t count;
	size_t capacity;
	uint64_t records;
} PendingLines;

/* A line that ends at that position belongs to this ticket; 0: nobody waits for it. */
extern void pending_lines_add(PendingLines *pending, uint64_t ticket, uint64_t end);
/* Reports and drops those that end at `durable` or before. */
extern void pending_lines_report(PendingLines *pending, uint64_t durable, SinkReport report, void *arg);
extern void pending_lines_free(PendingLines *pending);

#endif

/*
 * kafka_sources.h
 *	  Where in the WAL the records of a ticket come from, for messages.
 *
 * A message's opaque is its ticket, so the exact place of one record in a
 * transaction is not known when its report comes, only first and last.
 */
#ifndef KAFKA_SOURCES_H
#define KAFKA_SOURCES_H

#include "kafka_refusal.h"

/* Tickets that are remembered; a power of two. */
#define REMEMBERED_TICKETS 8192

typedef struct TicketSource
{
	uint64_t ticket;
	uint64_t first_lsn;
	uint64_t last_lsn;
} TicketSource;

static inline void
kafka_sources_remember(TicketSource *sources, uint64_t ticket, uint64_t source_lsn)
{
	TicketSource *source = &sources[ticket & (REMEMBERED_TICKETS - 1)];

	if (ticket == 0 || source_lsn == 0) /* the relay's own records have no place, and take nobody's */
		return;
	if (source->ticket != ticket)
		*source = (TicketSource){ticket, source_lsn, source_lsn};
	source->last_lsn = source_lsn;
}

/* Leaves refused as it is if the ticket is forgotten. */
static inline void
kafka_sources_fill(const TicketSource *sources, uint64_t ticket, RefusedRecord *refused)
{
	const TicketSource *source = &sources[ticket & (REMEMBERED_TICKETS - 1)];

	if (ticket == 0 || source->ticket != ticket)
		return;
	refused->first_source_lsn = source->first_lsn;
	refused->last_source_lsn = source->last_lsn;
}

#endif

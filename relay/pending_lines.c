/*
 * pending_lines.c
 *	  See pending_lines.h.
 */
#include "pending_lines.h"

#include <stdlib.h>

#include "bytes.h"

static void
make_room(PendingLines *pending)
{
	if (pending->head > 0 && pending->head + pending->count == pending->capacity)
	{
		memmove(pending->lines, pending->lines + pending->head, pending->count * sizeof(PendingLine));
		pending->head = 0;
	}
	if (pending->count == pending->capacity)
	{
		pending->capacity = pending->capacity > 0 ? pending->capacity * 2 : 256;
		pending->lines = bytes_realloc(pending->lines, pending->capacity * sizeof(PendingLine));
	}
}

void
pending_lines_add(PendingLines *pending, uint64_t ticket, uint64_t end)
{
	PendingLine *last = pending->count > 0 ? &pending->lines[pending->head + pending->count - 1] : NULL;

	pending->records++;
	if (last == NULL || last->ticket != ticket)
	{
		make_room(pending);
		last = &pending->lines[pending->head + pending->count++];
		*last = (PendingLine){.ticket = ticket};
	}
	last->count++;
	last->end = end;
}

void
pending_lines_report(PendingLines *pending, uint64_t durable, SinkReport report, void *arg)
{
	while (pending->count > 0)
	{
		const PendingLine *first = &pending->lines[pending->head];

		if (first->end > durable)
			return;
		if (first->ticket != 0)
			report(arg, first->ticket, first->count);
		pending->records -= first->count;
		pending->head++;
		pending->count--;
	}
	pending->head = 0;
}

void
pending_lines_free(PendingLines *pending)
{
	free(pending->lines);
	*pending = (PendingLines){0};
}

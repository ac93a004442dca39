/*-------------------------------------------------------------------------
 *
 * outbox_schema.h
 *	  Schema of an outbox event's value that has more than the payload: a
 *	  structure of "payload" and of the columns placed beside it
 *	  (EventRouterDelegate#getValueSchema).
 *
 * Debezium keeps these schemas, one per schema of the payload or, with
 * table.field.event.schema.version, one per version, under the name that it
 * made for the first event.  So the name has the route value of that event,
 * whatever the others are routed by, and by version the payload must fit that
 * of the first event, even if that event failed.  Both are remembered here to
 * the same effect, for a session.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OUTBOX_SCHEMA_H
#define OUTBOX_SCHEMA_H

#include "postgres.h"

#include "connect_schema.h"

typedef struct OutboxNames OutboxNames;

/* Remembers in the current context. */
extern OutboxNames *outbox_names_new(void);

typedef struct OutboxValueSchema
{
	const char *row_name; /* of the row's schema; NULL: it has none */
	const char *route;
	bool by_version;
	int version;				  /* 0: none */
	const ConnectSchema *payload; /* NULL: a payload without schema */
	bool text;					  /* the payload is text, whatever its schema says */
	bool null;
	List *names; /* of the columns placed beside it, const char *, and their schemas */
	List *schemas;
} OutboxValueSchema;

/*
 * In context; NULL: it cannot be had, *problem says why in Connect's words.
 * The names of what is placed beside the payload must differ, from "payload"
 * too.
 */
extern const ConnectSchema *outbox_value_schema(OutboxNames *names, const OutboxValueSchema *wanted,
												MemoryContext context, const char **problem);

#endif /* OUTBOX_SCHEMA_H */

/*-------------------------------------------------------------------------
 *
 * outbox_plan.h
 *	  The options of the outbox router, and what they mean for the records
 *	  of one schema: which column is what, and what is missing.
 *
 *-------------------------------------------------------------------------
 */
#ifndef OUTBOX_PLAN_H
#define OUTBOX_PLAN_H

#include "postgres.h"

#include "transform.h"

typedef enum OutboxOption
{
	OUTBOX_INVALID_OPERATION,
	OUTBOX_ID,
	OUTBOX_KEY,
	OUTBOX_TYPE,
	OUTBOX_PAYLOAD,
	OUTBOX_TIMESTAMP,
	OUTBOX_PLACEMENT,
	OUTBOX_MISSING,
	OUTBOX_SCHEMA_VERSION,
	OUTBOX_ROUTE,
	OUTBOX_TOPIC_REGEX,
	OUTBOX_TOPIC_REPLACEMENT,
	OUTBOX_TOMBSTONES,
	OUTBOX_EXPAND,
	OUTBOX_EXPAND_NULL,
	OUTBOX_EXPAND_EMPTY_ARRAY,
	OUTBOX_TRACING_FIELD,
	OUTBOX_TRACING_OPERATION,
	OUTBOX_TRACING_REQUIRED,
	OUTBOX_OPTIONS
} OutboxOption;

/* Defaults and allowed values are Debezium's (EventRouterConfigDefinition). */
extern const TransformOption outbox_options[OUTBOX_OPTIONS];

/* In the order of the allowed list. */
typedef enum InvalidOperation
{
	INVALID_WARN,
	INVALID_ERROR,
	INVALID_FATAL
} InvalidOperation;

typedef enum PlacementKind
{
	PLACE_HEADER,
	PLACE_ENVELOPE,
	PLACE_PARTITION
} PlacementKind;

/* An item of table.fields.additional.placement. */
typedef struct OutboxPlacement
{
	const char *field;
	PlacementKind kind;
	const char *alias;
} OutboxPlacement;

/* The option as List of OutboxPlacement *; ERROR names what is malformed in it. */
extern List *outbox_placements(const Transform *transform);

/* How a column's value becomes the record's timestamp. */
typedef enum TimestampUnit
{
	UNIT_MILLISECONDS = 1,
	UNIT_MICROSECONDS = 1000,
	UNIT_NANOSECONDS = 1000000
} TimestampUnit;

/* A column of the outbox. */
typedef struct OutboxField
{
	int index;					 /* in the row; -1: there is none, and that is no problem */
	const ConnectSchema *schema; /* as one that stands alone */
} OutboxField;

typedef struct OutboxPlan
{
	int operation; /* fields of the envelope; -1: there is none */
	int row;	   /* "after" */
	int clock;	   /* "ts_ms" */
	const ConnectSchema *envelope;
	const ConnectSchema *row_schema;
	const char *problem; /* why no row can be routed, in Java's words; NULL: it can */
	OutboxField id;
	OutboxField key;
	OutboxField payload;
	OutboxField route;
	OutboxField timestamp;
	TimestampUnit unit;
	const char *timestamp_problem; /* why no value of it can be used, a null can; NULL: any can */
	OutboxField version;
	OutboxField *places;  /* one per placement */
	List *envelope_names; /* of what is placed in the envelope, const char *, and its schemas */
	List *envelope_schemas;
	List *value_schemas; /* of KeptSchema *, made so far */
	bool warned;		 /* of an update */
} OutboxPlan;

typedef struct KeptSchema
{
	int version;
	const ConnectSchema *schema;
} KeptSchema;

/* For records of that envelope; in the current context. */
extern OutboxPlan *outbox_plan_new(const Transform *transform, List *placements, const ConnectSchema *envelope);

#endif /* OUTBOX_PLAN_H */

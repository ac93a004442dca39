/*-------------------------------------------------------------------------
 *
 * record.h
 *	  A record on its way through transforms: what Kafka Connect calls a
 *	  SourceRecord (org.apache.kafka.connect.connector.ConnectRecord).
 *
 * Schemas are compared by address: those of one origin (a relation version,
 * logical messages, transaction metadata) are made once, and so are the
 * schemas that a transform derives from them, which it keeps in a plan.
 *
 * A structure's items are never changed in place: who changes a field makes a
 * new structure.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RECORD_H
#define RECORD_H

#include "postgres.h"
#include "utils/rel.h"

#include "connect_schema.h"
#include "connect_value.h"
#include "dictionary.h"

typedef struct Transform Transform;

/* What records of one kind have in common, and what is kept for them. */
typedef struct RecordOrigin
{
	MemoryContext context; /* lives as long as its schemas */
	List *plans;		   /* of transforms; see record_plan() */
	List *entries;		   /* of OriginEntry */
} RecordOrigin;

/* The dictionary entry of a schema that its converter writes. */
typedef struct OriginEntry
{
	const ConnectSchema *schema;
	DictionaryEntry *entry;
} OriginEntry;

/* An origin whose schemas live in context. */
extern RecordOrigin *record_origin_new(MemoryContext context);

/* Gives its dictionary entries back. */
extern void record_origin_free(RecordOrigin *origin, Dictionary *dictionary);

/* Does that schema live longer than the event, so that something can be kept for it?  NULL does. */
extern bool record_schema_is_kept(const ConnectSchema *schema);

typedef struct RecordHeader
{
	const char *name;
	const ConnectSchema *schema; /* NULL: none */
	ConnectValue value;
	bool constant;		  /* one of the context headers */
	bool mismatched;	  /* Connect has it under a schema without the fields: JsonConverter refuses it */
	const char *rendered; /* the header as its converter writes it; NULL: not written yet */
	Size rendered_size;
} RecordHeader;

/* The change that a record was made of, whatever transforms made of it since; for conditions in SQL. */
typedef struct RecordChange
{
	char op;
	Relation rel;			 /* open; NULL: not about a row */
	const char *schema_name; /* UTF-8 */
	const char *table_name;	 /* UTF-8 */
	const Datum *before;	 /* by attribute number - 1; NULL: none */
	const bool *before_nulls;
	bool before_partial; /* only the replica identity's columns are there */
	const Datum *after;
	const bool *after_nulls;
	const Datum *old; /* the old row, shown or not: it may have what the new one has of unchanged TOAST values */
	const bool *old_nulls;
	XLogRecPtr lsn;
	TransactionId xid;
	int64 commit_time;		   /* microseconds since 1970 */
	const struct RowPlan *key; /* columns of the record's key; NULL: it has none */
} RecordChange;

typedef struct ConnectRecord
{
	RecordOrigin *origin;
	const RecordChange *change;		 /* NULL: not a change of a row */
	const char *topic;				 /* UTF-8 */
	const ConnectSchema *key_schema; /* NULL: none */
	ConnectValue key;
	const ConnectSchema *value_schema; /* NULL: none; a tombstone has neither schema nor value */
	ConnectValue value;
	List *headers;		 /* of RecordHeader *, in order; copy an item before changing it */
	List *lent_headers;	 /* those of a delete that its tombstone will have */
	bool lends_headers;	 /* no transform has copied them yet: what one adds is lent, too */
	int32 partition;	 /* -1: the producer's partitioner decides */
	int64 timestamp;	 /* ms since 1970, -1: not set */
	const char *refusal; /* why a transform failed; NULL: none did */
} ConnectRecord;

/* Records that the transform cannot handle: the text becomes refusal, the first one stays. */
extern void record_refuse(ConnectRecord *record, const char *format, ...) pg_attribute_printf(2, 3);

/*
 * What transform keeps for records of that schema (and variant, a text that
 * tells plans of one schema apart, or NULL).  build() makes it at first sight,
 * with the context current in which the plan and its schemas must live; that
 * is the event's if the schema itself was made for this event.
 */
typedef void *(*PlanBuilder)(const Transform *transform, ConnectRecord *record, const ConnectSchema *schema);
extern void *record_plan(ConnectRecord *record, const Transform *transform, const ConnectSchema *schema,
						 const char *variant, PlanBuilder build);

/* Does the value have the schema of a change event (Envelope.isEnvelopeSchema, SmtManager in Debezium)? */
extern bool record_is_envelope(const ConnectRecord *record);

/* Neither value nor schema. */
extern bool record_is_tombstone(const ConnectRecord *record);

/* The last header of that name (Headers#lastWithName); NULL: none. */
extern RecordHeader *record_header(const ConnectRecord *record, const char *name);

/* Appends a header; schema and name live as long as the event. */
extern void record_add_header(ConnectRecord *record, const char *name, const ConnectSchema *schema, ConnectValue value);

/* Removes all headers of that name. */
extern void record_drop_header(ConnectRecord *record, const char *name);

#endif /* RECORD_H */

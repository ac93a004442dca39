/*-------------------------------------------------------------------------
 *
 * flatten_drop.h
 *	  drop.fields.* of ExtractNewRecordState: leaves out the fields that a
 *	  header of the record lists.
 *
 *-------------------------------------------------------------------------
 */
#ifndef FLATTEN_DROP_H
#define FLATTEN_DROP_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "transform.h"

/* What a transform that drops fields begins with. */
typedef struct FieldDropper
{
	Transform transform;
	const char *header;				 /* NULL: nothing is dropped */
	bool from_key;					 /* drop.fields.from.key */
	bool compatible;				 /* drop.fields.keep.schema.compatible: only fields that may be missing */
	const List *added;				 /* of FieldReference: add.fields */
	const struct Dropping *dropping; /* for the plan that is being built */
} FieldDropper;

/*
 * Drops from key and value.  From a delete's value, which Debezium cuts before
 * it adds fields, no added field goes.  The record may be refused.
 */
extern void drop_fields(FieldDropper *dropper, ConnectRecord *record, bool is_delete);

#endif /* FLATTEN_DROP_H */

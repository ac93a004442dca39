/*-------------------------------------------------------------------------
 *
 * flatten_fields.h
 *	  Fields of an envelope that ExtractNewRecordState adds to rows and
 *	  headers (FieldReference in
 *	  io.debezium.transforms.AbstractExtractNewRecordState).
 *
 *-------------------------------------------------------------------------
 */
#ifndef FLATTEN_FIELDS_H
#define FLATTEN_FIELDS_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "record.h"

/* One item of add.fields or add.headers. */
typedef struct FieldReference
{
	const char *parent; /* the structure that has the field; NULL: the envelope itself */
	const char *field;
	const char *new_name;
} FieldReference;

/*
 * field, struct.field, each perhaps with :name behind it, in the current
 * context.  A bare field belongs to the structure that usually has it.
 * NULL: malformed.
 */
extern FieldReference *field_reference(const char *text, const char *prefix);

/* Where the value of a reference comes from in envelopes of one schema. */
typedef struct AddedField
{
	const FieldReference *reference;
	int parent;					 /* index of the structure in the envelope, -1: the envelope */
	int index;					 /* of the field in it; -1: see outer */
	int outer;					 /* index in the envelope of a field that its structure lacks */
	const ConnectSchema *source; /* schema of the field where it stands */
	ConnectSchema *schema;		 /* optional and without default */
} AddedField;

typedef struct AddedFields
{
	const char *refusal; /* why such envelopes cannot be handled; NULL: they can */
	int count;			 /* references to fields that do not exist are left out */
	AddedField items[FLEXIBLE_ARRAY_MEMBER];
} AddedFields;

/* For envelopes of that schema, from a list of FieldReference. */
extern AddedFields *added_fields_new(const List *references, const ConnectSchema *envelope);

/* Appends them to a row's schema; returns why that cannot be, or NULL. */
extern const char *added_fields_append(const AddedFields *fields, ConnectSchema *schema);

/* The value in an envelope that is resolved; what its schema does not say of defaults is gone from it. */
extern ConnectValue added_field_value(const AddedField *field, const ConnectSchema *envelope, ConnectValue *value);

/* Can the value stand in a structure? Its copied schema knows nothing of the fields of structures and of the values of maps. */
extern bool added_field_fits(const AddedField *field, ConnectValue *value);

#endif /* FLATTEN_FIELDS_H */

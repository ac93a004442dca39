/*-------------------------------------------------------------------------
 *
 * relation_schema.h
 *	  One relation under one set of options: its columns, key, topic and
 *	  identity, with every slow question answered once.
 *
 * Reads the catalogue through relcache and syscache, under the historic
 * snapshot while decoding, and takes no lock on the relation or its indexes:
 * a session that holds ACCESS EXCLUSIVE on the table does not stop the stream.
 *
 *-------------------------------------------------------------------------
 */
#ifndef RELATION_SCHEMA_H
#define RELATION_SCHEMA_H

#include "postgres.h"
#include "access/attmap.h"
#include "utils/rel.h"

#include "dictionary.h"
#include "header_text.h"
#include "plugin_options.h"
#include "publication.h"
#include "record.h"
#include "table_filter.h"
#include "value_encoder.h"

typedef struct FixedText
{
	const char *text; /* NULL: there is none */
	Size size;
	bool shows_null; /* it is null, or the default that the converter shows for it */
} FixedText;

/* How one column is written. */
typedef struct ColumnPlan
{
	int attribute;	  /* index into the tuple's values */
	FixedText prefix; /* {"name": or ,"name":, from json_member_prefix() */
	const ValueCodec *codec;
	const char *name;	   /* the column's own */
	FixedText null_value;  /* null or the default; none: a null cannot be written */
	FixedText filler;	   /* where an old tuple lacks the column */
	FixedText unavailable; /* unchanged TOAST; none: a conversion failure */
	bool in_identity;	   /* an old tuple has it */
	bool required_items;   /* an array whose items the schema calls required */
	bool varlena;		   /* its values may be TOAST pointers */
	bool toastable;		   /* ... and large ones are */
	bool masks_null;	   /* a mask stands for NULL, too */
	bool in_key;		   /* of the plan of a key: what cannot be converted is not made null */
	bool failure_reported;
	HeaderShape header_shape; /* in a header that SimpleHeaderConverter writes */
} ColumnPlan;

typedef struct RowPlan
{
	int count;
	ColumnPlan *columns;
	FixedText constant;		   /* a field behind the columns that is the same in each row; none */
	const char *constant_text; /* its value, a string */
} RowPlan;

typedef struct RelationSchema
{
	MemoryContext context; /* holds all of it */
	Oid relid;
	const char *schema_name;
	const char *table_name;
	const char *reason;	   /* why it is not captured; NULL: it is */
	uint32 published;	   /* SKIP_* bits of the operations that open their transaction */
	Oid publish_as;		   /* itself, or the partitioned table whose schema its rows take */
	AttrMap *map;		   /* from its row type to that of publish_as; NULL: they are the same */
	RowFilter *row_filter; /* of the publication; NULL: none */
	char replica_identity;
	bool has_identity; /* deletes have an old tuple */
	bool signals;	   /* signal.data.collection */
	bool unlogged;	   /* only snapshots see its rows */
	int attributes;	   /* of the tuple, dropped ones included */
	RowPlan row;
	RowPlan key;
	RowPlan header_key;					  /* the key in the headers of a key change */
	bool keyed;							  /* records have a key, if only a constant one */
	const ConnectSchema *key_text;		  /* keys become Java's text of such a structure; NULL: they stay JSON */
	const ConnectSchema *header_key_text; /* the same for keys in headers */
	FixedText source_table;				  /* its part of "source" */

	/* dictionary entries, one reference each; NULL: none */
	DictionaryEntry *topic;
	DictionaryEntry *relation;
	DictionaryEntry *key_schema;
	DictionaryEntry *value_schema;
	DictionaryEntry *loose_value_schema; /* for rows with NULL in an array of required items; NULL: no such column */
	DictionaryEntry *header_key_schema;	 /* of keys in headers, with JsonConverter and schemas */
	const char *topic_name;

	/* for records with transforms; all NULL if there are none */
	const ConnectSchema *key_struct; /* NULL: no key */
	const ConnectSchema *header_key_struct;
	const ConnectSchema *value_struct;		 /* the envelope */
	const ConnectSchema *loose_value_struct; /* as loose_value_schema */
	RecordOrigin *origin;

	/* transaction metadata: its counter, of the transaction with that serial number */
	uint64 counter_serial;
	struct CollectionCounter *counter;
	bool missing_identity_reported;
} RelationSchema;

/* What a schema is built from. */
typedef struct SchemaInputs
{
	const PluginOptions *options;
	const TableFilter *filter;
	Dictionary *dictionary;
	bool records;						/* schemas are kept for records with transforms */
	bool snapshot;						/* for rows read from the table: generated columns are there */
	bool *publication_missing_reported; /* of the session: this is said once */
} SchemaInputs;

/* Builds the schema in a new context below parent. */
extern RelationSchema *relation_schema_build(Relation rel, const SchemaInputs *inputs, MemoryContext parent);

/* Frees it and gives its dictionary entries back. */
extern void relation_schema_free(RelationSchema *schema, Dictionary *dictionary);

/* The table's name as schema.table, UTF-8, in the current context. */
extern char *relation_schema_name(const RelationSchema *schema);

#endif /* RELATION_SCHEMA_H */

/*-------------------------------------------------------------------------
 *
 * connect_schema.h
 *	  Kafka Connect schemas, and their rendering as JsonConverter's "schema"
 *	  objects (org.apache.kafka.connect.json.JsonConverter#asJsonSchema).
 *
 * Trees are built once per relation version, in the current memory context,
 * and rendered once.  Strings are borrowed: they must live as long as the
 * tree.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONNECT_SCHEMA_H
#define CONNECT_SCHEMA_H

#include "postgres.h"
#include "nodes/pg_list.h"

#include "json_writer.h"

typedef struct ConnectParameter
{
	const char *name;
	const char *value;
} ConnectParameter;

/* A version of 0, which is one. */
#define SCHEMA_VERSION_ZERO PG_INT32_MIN

typedef struct ConnectSchema
{
	const char *type; /* boolean int8 int16 int32 int64 float double bytes string array map struct */
	bool optional;
	const char *name; /* NULL: none */
	int version;	  /* 0: none; SCHEMA_VERSION_ZERO */
	const char *doc;
	List *parameters;		  /* of ConnectParameter *, in order */
	const char *default_json; /* rendered default value, NULL: none */
	const char *field;		  /* set inside a struct's fields, by connect_schema_field() */
	const char *member;		  /* "field": as it stands before the value */
	int member_size;
	struct ConnectSchema *items;
	struct ConnectSchema *keys;
	struct ConnectSchema *values;
	List *fields; /* of ConnectSchema * */
} ConnectSchema;

/* A required schema of that type with nothing else set. */
extern ConnectSchema *connect_schema_new(const char *type);
/* The same with name and version. */
extern ConnectSchema *connect_schema_named(const char *type, const char *name, int version);
/* Appends a parameter (Connect keeps insertion order); value is text even for numbers. */
extern void connect_schema_parameter(ConnectSchema *schema, const char *name, const char *value);
/* Appends child as field `field` of a struct schema and returns child. */
extern ConnectSchema *connect_schema_field(ConnectSchema *schema, const char *field, ConnectSchema *child);
/* Is there a field of that name? */
extern bool connect_schema_has(const ConnectSchema *schema, const char *field);
/* The same for a child that is a plain type. */
extern void connect_schema_add(ConnectSchema *schema, const char *field, const char *type, bool optional);
/* A copy whose own members can be changed; children are shared. */
extern ConnectSchema *connect_schema_copy(const ConnectSchema *schema);

/* The scale of a Decimal, from its parameters; 0: it has none. */
extern int connect_decimal_scale(const ConnectSchema *schema);

/* Member order: type, items/keys/values/fields, optional, name, version, doc, parameters, default, field. */
extern void connect_schema_render(const ConnectSchema *schema, JsonWriter *writer);

#endif /* CONNECT_SCHEMA_H */

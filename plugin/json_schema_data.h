/*-------------------------------------------------------------------------
 *
 * json_schema_data.h
 *	  JSON with the schema that can be seen from it
 *	  (io.debezium.transforms.outbox.JsonSchemaData).
 *
 * Objects become structures, numbers int32, int64 or double, arrays arrays of
 * the schema that all of their items have.  Whatever has no one schema is
 * refused as a whole.  All is made in the current memory context.
 *
 * Where items of an array are objects with different members, Debezium puts
 * their schemas into a HashSet before it merges them, and so orders the
 * merged fields by hash codes that differ from one JVM to the next.  Here
 * they come in the order in which they are first seen.
 *
 *-------------------------------------------------------------------------
 */
#ifndef JSON_SCHEMA_DATA_H
#define JSON_SCHEMA_DATA_H

#include "postgres.h"

#include "connect_schema.h"
#include "connect_value.h"
#include "json_tree.h"

typedef struct JsonSchemaModes
{
	bool null_is_bytes;			 /* a null is a field of optional bytes; otherwise there is no such field */
	bool empty_array_is_strings; /* an empty array is one of optional strings; otherwise there is no such field */
} JsonSchemaModes;

/*
 * toConnectSchema(): the schema of node, whose structures are named after key
 * (NULL: not at all).  False: there is none that fits, *problem says why.
 * *schema NULL: node is a null or an empty array, and modes leave it out.
 */
extern bool json_node_schema(const JsonSchemaModes *modes, const char *key, const JsonNode *node,
							 ConnectSchema **schema, const char **problem);

/*
 * toConnectData(): node as a structure of that schema.  False: it does not
 * fit, *problem says why in Java's words: the schema is no structure's, or
 * some number is an integer beyond long.
 */
extern bool json_node_struct(const JsonNode *node, const ConnectSchema *schema, ConnectValue *value,
							 const char **problem);

#endif /* JSON_SCHEMA_DATA_H */

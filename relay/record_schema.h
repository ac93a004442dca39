/*
 * record_schema.h
 *	  The schema before the payload of records that the relay makes itself
 *	  (heartbeats, notifications), as JsonConverter writes it.
 *
 *	  {"schema":{"type":"struct","fields":[ ... ],"optional":false,"name":...,"version":1},"payload": ... }
 */
#ifndef RECORD_SCHEMA_H
#define RECORD_SCHEMA_H

#include "json_object.h"

/* Fields come next. */
extern void record_schema_open(yajl_gen gen);
/* A required field of a plain type. */
extern void record_schema_field(yajl_gen gen, const char *type, const char *name);
/* The payload comes next, and after it yajl_gen_map_close(). */
extern void record_schema_close(yajl_gen gen, const char *name);

#endif

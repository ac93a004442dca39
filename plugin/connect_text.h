/*-------------------------------------------------------------------------
 *
 * connect_text.h
 *	  Values as Kafka Connect's StringConverter writes them: by Java's
 *	  toString() (org.apache.kafka.connect.data.Struct#toString and those of
 *	  the java.lang and java.util classes in it), without any escapes.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONNECT_TEXT_H
#define CONNECT_TEXT_H

#include "postgres.h"

#include "connect_schema.h"
#include "json_writer.h"

/*
 * Why the text of such values cannot be written, in words for people: bytes
 * show as an object's identity or its length, Java's dates in the JVM's time
 * zone.  NULL: it can.
 */
extern const char *connect_text_obstacle(const ConnectSchema *schema);

/*
 * Writes JSON that json_writer wrote for a value of that schema as text.
 * Decimals must be there as numbers.  A structure shows its fields' own values:
 * neither nulls nor the defaults that stand in for them.
 */
extern void connect_text(const ConnectSchema *schema, const char *json, Size size, JsonWriter *out);

/* Writes one JSON string, or any other scalar, without quotes and escapes; half of a surrogate pair becomes "?". */
extern void connect_scalar_text(const char *json, Size size, JsonWriter *out);

#endif /* CONNECT_TEXT_H */

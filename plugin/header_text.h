/*-------------------------------------------------------------------------
 *
 * header_text.h
 *	  Values in headers as Kafka Connect's SimpleHeaderConverter writes them
 *	  (org.apache.kafka.connect.data.Values#convertToString): like JSON, but
 *	  with escapes for " and \ only, numbers without quotes, and the dates of
 *	  time.precision.mode=connect as text.
 *
 *-------------------------------------------------------------------------
 */
#ifndef HEADER_TEXT_H
#define HEADER_TEXT_H

#include "postgres.h"

#include "connect_schema.h"
#include "json_writer.h"

/* How a value's JSON becomes text. */
typedef enum HeaderShape
{
	HEADER_ESCAPED, /* escapes are taken back */
	HEADER_BARE,	/* quotes are taken off: NaN and infinities */
	HEADER_DAYS,	/* days since 1970, as a date */
	HEADER_MILLIS,	/* milliseconds since 1970 or midnight, as a time or a date */
	HEADER_ITEMS	/* an array; less this, the shape of its items (never HEADER_ESCAPED) */
} HeaderShape;

extern HeaderShape header_shape(const ConnectSchema *schema);

/* Writes JSON that json_writer wrote as text of that shape. */
extern void header_text(HeaderShape shape, const char *json, Size size, JsonWriter *out);

#endif /* HEADER_TEXT_H */

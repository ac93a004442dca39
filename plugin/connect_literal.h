/*-------------------------------------------------------------------------
 *
 * connect_literal.h
 *	  Text whose type Kafka Connect guesses: Values.parseString of
 *	  org.apache.kafka.connect.data, for InsertHeader.
 *
 * null, true and false, numbers in the narrowest type, dates, times and
 * timestamps in Connect's ISO 8601 shapes (in UTC); all else is a string.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CONNECT_LITERAL_H
#define CONNECT_LITERAL_H

#include "postgres.h"

#include "connect_value.h"

typedef struct ConnectLiteral
{
	const ConnectSchema *schema; /* NULL: null */
	ConnectValue value;
} ConnectLiteral;

/*
 * Reads the text, which must live as long as the literal, in the current
 * context.  NULL, or in words for people why it is not built: arrays and maps,
 * numbers that only a Decimal of
 * negative scale holds.
 */
extern const char *connect_literal_parse(const char *text, ConnectLiteral *literal);

#endif /* CONNECT_LITERAL_H */
